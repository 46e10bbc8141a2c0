"""How a board is fitted: what a person can set, and what is frozen into the board."""

from dataclasses import dataclass
from typing import Literal, get_args

from benchbuilder.rating.battles import Cluster
from benchbuilder.rating.ensemble import Ensemble
from benchbuilder.rating.style import Style

Method = Literal["questions", "bootstrap", "glm", "rows"]


@dataclass(frozen=True, slots=True)
class RatingSettings:
    """How a board is fitted; frozen into the board.

    Attributes:
        strong_weight: what a strong verdict weighs, others weigh 1.
        confidence: of intervals, separations and rank ranges, between 0 and 1.
        min_share_readable: the gate; a model with a smaller share of readable judgments is listed, not ranked.
        cluster: what is independent of each other: questions, or topics where questions share one.
        method: of the intervals; `questions` is ours, see `rating.methods` for the others. Separations and ranks are
            ours with any of them.
        count_rounds: of `bootstrap` and `rows`; None: 1,000 and 100.
        percentiles: of `bootstrap` and `rows`; None: what the confidence says. arena-hard-auto's v2 takes 5 and 95.
        seed: of `bootstrap` and `rows`.
        styles: what is held equal between the answers: length, markdown, both, or nothing.
        ensemble: how several judges count: `each` judgment, or the `median` verdict of one game.
    """

    strong_weight: float = 3.0
    confidence: float = 0.95
    min_share_readable: float = 0.99
    cluster: Cluster = "question"
    method: Method = "questions"
    count_rounds: int | None = None
    percentiles: tuple[float, float] | None = None
    seed: int = 0
    styles: tuple[Style, ...] = ()
    ensemble: Ensemble = "each"

    def __post_init__(self) -> None:
        if not 0 < self.strong_weight < float("inf"):
            raise ValueError(f"strong_weight must be a number over 0, not {self.strong_weight}")
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence must lie between 0 and 1, not {self.confidence}")
        if not 0 <= self.min_share_readable <= 1:
            raise ValueError(f"min_share_readable must lie between 0 and 1, not {self.min_share_readable}")
        if self.percentiles is not None and not 0 <= self.percentiles[0] < self.percentiles[1] <= 100:  # noqa: PLR2004
            raise ValueError(f"percentiles must rise between 0 and 100, not {self.percentiles}")
        if self.count_rounds is not None and self.count_rounds < 1:
            raise ValueError(f"count_rounds must be 1 or more, not {self.count_rounds}")
        if self.seed < 0:
            raise ValueError(f"seed must be 0 or more, not {self.seed}")
        _check_word("cluster", self.cluster, get_args(Cluster))
        _check_word("method", self.method, get_args(Method))
        _check_word("ensemble", self.ensemble, get_args(Ensemble))
        for style in self.styles:
            _check_word("styles", style, get_args(Style))

    @property
    def bounds(self) -> tuple[float, float]:
        """The percentiles that an interval from rounds takes."""
        tail = 50 * (1 - self.confidence)
        return self.percentiles or (tail, 100 - tail)


def _check_word(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {str(value)[:80]!r}")
