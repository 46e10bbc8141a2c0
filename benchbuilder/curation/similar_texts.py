"""The most similar of many texts, by the Jaccard similarity of their sets of words.

MinHash with locality-sensitive hashing (rensa) proposes candidates; the exact similarity decides, because the estimate
alone merges wrong pairs.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from benchbuilder.curation.words import similarity_of, words_of

COUNT_HASHES = 256
SEED = 20240617
MIN_RECALL_AT_THRESHOLD = 0.999
CHUNK = 5_000
MARGIN_OF_ESTIMATE = 0.15  # four and a half standard deviations of it at least
COUNT_KEPT = 10_000  # sets of words that stay in memory; all of them would take ten times that of the texts


class SignedText(NamedTuple):
    """A text with its distinct words and their MinHash."""

    text: str
    words: set[str]
    signature: Any


def bands_for(threshold: float) -> tuple[int, int]:
    """How many bands of how many hashes: the longest that still find `MIN_RECALL_AT_THRESHOLD` of pairs at `threshold`.

    A pair of similarity s shares a band with probability 1 - (1 - s^r)^b, for b bands of r hashes each (Leskovec,
    Rajaraman, Ullman: Mining of Massive Datasets, section 3.4). Longer bands mean fewer false candidates.
    """
    for length in range(COUNT_HASHES, 1, -1):
        count = COUNT_HASHES // length
        if 1 - (1 - threshold**length) ** count >= MIN_RECALL_AT_THRESHOLD:
            return count, length
    return COUNT_HASHES, 1


class SimilarTexts:
    """Texts by place, and which of them is nearest to another one.

    Args:
        threshold: least similarity that is found, above 0 and at most 1.

    Raises:
        ValueError: `threshold` is out of range.
    """

    def __init__(self, threshold: float) -> None:
        from rensa import RMinHashLSH  # pyright: ignore[reportAttributeAccessIssue] - compiled, without stubs

        if not 0 < threshold <= 1:
            raise ValueError(f"threshold must be above 0 and at most 1, not {threshold}")
        count_bands, length = bands_for(threshold)
        self._threshold = threshold
        self._count_hashes = count_bands * length
        self._index = RMinHashLSH(threshold=threshold, num_perm=self._count_hashes, num_bands=count_bands)
        self._texts: dict[int, str] = {}
        self._signatures: dict[int, Any] = {}
        # Prompts of one template all propose each other, just under the threshold: the same words again and again.
        self._words_at = lru_cache(COUNT_KEPT)(lambda place: words_of(self._texts[place]))

    def sign(self, texts: Iterable[str]) -> Iterator[SignedText]:
        """The texts as `add` and `nearest` take them, in their order."""
        from rensa import RMinHash  # pyright: ignore[reportAttributeAccessIssue] - compiled, without stubs

        waiting = iter(texts)
        while chunk := list(islice(waiting, CHUNK)):
            words = [words_of(text) for text in chunk]
            yield from map(SignedText, chunk, words, RMinHash.from_token_sets(words, self._count_hashes, SEED))

    def add(self, place: int, signed: SignedText) -> None:
        """Let a text be found at `place`."""
        self._index.insert(place, signed.signature)
        self._texts[place] = signed.text
        self._signatures[place] = signed.signature

    def nearest(self, signed: SignedText) -> tuple[int, float] | None:
        """Place and similarity of the most similar text, the lowest place of several; None where none is near enough.

        A text without a word is near to nothing.
        """
        if not signed.words:
            return None
        # Most candidates share a band by chance: their estimate is that low, and their words need not be looked at.
        least = self._threshold - MARGIN_OF_ESTIMATE
        scored = [
            (similarity_of(signed.words, self._words_at(place)), -place)
            for place in self._index.query(signed.signature)
            if signed.signature.jaccard(self._signatures[place]) >= least
        ]
        similarity, place = max(scored, default=(0.0, 0))
        return (-place, similarity) if similarity >= self._threshold else None
