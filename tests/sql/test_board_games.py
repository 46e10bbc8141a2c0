"""staging/08: which judgments a board stands on, so that it can be fitted again; built here and imported."""

from typing import Any

import pytest

from tests.sql.conftest import At, Given, Rows

QUERY = """
    select leaderboard_id, question_ref, model, baseline, judge_digest, model_verdict
    from board_games order by leaderboard_id, question_ref, model, baseline, judge, request_key
"""
IMPORTED: dict[str, Any] = {
    "question_ref": "p",
    "model": "m",
    "baseline": "base",
    "judge": "j",
    "is_order_known": True,
    "verdict": "A>B",
}


def _board(leaderboard_id: str, benchmark_id: str, digest: str, *models: str, **more: Any) -> dict[str, list[Any]]:
    """A board whose models and judge have digests that begin alike."""
    suffix = (lambda _: digest) if digest == "imported" else (lambda name: f"{digest} {name}")
    return {
        "leaderboards": [
            {
                "leaderboard_id": leaderboard_id,
                "benchmark_id": benchmark_id,
                "baseline": "base",
                "judges": ["j"],
                "judge_digests": [suffix("j")],
                **more,
            }
        ],
        "leaderboard_rows": [
            {"leaderboard_id": leaderboard_id, "model": name, "model_digest": suffix(name)} for name in models
        ],
    }


@pytest.fixture
def imported(given: Given, at: At) -> None:
    """A version with question p, judged by `j` in both orders, and its board."""
    given(
        benchmarks=[{"benchmark_id": "came", "is_imported": True}],
        questions=[{"benchmark_id": "came", "question_ref": "p"}],
        imported_judgments=[
            {**IMPORTED, "baseline_first": baseline_first, "imported_at": at(1)} for baseline_first in (True, False)
        ],
        **_board("b", "came", "imported", "m", "base", fitted_at=at(2)),
    )


@pytest.mark.usefixtures("imported")
def test_an_imported_board_has_its_judgments(rows: Rows) -> None:
    """Both orders, from the model's side, with labels that are null until the question is imported."""
    game = ("b", "p", "m", "base", "imported")
    assert sorted(rows(QUERY)) == [(*game, "A>B"), (*game, "B>A")]
    assert rows("select distinct prompt_id, topic_id, topic_name, category from board_games") == [(None,) * 4]


@pytest.mark.usefixtures("imported")
def test_an_imported_board_has_all_its_baselines(given: Given, rows: Rows, at: At) -> None:
    """Of models on the board, on whichever side; what came later, or is of somebody who is not on it, is not there."""
    given(
        leaderboard_rows=[
            {"leaderboard_id": "b", "model": name, "model_digest": "imported"} for name in ("n", "other base")
        ],
        imported_judgments=[
            {**IMPORTED, "model": "n", "baseline": "other base", "imported_at": at(1)},
            {**IMPORTED, "model": "stranger", "imported_at": at(1)},
            {**IMPORTED, "model": "n", "imported_at": at(3)},
            {**IMPORTED, "question_ref": "of no version", "imported_at": at(1)},
        ],
    )
    met = rows("select model, baseline, count(*) from board_games group by all order by all")
    assert met == [("m", "base", 2), ("n", "other base", 1)]


@pytest.mark.usefixtures("imported")
def test_boards_of_one_question_never_mix(given: Given, rows: Rows, at: At) -> None:
    """The same question, names and judge, built here and imported: each board has the judgments of its own kind."""
    given(
        prompts=[{"prompt_id": "p"}],
        answers=[
            {"prompt_id": "p", "model": name, "model_digest": f"ours {name}", "request_key": f"answer of {name}"}
            for name in ("m", "base")
        ],
        judgments=[
            {
                "request_key": "call",
                "prompt_id": "p",
                "model": "m",
                "answer_key": "answer of m",
                "baseline": "base",
                "baseline_answer_key": "answer of base",
                "judge": "j",
                "judge_digest": "ours j",
                "verdict": "A=B",
                "judged_at": at(1),
            }
        ],
        benchmarks=[{"benchmark_id": "built"}],
        questions=[{"benchmark_id": "built", "prompt_id": "p"}],
        **_board("ours", "built", "ours", "m", "base", fitted_at=at(2)),
    )
    assert rows(QUERY)[2:] == [("ours", "p", "m", "base", "ours j", "A=B")]
    assert rows("select leaderboard_id, count(*) from judged_games group by all order by all") == [
        ("b", 2),
        ("ours", 1),
    ]


@pytest.mark.usefixtures("imported")
def test_a_board_built_here_is_against_its_own_baseline(given: Given, rows: Rows, at: At) -> None:
    """Judgments against another model of the board are of another board."""
    names = ("m", "base", "former base")
    game = {"prompt_id": "p", "model": "m", "answer_key": "answer of m", "judge": "j", "judge_digest": "ours j"}
    given(
        prompts=[{"prompt_id": "p"}],
        answers=[
            {"prompt_id": "p", "model": name, "model_digest": f"ours {name}", "request_key": f"answer of {name}"}
            for name in names
        ],
        judgments=[
            {
                **game,
                "request_key": name,
                "baseline": name,
                "baseline_answer_key": f"answer of {name}",
                "verdict": "A=B",
            }
            for name in names[1:]
        ],
        benchmarks=[{"benchmark_id": "built"}],
        questions=[{"benchmark_id": "built", "prompt_id": "p"}],
        **_board("ours", "built", "ours", *names, fitted_at=at(2)),
    )
    assert rows("select baseline from board_games where leaderboard_id = 'ours'") == [("base",)]


@pytest.mark.usefixtures("imported")
def test_answers_and_the_judges_words_stand_beside_an_imported_judgment(given: Given, rows: Rows, at: At) -> None:
    """In judged_games, of the judgment itself: of its order, replicate and judge, and of no other."""
    given(
        imported_questions=[{"question_ref": "p", "text": "What is a join?", "topic": "SQL"}],
        given_answers=[
            {"answer_key": name, "question_ref": "p", "model": name, "model_digest": "imported", "text": f"by {name}"}
            for name in ("m", "base")
        ],
        imported_judgments=[
            {**IMPORTED, "is_order_known": order, "replicate": number, "judge_text": f"{order} {number}"}
            | {"baseline_first": True, "imported_at": at(1)}
            for number in (1, 2)
            for order in (True, False)
        ],
    )
    query = """
        select question, topic_name, answer, baseline_answer, baseline_first, judge_text
        from judged_games where replicate > 0 order by replicate, baseline_first
    """
    both = ("What is a join?", "SQL", "by m", "by base")
    assert rows(query) == [
        (*both, True, "True 1"),
        (*both, None, "False 1"),
        (*both, True, "True 2"),
        (*both, None, "False 2"),
    ]
