"""What a version is chosen by, and the words for why a prompt is not in it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal


class Reason(StrEnum):
    """Why a candidate is no question: the first that applies, in this order."""

    NO_TOPIC = "no_topic"
    TURNED_AWAY_BY_CASCADE = "turned_away_by_cascade"
    UNREADABLE = "unreadable"
    SCORE_BELOW = "score_below"
    TOPIC_MEAN_BELOW = "topic_mean_below"
    NOT_SAMPLED_TOPIC = "not_sampled_topic"
    NOT_SAMPLED_IN_TOPIC = "not_sampled_in_topic"


@dataclass(frozen=True, slots=True)
class SelectionSettings:
    """What a version is chosen by; with the prompts it is the version's identity.

    A threshold has two forms: a number, or, where the quantile is set, that quantile of the present crowd (an observed
    value, the lower one between two). Quantiles are for annotators whose marks are not calibrated.

    Attributes:
        seed: of the sampling hashes.
        marks: what the annotator gives: `list`, met or not; `logprobs`, a probability.
        quantile: with logprobs, a criterion is met above this quantile of the crowd's probabilities of it.
        min_score: the least number of criteria met.
        min_score_quantile: of the scores of all members of topics; stands over min_score.
        min_topic_mean: the least mean score of a topic.
        min_topic_mean_quantile: of the topics' means; stands over min_topic_mean.
        count_topics: that are drawn.
        count_per_topic: questions drawn from each.
        keep_share: of a version's questions, the least share that stays while eligible.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    seed: int = 0
    marks: Literal["list", "logprobs"] = "list"
    quantile: float = 0.5
    min_score: float = 6.0
    min_score_quantile: float | None = None
    min_topic_mean: float = 5.0
    min_topic_mean_quantile: float | None = None
    count_topics: int = 250
    count_per_topic: int = 2
    keep_share: float = 0.8

    def __post_init__(self) -> None:
        if self.marks not in {"list", "logprobs"}:
            raise ValueError(f"marks must be list or logprobs, not {str(self.marks)[:80]!r}")
        for name in ("quantile", "min_score_quantile", "min_topic_mean_quantile", "keep_share"):
            share = getattr(self, name)
            if share is not None and not 0 <= share <= 1:
                raise ValueError(f"{name} must lie between 0 and 1, not {share}")
        for name in ("count_topics", "count_per_topic"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, not {getattr(self, name)}")

    @property
    def count_questions(self) -> int:
        """The most questions of a version."""
        return self.count_topics * self.count_per_topic
