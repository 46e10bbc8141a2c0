"""staging/05: which reading of a judgment counts, and the verdict from the model's side."""

from typing import Any

from tests.sql.conftest import Given, Rows

ANSWERS = [
    {"prompt_id": "p", "model": "m", "model_digest": "m1", "request_key": "answer of m"},
    {"prompt_id": "p", "model": "base", "model_digest": "b1", "request_key": "answer of base"},
]
JUDGMENT: dict[str, Any] = {
    "request_key": "call",
    "parser_version": 1,
    "prompt_id": "p",
    "model": "m",
    "answer_key": "answer of m",
    "baseline": "base",
    "baseline_answer_key": "answer of base",
    "judge": "j",
    "baseline_first": False,
    "verdict": "A>B",
}


def test_a_verdict_is_flipped_to_the_models_side(given: Given, rows: Rows) -> None:
    """A is the model: shown second it was B. What could not be read stays null, in either order."""
    said = ["A>>B", "A>B", "A=B", "B>A", "B>>A", None]
    given(
        answers=ANSWERS,
        judgments=[
            {**JUDGMENT, "request_key": f"call {number}", "verdict": verdict, "baseline_first": baseline_first}
            for number, verdict in enumerate(said)
            for baseline_first in (False, True)
        ],
    )
    query = "select verdict, model_verdict from games where baseline_first = $baseline_first order by request_key"
    assert rows(query, baseline_first=False) == [(verdict, verdict) for verdict in said]
    assert rows(query, baseline_first=True) == [
        ("A>>B", "B>>A"),
        ("A>B", "B>A"),
        ("A=B", "A=B"),
        ("B>A", "A>B"),
        ("B>>A", "A>>B"),
        (None, None),
    ]


def test_the_reading_of_the_highest_parser_version_counts(given: Given, rows: Rows) -> None:
    """One row per call, also where the newer parser cannot read what the older one did; all readings stay to see."""
    given(
        answers=ANSWERS,
        judgments=[
            {**JUDGMENT, "parser_version": 2, "verdict": "B>A"},
            {**JUDGMENT, "parser_version": 10, "verdict": None, "reason": "no_verdict"},
            {**JUDGMENT, "parser_version": 1, "verdict": "A>B"},
        ],
    )
    assert rows("select parser_version, model_verdict, reason from games") == [(10, None, "no_verdict")]
    assert rows("select parser_version from readings order by all") == [(1,), (2,), (10,)]


def test_one_call_about_equal_answers_serves_several_games(given: Given, rows: Rows) -> None:
    """Two models gave the same answer, and the two orders are the same request: four games, one request_key."""
    other = {"model": "twin", "answer_key": "answer of twin"}
    twin = {"prompt_id": "p", "model": "twin", "model_digest": "t1", "request_key": "answer of twin"}
    given(
        answers=[*ANSWERS, twin],
        judgments=[
            {**JUDGMENT, **model, "baseline_first": baseline_first}
            for model in ({}, other)
            for baseline_first in (False, True)
        ],
    )
    assert rows("select model, baseline_first, model_verdict from games order by all") == [
        ("m", False, "A>B"),
        ("m", True, "B>A"),
        ("twin", False, "A>B"),
        ("twin", True, "B>A"),
    ]


def test_a_game_knows_the_configurations_that_it_compared(given: Given, rows: Rows) -> None:
    """A second digest of the model has answers and games of its own; a game without its answers is none."""
    newer = {"prompt_id": "p", "model": "m", "model_digest": "m2", "request_key": "newer answer"}
    given(
        answers=[*ANSWERS, newer],
        judgments=[
            JUDGMENT,
            {**JUDGMENT, "request_key": "call 2", "answer_key": "newer answer"},
            {**JUDGMENT, "request_key": "call 3", "answer_key": "answer that is not there"},
        ],
    )
    assert rows("select request_key, model_digest, baseline_digest from games order by all") == [
        ("call", "m1", "b1"),
        ("call 2", "m2", "b1"),
    ]
