"""Which prompts of the crowd stand in a list of published questions, and how near they are to it.

Four ways, the surest first: the same normal form; nearly the same words; a passage of one inside the other; vectors
that point the same way. What one finds is not asked of the next. It misses translations, and rewordings that the
vectors do not see either.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchbuilder.curation.shared_passages import SharedPassages
from benchbuilder.curation.similar_texts import SimilarTexts

_ROWS_AT_A_TIME = 4_096


class Method(StrEnum):
    """How a prompt was recognised, and so what its similarity measures."""

    EXACT = "exact"
    WORDS = "words"  # Jaccard of the sets of words
    PASSAGE = "passage"  # share of the shorter text's words in runs that both have
    VECTORS = "vectors"  # cosine


@dataclass(frozen=True, slots=True)
class DecontaminationSettings:
    """How near to a published question is too near.

    Attributes:
        min_words: Jaccard similarity of the sets of words, above 0 and at most 1.
        min_passage: share of the shorter text that stands in the longer one, above 0 and at most 1.
        min_vectors: cosine, above 0 and at most 1; it depends on the embedder.
        use_vectors: the published questions are embedded too, and compared.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    min_words: float = 0.8
    min_passage: float = 0.8
    min_vectors: float = 0.95
    use_vectors: bool = True

    def __post_init__(self) -> None:
        for name in ("min_words", "min_passage", "min_vectors"):
            least = getattr(self, name)
            if not 0 < least <= 1:
                raise ValueError(f"{name} must be above 0 and at most 1, not {least}")


class Match(NamedTuple):
    """A prompt, the published item it was recognised as, how, and how near: 0 to 1."""

    prompt_id: str
    item_id: str
    method: Method
    similarity: float


def match_texts(
    prompts: Mapping[str, str], items: Mapping[str, str], settings: DecontaminationSettings
) -> Iterator[Match]:
    """The prompts that are, nearly are, contain, or are contained in a published item.

    Args:
        prompts: prompt_id → masked text.
        items: item_id → masked text; ids are made as prompt_ids are, so that equal ones are equal texts.
        settings: how near is too near.

    Yields:
        At most one match per prompt, in the order of `prompts`.
    """
    if not items:
        return
    item_ids, item_texts = list(items), list(items.values())
    similar = SimilarTexts(settings.min_words)
    for place, signed in enumerate(similar.sign(item_texts)):
        similar.add(place, signed)
    passages = SharedPassages(item_texts, settings.min_passage)
    for prompt_id, signed in zip(prompts, similar.sign(prompts.values()), strict=True):
        if prompt_id in items:
            yield Match(prompt_id, prompt_id, Method.EXACT, 1.0)
        elif found := similar.nearest(signed):
            yield Match(prompt_id, item_ids[found[0]], Method.WORDS, found[1])
        elif found := passages.most_shared(signed.text):
            yield Match(prompt_id, item_ids[found[0]], Method.PASSAGE, found[1])


def match_vectors(
    prompt_ids: Sequence[str],
    prompt_vectors: NDArray[np.float32],
    item_ids: Sequence[str],
    item_vectors: NDArray[np.float32],
    min_vectors: float,
) -> Iterator[Match]:
    """The prompts whose vector lies near one of an item, each with the nearest.

    Args:
        prompt_ids: n of them.
        prompt_vectors: (n, d), of length 1.
        item_ids: m of them, at least one.
        item_vectors: (m, d), of length 1, by the same embedder.
        min_vectors: least cosine.
    """
    for start in range(0, len(prompt_ids), _ROWS_AT_A_TIME):
        cosines = prompt_vectors[start : start + _ROWS_AT_A_TIME] @ item_vectors.T
        nearest = cosines.argmax(axis=1)
        best = cosines[np.arange(len(nearest)), nearest]
        for offset in np.flatnonzero(best >= min_vectors).tolist():
            similarity = min(1.0, float(best[offset]))  # rounding gives 1.0000001
            yield Match(prompt_ids[start + offset], item_ids[int(nearest[offset])], Method.VECTORS, similarity)
