"""Who meets whom, and what the judge is shown."""

from collections import Counter
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.judging.matchups import Matchup, judge_values, model_verdict, plan_matchups
from benchbuilder.judging.verdict import Verdict

names = st.lists(st.text("abcd", min_size=1, max_size=2), max_size=5)


def test_plan_worked_by_hand() -> None:
    """Two models, one of them the baseline, and one question make two games, the baseline first in the first."""
    assert plan_matchups(["q1"], ["base", "m1"], "base") == [
        Matchup("q1", "m1", "base", baseline_first=True, replicate=0),
        Matchup("q1", "m1", "base", baseline_first=False, replicate=0),
    ]


@settings(deadline=None)
@given(names, names, st.integers(1, 3))
def test_everyone_meets_the_baseline_in_both_orders(questions: list[str], models: list[str], replicates: int) -> None:
    """Each question, model, order and replicate is there exactly once, and the baseline never meets itself."""
    plan = plan_matchups(questions, models, "a", replicates=replicates)
    opponents = set(models) - {"a"}
    assert len(plan) == len(set(plan)) == len(set(questions)) * len(opponents) * 2 * replicates
    assert {game.model for game in plan} <= opponents
    assert set(Counter(game.baseline_first for game in plan).values()) <= {len(plan) / 2}


@settings(deadline=None)
@given(names, names, st.randoms())
def test_games_that_begin_alike_stand_together(questions: list[str], models: list[str], random: object) -> None:
    """A run of games shares question and first answer, is never taken up again, and does not depend on input order."""
    plan = plan_matchups(questions, models, "base", replicates=2)
    begins = [(game.question_id, "base" if game.baseline_first else game.model) for game in plan]
    runs = [key for key, _ in groupby(begins)]
    assert len(runs) == len(set(runs))
    random.shuffle(questions)  # pyright: ignore[reportAttributeAccessIssue]
    assert plan_matchups(questions, reversed(models), "base", replicates=2) == plan


def test_no_replicates_is_an_error() -> None:
    """Zero replicates would plan nothing without a word."""
    with pytest.raises(ValueError, match="replicates must be 1 or more, not 0"):
        plan_matchups(["q"], ["m"], "base", replicates=0)


def test_the_answer_shown_first_is_a() -> None:
    """The order decides which answer is A; short texts are passed on as they are."""
    shown = judge_values("2+2?", "of model", "of base", baseline_first=True, max_characters=8)
    assert shown.values == {"prompt": "2+2?", "answer_a": "of base", "answer_b": "of model"}
    assert not shown.is_cut
    turned = judge_values("2+2?", "of model", "of base", baseline_first=False, max_characters=8)
    assert turned.values == {"prompt": "2+2?", "answer_a": "of model", "answer_b": "of base"}


def test_a_cut_is_said_in_the_text() -> None:
    """Beginning and end stay, the note counts what is missing, and the caller learns that something is."""
    shown = judge_values("q", "0123456789", "b", baseline_first=False, max_characters=6)
    assert shown.is_cut
    assert shown.values["answer_a"] == "0123\n[4 characters left out here]\n89"
    assert judge_values("q", "01", "b", baseline_first=False, max_characters=1).values["answer_a"].startswith("0\n[1 ")


@settings(deadline=None)
@given(st.text(), st.text(), st.text(), st.text(), st.integers(1, 50))
def test_a_text_is_cut_for_itself(prompt: str, one: str, other: str, another: str, limit: int) -> None:
    """What is shown of prompt and first answer is the same whatever the second is, so that servers can reuse it."""
    left = judge_values(prompt, other, one, baseline_first=True, max_characters=limit).values
    right = judge_values(prompt, another, one, baseline_first=True, max_characters=limit).values
    assert (left["prompt"], left["answer_a"]) == (right["prompt"], right["answer_a"])


def test_a_limit_under_one_is_an_error() -> None:
    """A judge that is shown nothing would still give a verdict."""
    with pytest.raises(ValueError, match="max_characters must be 1 or more, not 0"):
        judge_values("q", "a", "b", baseline_first=True, max_characters=0)


def test_verdict_from_the_models_side() -> None:
    """Where the baseline was A, the verdict is turned round."""
    assert model_verdict(Verdict.A_MUCH_BETTER, baseline_first=False) is Verdict.A_MUCH_BETTER
    assert model_verdict(Verdict.A_MUCH_BETTER, baseline_first=True) is Verdict.B_MUCH_BETTER
