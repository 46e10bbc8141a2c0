"""marts/04: the judgments of a board, with all that a person needs to disagree with one."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sql.conftest import At, Given, Rows

JUDGMENT: dict[str, Any] = {
    "request_key": "j1",
    "parser_version": 1,
    "prompt_id": "p",
    "model": "m",
    "answer_key": "a of m",
    "baseline": "base",
    "baseline_answer_key": "a of base",
    "judge": "j",
    "judge_digest": "j-digest",
    "baseline_first": True,
    "verdict": "B>>A",
}


def _calls(**texts: str) -> Iterator[dict[str, Any]]:
    for key, text in texts.items():
        yield {"request_key": key.replace("_", " "), "state": "ok", "text": text}


@pytest.fixture
def board(given: Given, at: At) -> None:
    """A board of model `m` against `base` over question p, judged in one order by `j`."""
    given(
        prompts=[{"prompt_id": "p", "text": "What is a join?"}, {"prompt_id": "q", "text": "no question of v"}],
        completions=list(_calls(a_of_m="mine", a_of_base="theirs", j1="Mine is better. [[B>>A]]")),
        answers=[
            {"prompt_id": "p", "model": "m", "model_digest": "m-digest", "request_key": "a of m"},
            {"prompt_id": "p", "model": "base", "model_digest": "base-digest", "request_key": "a of base"},
        ],
        judgments=[{**JUDGMENT, "judged_at": at(1)}],
        benchmarks=[{"benchmark_id": "v"}],
        questions=[{"benchmark_id": "v", "prompt_id": "p"}],
        leaderboards=[
            {
                "leaderboard_id": "b",
                "benchmark_id": "v",
                "baseline": "base",
                "judges": ["j"],
                "judge_digests": ["j-digest"],
                "fitted_at": at(2),
            }
        ],
        leaderboard_rows=[
            {"leaderboard_id": "b", "model": "m", "model_digest": "m-digest"},
            {"leaderboard_id": "b", "model": "base", "model_digest": "base-digest"},
        ],
    )


@pytest.mark.usefixtures("board")
def test_a_judgment_shows_the_question_both_answers_and_the_judges_words(rows: Rows) -> None:
    """And the verdict twice: as it was said, and from the model's side."""
    query = """
        select leaderboard_id, question, model, answer, baseline, baseline_answer, judge, judge_text, verdict,
            model_verdict
        from judged_games
    """
    assert rows(query) == [
        (
            *("b", "What is a join?", "m", "mine", "base", "theirs"),
            *("j", "Mine is better. [[B>>A]]", "B>>A", "A>>B"),
        )
    ]


@pytest.mark.usefixtures("board")
def test_only_the_configurations_of_the_board_are_shown(given: Given, rows: Rows) -> None:
    """Other checkpoints of model, baseline and judge, their twins by another name, and prompts outside are not."""
    given(
        answers=[
            {"prompt_id": "p", "model": "m", "model_digest": "m-older", "request_key": "older a of m"},
            {"prompt_id": "p", "model": "base", "model_digest": "base-older", "request_key": "older a of base"},
            {"prompt_id": "p", "model": "twin of m", "model_digest": "m-digest", "request_key": "a of twin"},
            {
                "prompt_id": "p",
                "model": "twin of base",
                "model_digest": "base-digest",
                "request_key": "a of other twin",
            },
            {"prompt_id": "q", "model": "m", "model_digest": "m-digest", "request_key": "a of m about q"},
        ],
        judgments=[
            {**JUDGMENT, "request_key": "j2", "answer_key": "older a of m"},
            {**JUDGMENT, "request_key": "j3", "baseline_answer_key": "older a of base"},
            {**JUDGMENT, "request_key": "j4", "judge_digest": "j-older"},
            {
                **JUDGMENT,
                "request_key": "j5",
                "baseline": "twin of base",
                "baseline_answer_key": "a of other twin",
            },
            {**JUDGMENT, "request_key": "j6", "model": "twin of m", "answer_key": "a of twin"},
            {**JUDGMENT, "request_key": "j7", "prompt_id": "q", "answer_key": "a of m about q"},
        ],
    )
    assert rows("select request_key from judged_games") == [("j1",)]


@pytest.mark.usefixtures("board")
def test_a_board_keeps_the_readings_that_it_was_fitted_on(given: Given, rows: Rows, at: At) -> None:
    """A newer parser and a judgment that came later change the next board, not a frozen one."""
    given(
        judgments=[
            {**JUDGMENT, "parser_version": 2, "verdict": "A=B", "judged_at": at(3)},
            {**JUDGMENT, "baseline_first": False, "request_key": "j2", "verdict": "A>B", "judged_at": at(3)},
        ],
        leaderboards=[
            {
                "leaderboard_id": "next",
                "benchmark_id": "v",
                "baseline": "base",
                "judge_digests": ["j-digest"],
                "fitted_at": at(4),
            }
        ],
        leaderboard_rows=[
            {"leaderboard_id": "next", "model": "m", "model_digest": "m-digest"},
            {"leaderboard_id": "next", "model": "base", "model_digest": "base-digest"},
        ],
    )
    assert rows("select leaderboard_id, request_key, model_verdict from judged_games order by all") == [
        ("b", "j1", "A>>B"),
        ("next", "j1", "A=B"),
        ("next", "j2", "A>B"),
    ]


@pytest.mark.usefixtures("board")
def test_an_answer_is_shown_by_the_attempt_that_counts(given: Given, rows: Rows) -> None:
    """One row per judgment, however often its calls were tried; a truncated answer is marked."""
    given(
        completions=[
            {"request_key": "a of m", "attempt": 1, "state": "api_error", "text": None},
            {"request_key": "cut", "attempt": 0, "state": "api_error"},
            {"request_key": "cut", "attempt": 1, "state": "truncated", "text": "thei"},
            {"request_key": "j2", "attempt": 0, "state": "ok", "text": "hm"},
        ],
        answers=[{"prompt_id": "p", "model": "n", "model_digest": "n-digest", "request_key": "cut"}],
        leaderboard_rows=[{"leaderboard_id": "b", "model": "n", "model_digest": "n-digest"}],
        judgments=[
            {
                **JUDGMENT,
                "request_key": "j2",
                "model": "n",
                "answer_key": "cut",
                "verdict": None,
                "reason": "no_verdict",
                "is_cut": True,
            }
        ],
    )
    query = "select model, answer, answer_state, model_verdict, reason, is_cut, judge_text from judged_games order by 1"
    assert rows(query) == [
        ("m", "mine", "ok", "A>>B", None, False, "Mine is better. [[B>>A]]"),
        ("n", "thei", "truncated", None, "no_verdict", True, "hm"),
    ]
