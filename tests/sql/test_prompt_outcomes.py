"""marts/03: what became of each prompt, and of every record that was ever read."""

from typing import Any

import pytest

from tests.sql.conftest import At, Given, Rows

OUTCOMES = "select prompt_id, stage, reason from prompt_outcomes order by prompt_id"


@pytest.fixture
def night(given: Given, at: At) -> None:
    """Eleven records: two broken, one told of before, two duplicates, six prompts that end in six different ways."""
    accepted: dict[str, Any] = {"curation_digest": "d", "outcome": "accepted", "language": "en", "count_tokens": 12}
    given(
        ingest_batches=[
            {"source": "chat", "count_read": 9, "count_sightings": 7, "count_repeated": 0, "count_rejected": 2},
            {"source": "votes", "count_read": 2, "count_sightings": 1, "count_repeated": 1, "count_rejected": 0},
        ],
        rejections=[{"reason": "not_json"}, {"reason": "missing_field"}],
        prompts=[{"prompt_id": f"p{number}"} for number in range(1, 7)],
        sightings=[{"prompt_id": f"p{number}", "source": "chat"} for number in (1, 1, 2, 3, 4, 5, 6)]
        + [{"prompt_id": "p1", "source": "votes", "seen_at": at(-1)}],
        curations=[
            {"prompt_id": "p1", **accepted},
            {"prompt_id": "p2", **accepted},
            {"prompt_id": "p3", **accepted},
            {
                "prompt_id": "p4",
                "curation_digest": "d",
                "outcome": "rejected",
                "reason": "near_duplicate",
                "duplicate_of": "p1",
            },
            {"prompt_id": "p5", "curation_digest": "d", "outcome": "rejected", "reason": "language"},
            {"prompt_id": "p6", "curation_digest": "another", "outcome": "accepted"},
        ],
        benchmarks=[{"benchmark_id": "v", "curation_digest": "d"}],
        questions=[{"benchmark_id": "v", "prompt_id": "p1"}],
        turned_away=[
            {"benchmark_id": "v", "prompt_id": "p2", "reason": "score_below", "threshold": 6.0, "measured": 4.0}
        ],
    )


@pytest.mark.usefixtures("night")
def test_each_prompt_stands_once_with_its_stage_and_reason(rows: Rows) -> None:
    """Chosen, turned away in selection, not yet in a version, rejected twice, not curated under these settings."""
    assert rows(OUTCOMES) == [
        ("p1", "question", None),
        ("p2", "selection", "score_below"),
        ("p3", "waiting", "not_in_a_version_yet"),
        ("p4", "curation", "near_duplicate"),
        ("p5", "curation", "language"),
        ("p6", "waiting", "not_curated_yet"),
    ]


@pytest.mark.usefixtures("night")
def test_an_outcome_names_the_threshold_that_was_missed_and_the_prompt_that_is_repeated(rows: Rows, at: At) -> None:
    """What a person asks next stands in the same row."""
    assert rows("select threshold, measured from prompt_outcomes where prompt_id = 'p2'") == [(6.0, 4.0)]
    assert rows("select duplicate_of from prompt_outcomes where prompt_id = 'p4'") == [("p1",)]
    query = "select sources, first_seen_at, count_sightings, language, count_tokens from prompt_outcomes"
    assert rows(f"{query} where prompt_id = 'p1'") == [(["chat", "votes"], at(-1), 3, "en", 12)]


@pytest.mark.usefixtures("night")
def test_the_funnel_counts_every_record_in_exactly_one_row(rows: Rows) -> None:
    """Broken, repeated and duplicate records, then the prompts by what became of them: together all that was read."""
    assert rows("from funnel") == [
        (1, "ingest", "missing_field", 1),
        (1, "ingest", "not_json", 1),
        (2, "ingest", "duplicate", 2),
        (2, "ingest", "repeated_record", 1),
        (3, "curation", "language", 1),
        (3, "curation", "near_duplicate", 1),
        (4, "selection", "score_below", 1),
        (5, "waiting", "not_curated_yet", 1),
        (5, "waiting", "not_in_a_version_yet", 1),
        (6, "question", "kept", 1),
    ]
    assert rows("select sum(count_records) from funnel") == rows("select sum(count_read) from ingest_batches")


@pytest.mark.usefixtures("night")
def test_outcomes_are_those_of_the_newest_version(given: Given, rows: Rows, at: At) -> None:
    """Under another version's settings and choice the same prompts fare differently."""
    given(
        benchmarks=[{"benchmark_id": "v2", "curation_digest": "another", "frozen_at": at(24)}],
        questions=[{"benchmark_id": "v2", "prompt_id": "p6"}],
    )
    assert rows(OUTCOMES) == [
        *((f"p{number}", "waiting", "not_curated_yet") for number in range(1, 6)),
        ("p6", "question", None),
    ]


def test_before_there_is_a_version_the_latest_curation_speaks(given: Given, rows: Rows, at: At) -> None:
    """Prompts wait, or were rejected under the settings that were used last."""
    given(
        prompts=[{"prompt_id": "p1"}, {"prompt_id": "p2"}],
        curations=[
            {"prompt_id": "p1", "curation_digest": "new", "outcome": "accepted", "curated_at": at(2)},
            {
                "prompt_id": "p1",
                "curation_digest": "old",
                "outcome": "rejected",
                "reason": "short",
                "curated_at": at(1),
            },
            {
                "prompt_id": "p2",
                "curation_digest": "new",
                "outcome": "rejected",
                "reason": "short",
                "curated_at": at(2),
            },
        ],
    )
    assert rows(OUTCOMES) == [("p1", "waiting", "not_in_a_version_yet"), ("p2", "curation", "short")]


def test_an_empty_warehouse_has_an_empty_funnel(rows: Rows) -> None:
    """No row of zeros and no row of nulls."""
    assert rows("from funnel") == []
    assert rows("from prompt_outcomes") == []


def test_a_prompt_that_nobody_begins_with_is_a_later_turn(given: Given, rows: Rows) -> None:
    """As long as no conversation opens with it; curation does not look at it before."""
    given(
        prompts=[{"prompt_id": "p1"}, {"prompt_id": "p2"}],
        sightings=[
            {"prompt_id": "p1", "turn": 2},
            {"prompt_id": "p2", "turn": 3},
            {"prompt_id": "p2", "turn": 1},
        ],
    )
    assert rows(OUTCOMES) == [("p1", "curation", "later_turn"), ("p2", "waiting", "not_curated_yet")]
