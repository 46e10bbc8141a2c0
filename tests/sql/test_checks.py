"""checks/: each query finds nothing in a sound warehouse, and finds the fault that was planted."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from benchbuilder.schemas import RELATIONS, frame_of
from benchbuilder.warehouse import Writer, read_sql
from tests.sql.conftest import Given, Rows, filled

CHECKS = {file.name: file.text for file in read_sql("checks")}
OTHER: dict[type[pl.DataType], Any] = {
    pl.String: "other",
    pl.Int32: 99,
    pl.Boolean: True,
    pl.Datetime: datetime(2027, 1, 1, tzinfo=UTC),
}


@pytest.mark.parametrize("name", CHECKS)
def test_an_empty_warehouse_passes(name: str, rows: Rows) -> None:
    """Every check can be run before there is anything to check."""
    assert rows(CHECKS[name]) == []


def test_every_key_that_stands_twice_is_found(writer: Writer, rows: Rows) -> None:
    """In every relation there is; append leaves such rows out, so they are put in behind its back."""
    for relation in RELATIONS:
        writer.append(relation, frame_of(relation, [filled(relation, {})]))
        writer._connection.execute(f"insert into {relation} from {relation}")
    found = {relation: count_rows for relation, _, count_rows in rows(CHECKS["unique_keys"])}
    assert found == dict.fromkeys(RELATIONS, 2)


def test_rows_that_differ_in_any_part_of_their_key_are_no_fault(writer: Writer, rows: Rows) -> None:
    """So the check groups by the whole key of every relation."""
    for relation, schema in RELATIONS.items():
        row = filled(relation, {})
        others = [row | {key: OTHER[schema.columns()[key].dtype.base_type()]} for key in schema.primary_key()]
        frame = frame_of(relation, [row, *others])
        assert writer.append(relation, frame) == 1 + len(schema.primary_key())
    assert rows(CHECKS["unique_keys"]) == []


def test_a_blank_in_a_key_makes_no_two_keys_one(given: Given, rows: Rows) -> None:
    """Names of models come from people, with blanks in them."""
    given(
        embeddings=[
            {"prompt_id": "p", "embedder": "tiny model", "revision": "1"},
            {"prompt_id": "p", "embedder": "tiny", "revision": "model 1"},
        ]
    )
    assert rows(CHECKS["unique_keys"]) == []


def test_a_batch_that_lost_a_record_is_found(given: Given, rows: Rows) -> None:
    """In each batch, what was read is what was sighted, repeated or rejected."""
    given(
        ingest_batches=[
            {"batch_id": "sound", "count_read": 6, "count_sightings": 3, "count_repeated": 2, "count_rejected": 1},
            {"batch_id": "short", "count_read": 7, "count_sightings": 3, "count_repeated": 2, "count_rejected": 1},
        ]
    )
    assert rows(CHECKS["no_lost_records"]) == [("short", "-", 7, 3, 2, 1)]


@pytest.mark.parametrize(
    ("relation", "row", "row_key"),
    [
        ("sightings", {"sighting_id": "s", "prompt_id": "nowhere"}, "s"),
        ("questions", {"prompt_id": "nowhere"}, "nowhere"),
        ("answers", {"request_key": "nowhere"}, "nowhere"),
        ("judgments", {"request_key": "nowhere"}, "nowhere"),
        ("leaderboard_rows", {"leaderboard_id": "nowhere", "model": "m"}, "nowhere"),
    ],
)
def test_a_row_that_points_to_nothing_is_found(
    relation: str, row: dict[str, Any], row_key: str, given: Given, rows: Rows
) -> None:
    """A sighting without its prompt, an answer without its call, and the like; a row whose target is there is sound."""
    given(
        prompts=[{"prompt_id": "p"}],
        completions=[{"request_key": "k"}],
        sightings=[{"prompt_id": "p"}],
        questions=[{"prompt_id": "p"}],
        answers=[{"prompt_id": "p", "request_key": "k"}],
        judgments=[{"request_key": "k"}],
        leaderboards=[{"leaderboard_id": "b"}],
        leaderboard_rows=[{"leaderboard_id": "b"}],
    )
    assert rows(CHECKS["no_orphans"]) == []
    given(**{relation: [row]})
    assert rows(CHECKS["no_orphans"]) == [(relation, row_key)]


@pytest.mark.parametrize(
    ("lower", "win_rate", "upper"),
    [(0.5, 0.4, 0.6), (0.2, 0.7, 0.6), (-0.1, 0.4, 0.6), (0.2, 0.4, 1.1), (0.6, 0.5, 0.4)],
)
def test_an_interval_that_does_not_hold_its_win_rate_is_found(
    lower: float, win_rate: float, upper: float, given: Given, rows: Rows
) -> None:
    """Bounds on one side of it, the wrong way round, or outside of 0 to 1."""
    given(leaderboard_rows=[{"model": "m", "lower": lower, "win_rate": win_rate, "upper": upper}])
    assert [row[1] for row in rows(CHECKS["board_intervals"])] == ["m"]


def test_sound_intervals_and_models_without_one_pass(given: Given, rows: Rows) -> None:
    """The baseline's interval is a point, a model that was never judged has none."""
    given(
        leaderboard_rows=[
            {"model": "m", "lower": 0.2, "win_rate": 0.4, "upper": 0.6},
            {"model": "base", "lower": 0.5, "win_rate": 0.5, "upper": 0.5},
            {"model": "best", "lower": 0.9, "win_rate": 1.0, "upper": 1.0},
            {"model": "mute", "lower": None, "win_rate": None, "upper": None},
        ]
    )
    assert rows(CHECKS["board_intervals"]) == []
