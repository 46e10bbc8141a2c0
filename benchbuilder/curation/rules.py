"""Which prompts are accepted, and the one reason for each that is not.

The rules come in the order of `Reason`; the first that applies counts, and only what passed all before it is compared
for near duplicates, so that nobody is turned away for resembling a prompt that was turned away itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

import polars as pl

from benchbuilder.curation.kinds import Kind
from benchbuilder.curation.language import MIN_CONFIDENCE, detect_language
from benchbuilder.curation.near_duplicates import find_near_duplicates
from benchbuilder.curation.offensive import is_offensive
from benchbuilder.curation.words import words_of
from benchbuilder.text import count_tokens_of_each

MIN_WORDS = 2  # one word, or punctuation alone, asks nothing


class Outcome(StrEnum):
    """What became of a prompt."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Reason(StrEnum):
    """Why a prompt was turned away, in the order in which the rules are asked."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    KEY = "key"
    PERSONAL_DATA = "personal_data"
    OFFENSIVE = "offensive"
    LANGUAGE = "language"
    NEAR_DUPLICATE = "near_duplicate"


@dataclass(frozen=True, slots=True)
class CurationSettings:
    """What a prompt must be to go on; a change curates every prompt again.

    Attributes:
        languages: codes as in `Language.code`; empty for all. Only a certain detection turns a prompt away.
        min_tokens: fewer are too short; so is a text of fewer than two different words, whatever this says.
        max_tokens: more are too long.
        near_duplicate_threshold: Jaccard similarity of the sets of words, above 0 and at most 1.
        keys: of a prompt in which a key or password was masked; masked it is in any case.
        personal_data: the same of addresses and numbers of persons.
        offensive: of a prompt with a word of the list; see `curation.offensive` for what that misses.
        min_language_confidence: under it a detected language is not certain, 0 to 1.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    languages: tuple[str, ...] = ("en",)
    min_tokens: int = 5
    max_tokens: int = 4096
    near_duplicate_threshold: float = 0.8
    keys: Literal["mask", "reject"] = "mask"
    personal_data: Literal["mask", "reject"] = "mask"
    offensive: Literal["keep", "reject"] = "keep"
    min_language_confidence: float = MIN_CONFIDENCE

    def __post_init__(self) -> None:
        if not 0 <= self.min_tokens <= self.max_tokens:
            raise ValueError(f"min_tokens must lie between 0 and max_tokens, not {self.min_tokens}")
        if not 0 < self.near_duplicate_threshold <= 1:
            raise ValueError(f"near_duplicate_threshold must be above 0 and at most 1: {self.near_duplicate_threshold}")
        if not 0 <= self.min_language_confidence <= 1:
            raise ValueError(f"min_language_confidence must lie between 0 and 1, not {self.min_language_confidence}")


_SCHEMA = {
    "prompt_id": pl.String,
    "outcome": pl.String,
    "reason": pl.String,
    "language": pl.String,
    "language_confidence": pl.Float64,
    "count_tokens": pl.Int32,
    "duplicate_of": pl.String,
    "similarity": pl.Float64,
}


def _is_junk(text: str) -> bool:
    """Fewer than two different words; most texts show them at once."""
    return all(len(words_of(part)) < MIN_WORDS for part in (text[:200], text))


def _first_reason(is_broken: Mapping[Reason, pl.Expr]) -> pl.Expr:
    """The first rule, in their order, that a prompt breaks; null for none."""
    return pl.coalesce(
        pl.when(is_broken[reason]).then(pl.lit(reason.value)) for reason in Reason if reason in is_broken
    )


def _measured(frame: pl.DataFrame, settings: CurationSettings) -> pl.DataFrame:
    """`frame` with `count_tokens`, and the `reason` of those that length and content turn away."""
    texts = frame["text"].to_list()
    asks_words = settings.offensive == "reject"
    measured = frame.with_columns(
        pl.Series("count_tokens", count_tokens_of_each(texts), pl.Int32),
        pl.Series("is_junk", [_is_junk(text) for text in texts], pl.Boolean),
        pl.Series("is_offensive", [asks_words and is_offensive(text) for text in texts], pl.Boolean),
    )
    return measured.with_columns(
        reason=_first_reason(
            {
                Reason.TOO_SHORT: (pl.col("count_tokens") < settings.min_tokens) | pl.col("is_junk"),
                Reason.TOO_LONG: pl.col("count_tokens") > settings.max_tokens,
                Reason.KEY: _is_masked([Kind.KEY]) & (settings.keys == "reject"),
                Reason.PERSONAL_DATA: _is_masked(set(Kind) - {Kind.KEY}) & (settings.personal_data == "reject"),
                Reason.OFFENSIVE: pl.col("is_offensive"),
            }
        )
    )


def _is_masked(kinds: Iterable[Kind]) -> pl.Expr:
    """Whether something of these kinds was masked; a placeholder alone may be what the crowd wrote."""
    placeholders = [f"[{kind}]" for kind in sorted(kinds)]
    return (pl.col("count_masked") > 0) & pl.col("text").str.contains_any(placeholders)


def _languages(prompts: pl.DataFrame, settings: CurationSettings) -> pl.DataFrame:
    """prompt_id, language, language_confidence, is_foreign."""
    found = detect_language(prompts["text"], settings.min_language_confidence)
    wanted = frozenset(settings.languages)
    rows = [
        (
            prompt_id,
            language.code,
            language.confidence,
            bool(wanted) and language.is_certain and language.code not in wanted,
        )
        for prompt_id, language in zip(prompts["prompt_id"], found, strict=True)
    ]
    schema = {
        "prompt_id": pl.String,
        "language": pl.String,
        "language_confidence": pl.Float64,
        "is_foreign": pl.Boolean,
    }
    return pl.DataFrame(rows, schema, orient="row")


def _near_duplicates(prompts: pl.DataFrame, accepted: pl.DataFrame, settings: CurationSettings) -> pl.DataFrame:
    """prompt_id, duplicate_of, similarity."""
    earlier = accepted.select("prompt_id", "text").join(prompts, on="prompt_id", how="anti", maintain_order="left")
    ids: Sequence[str] = [*earlier["prompt_id"], *prompts["prompt_id"]]
    texts: Sequence[str] = [*earlier["text"], *prompts["text"]]
    found = find_near_duplicates(ids, texts, settings.near_duplicate_threshold, earlier["prompt_id"].to_list())
    schema = {"prompt_id": pl.String, "duplicate_of": pl.String, "similarity": pl.Float64}
    return pl.DataFrame(found, schema, orient="row")


def curate(frame: pl.DataFrame, accepted: pl.DataFrame, settings: CurationSettings) -> pl.DataFrame:
    """One verdict per prompt.

    Args:
        frame: prompt_id (distinct), text (masked), count_masked. Their order decides which of a group of repetitions
            represents the others: the first.
        accepted: prompt_id and text of the prompts accepted earlier under the same settings; they go first.
        settings: the rules.

    Returns:
        A row per row of `frame`, in its order: prompt_id, outcome, reason (null if accepted), language and
        language_confidence (null where an earlier rule applied), count_tokens, duplicate_of and similarity.
    """
    measured = _measured(frame, settings)
    judged = measured.join(
        _languages(measured.filter(pl.col("reason").is_null()), settings),
        on="prompt_id",
        how="left",
        maintain_order="left",
    ).with_columns(reason=pl.when("is_foreign").then(pl.lit(Reason.LANGUAGE.value)).otherwise("reason"))
    judged = judged.join(
        _near_duplicates(judged.filter(pl.col("reason").is_null()), accepted, settings),
        on="prompt_id",
        how="left",
        maintain_order="left",
    )
    is_repeat = pl.col("duplicate_of").is_not_null()
    judged = judged.with_columns(
        reason=pl.when(is_repeat).then(pl.lit(Reason.NEAR_DUPLICATE.value)).otherwise("reason")
    )
    outcome = (
        pl.when(pl.col("reason").is_null())
        .then(pl.lit(Outcome.ACCEPTED.value))
        .otherwise(pl.lit(Outcome.REJECTED.value))
    )
    return judged.with_columns(outcome=outcome).select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items())
