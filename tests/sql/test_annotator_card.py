"""marts/10: how annotators agree, per criterion, and what they cost."""

import pytest

from tests.sql.conftest import At, Given, Rows

MARKS = ("specificity", "domain_knowledge", "complexity", "problem_solving", "creativity", "technical_accuracy")
MARKED = dict.fromkeys((*MARKS, "real_world_application"), 0.0)


def annotation(prompt_id: str, annotator: str, specificity: float | None) -> dict[str, object]:
    """One whose first criterion is met or not, or nothing could be read."""
    marks = {} if specificity is None else {**MARKED, "specificity": specificity}
    told = {"prompt_id": prompt_id, "annotator": annotator, "annotator_digest": f"of {annotator}", "parser_version": 3}
    return {**told, **marks, "is_readable": specificity is not None, "request_keys": [f"{annotator} {prompt_id}"]}


def test_two_annotators_are_compared_on_what_both_have_read(given: Given, rows: Rows) -> None:
    """By hand: of four prompts three alike, 3/4 and 1/2 met; chance gives 3/8 + 1/8, so kappa is 1/2."""
    first = zip("abcde", (1.0, 1.0, 1.0, 0.0, 1.0), strict=True)
    second = zip("abcde", (1.0, 1.0, 0.0, 0.0, None), strict=True)
    given(
        annotations=[
            *(annotation(prompt_id, "large", mark) for prompt_id, mark in first),
            *(annotation(prompt_id, "small", mark) for prompt_id, mark in second),
        ]
    )
    card = rows(
        "select annotator, compared_with, count_both, share_met, agreement, kappa, share_unparsable from annotator_card"
        " where criterion = 'specificity' order by annotator"
    )
    assert card == [("large", "small", 4, 0.75, 0.75, 0.5, 0.0), ("small", "large", 4, 0.5, 0.75, 0.5, 0.2)]
    never_met = rows("select distinct agreement, kappa from annotator_card where criterion = 'creativity'")
    assert never_met == [(1.0, None)]


def test_cost_is_of_all_attempts_and_one_alone_has_a_card_too(given: Given, rows: Rows) -> None:
    """Each call once, however many prompts it marks; with nobody to compare there is one row."""
    call = {"request_key": "large a", "kind": "annotate", "model": "large"}
    given(
        annotations=[annotation("a", "large", 1.0), {**annotation("b", "large", 0.0), "request_keys": ["large a"]}],
        completions=[
            {**call, "attempt": 0, "state": "api_error", "cost_usd": 0.25},
            {**call, "attempt": 1, "state": "ok", "cost_usd": 0.5},
        ],
    )
    assert rows("select annotator, count_prompts, cost_usd, criterion from annotator_card") == [
        ("large", 2, 0.75, None)
    ]


def test_the_newest_parser_counts(given: Given, rows: Rows) -> None:
    """What an older one read of the same reply is no second annotation."""
    older = {**annotation("a", "large", 0.0), "parser_version": 2}
    given(annotations=[older, annotation("a", "large", 1.0), annotation("a", "small", 1.0)])
    assert rows("select distinct count_both, agreement from annotator_card") == [(1, 1.0)]


def test_a_cascade_is_compared_on_its_sample(given: Given, rows: Rows, at: At) -> None:
    """Its marks elsewhere are of prompts that the strong annotator saw only where they are high."""
    cascade = {"annotator": "large", "annotator_digest": "of large", "cheap_annotator": "embedder"}
    given(
        annotations=[annotation("a", "large", 1.0), annotation("b", "large", 1.0)],
        cascades=[
            {**cascade, "cascade_id": "old", "fitted_at": at(0)},
            {**cascade, "cascade_id": "new", "fitted_at": at(1)},
        ],
        cascade_members=[
            {
                **MARKED,
                "cascade_id": "new",
                "prompt_id": "a",
                "is_sampled": True,
                "cheap_score": 0.7,
                "specificity": 0.7,
            },
            {**MARKED, "cascade_id": "new", "prompt_id": "b", "is_sampled": False, "cheap_score": 0.1},
            {**MARKED, "cascade_id": "old", "prompt_id": "a", "is_sampled": True, "cheap_score": 0.1},
        ],
    )
    (row,) = rows(
        "select annotator, compared_with, count_prompts, count_both, agreement, cost_usd from annotator_card"
        " where criterion = 'specificity' and compared_with = 'large'"
    )
    assert row == ("embedder (cascade)", "large", 1, 1, pytest.approx(1.0), 0.0)
