"""Who meets whom, in which order, and what the judge is shown of it."""

from collections.abc import Iterable
from typing import NamedTuple

from benchbuilder.judging.verdict import Verdict
from benchbuilder.text import shorten_middle


class Matchup(NamedTuple):
    """One game: two answers to one question, shown to a judge in one order."""

    question_id: str
    model: str
    baseline: str
    baseline_first: bool
    replicate: int = 0


class JudgeValues(NamedTuple):
    """What a judge's template is filled with, and whether a text had to be shortened for it."""

    values: dict[str, str]
    is_cut: bool


def plan_matchups(
    question_ids: Iterable[str], models: Iterable[str], baseline: str, *, replicates: int = 1
) -> list[Matchup]:
    """Every model against the baseline on every question, in both orders; the baseline never meets itself.

    The order is by question, then by which answer stands first, then by model: games that begin with the same texts
    stand together, so that a server can reuse what it has read of them. It depends on nothing but the names.

    Args:
        question_ids: named twice is planned once.
        models: named twice is planned once; may hold the baseline.
        baseline: whom all meet.
        replicates: how often each order is judged.

    Raises:
        ValueError: replicates is under 1.
    """
    if replicates < 1:
        raise ValueError(f"replicates must be 1 or more, not {replicates}")
    opponents = sorted(set(models) - {baseline})
    return [
        Matchup(question_id, model, baseline, baseline_first, replicate)
        for question_id in sorted(set(question_ids))
        for baseline_first in (True, False)
        for model in opponents
        for replicate in range(replicates)
    ]


def judge_values(
    prompt: str, answer_model: str, answer_baseline: str, *, baseline_first: bool, max_characters: int
) -> JudgeValues:
    """The values of the templates ``judge`` and ``judge_digit``: prompt, answer_a (shown first) and answer_b.

    Each text is limited for itself, both answers alike: what the judge reads of one never depends on how long another
    is, and calls about one prompt keep their common beginning.

    Args:
        prompt: the question as the models saw it.
        answer_model: of the model that is judged.
        answer_baseline: of the baseline.
        baseline_first: whether the baseline's answer is A.
        max_characters: that are kept of each text, the note about the cut not counted.

    Raises:
        ValueError: max_characters is under 1.
    """
    if max_characters < 1:
        raise ValueError(f"max_characters must be 1 or more, not {max_characters}")
    first, second = (answer_baseline, answer_model) if baseline_first else (answer_model, answer_baseline)
    texts = {"prompt": prompt, "answer_a": first, "answer_b": second}
    values = {name: shorten_middle(text, max_characters) for name, text in texts.items()}
    return JudgeValues(values, is_cut=any(len(text) > max_characters for text in texts.values()))


def model_verdict(verdict: Verdict, *, baseline_first: bool) -> Verdict:
    """The verdict with A standing for the model, where it was given with A standing for the answer shown first."""
    return verdict.flip() if baseline_first else verdict
