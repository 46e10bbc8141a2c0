"""Answers that nobody should be able to win with: shown beside a board, never ranked.

A judge that rates one of them near the baseline rewards something else than the answer (Zheng et al., Cheating
Automatic LLM Benchmarks, 2024, win with a constant text). They cost judge calls like any model, and no answers.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

CanaryKind = Literal["constant", "other_question", "padded"]

PREFIX = "canary: "  # how the reason of a row begins that nobody hopes to rank
VERSION = 1  # raised with the texts below, so that verdicts on old ones are kept apart
_CONSTANT = (
    "Thank you for this interesting question. There are several sides to it, and the best answer depends on what you"
    " need. I would look at the facts first, weigh the options carefully, and then take the step that fits."
)
_PADDING = (
    "To put it in other words, everything that was said above holds, and it is worth keeping in mind as a whole."
    " Each point matters for itself, and together they give the full picture. Please read it again with care."
)
_REASONS: dict[CanaryKind, str] = {
    "constant": f"{PREFIX}the same answer to every question",
    "other_question": f"{PREFIX}the baseline's answer to another question",
    "padded": f"{PREFIX}the baseline's answer with empty words behind it",
}


class Canary(NamedTuple):
    """One of the kinds, as it stands on a board."""

    kind: CanaryKind

    @property
    def model(self) -> str:
        """Its name among the models."""
        return f"canary-{self.kind.replace('_', '-')}"

    @property
    def reason(self) -> str:
        """Why it has no rank."""
        return _REASONS[self.kind]

    def answers(self, of_baseline: Mapping[str, str]) -> dict[str, str]:
        """Its answer to every question that the baseline answered.

        Args:
            of_baseline: question → the baseline's answer. With one question alone there is no other to answer.
        """
        if self.kind == "constant":
            return dict.fromkeys(of_baseline, _CONSTANT)
        if self.kind == "padded":
            return {question: _padded(text) for question, text in of_baseline.items()}
        questions = sorted(of_baseline)
        others = questions[1:] + questions[:1]
        return {
            question: of_baseline[other] for question, other in zip(questions, others, strict=True) if question != other
        }


def _padded(text: str) -> str:
    """Half as long again, and one passage longer at least."""
    times = 1 + len(text) // 2 // len(_PADDING)
    return "\n\n".join([text, *[_PADDING] * times])
