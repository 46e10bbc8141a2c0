"""Prompts that repeat an earlier one with a few words changed.

MinHash with locality-sensitive hashing (rensa) proposes candidates; the exact Jaccard similarity of the sets of words
decides, because the estimate alone merges wrong pairs. Only representatives are indexed and compared with, so that ten
thousand copies of one template cost ten thousand comparisons, not fifty million.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

COUNT_HASHES = 256
SEED = 20240617
MIN_RECALL_AT_THRESHOLD = 0.999
CHUNK = 5_000

# Scripts written without spaces give a word per character; elsewhere a word is a run of letters and digits.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_ASCII_TO_SPACE = {code: " " for code in range(128) if not _WORD.match(chr(code))}


class NearDuplicate(NamedTuple):
    """A prompt, the earlier one that it repeats, and the Jaccard similarity of their sets of words (0 to 1)."""

    prompt_id: str
    duplicate_of: str
    similarity: float


class _Item(NamedTuple):
    """A prompt to place. Of two neighbours the one with the lower rank represents the other."""

    rank: int
    prompt_id: str
    text: str


def words_of(text: str) -> set[str]:
    """The distinct words of the normal form of `text`."""
    if text.isascii():  # the same result, five times as fast
        return set(text.lower().translate(_ASCII_TO_SPACE).split())
    return set(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def similarity_of(words: set[str], others: set[str]) -> float:
    """The Jaccard similarity of two sets, 0 to 1; of two empty ones 0."""
    count_shared = len(words & others)
    return count_shared / max(1, len(words) + len(others) - count_shared)


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


def _place(items: Sequence[_Item], threshold: float) -> Iterator[tuple[_Item, _Item | None, float]]:
    """Each item with the representative that it repeats, or None when it becomes one itself."""
    from rensa import RMinHash, RMinHashLSH  # pyright: ignore[reportAttributeAccessIssue] - compiled, without stubs

    count_bands, length = bands_for(threshold)
    index = RMinHashLSH(threshold=threshold, num_perm=count_bands * length, num_bands=count_bands)
    for start in range(0, len(items), CHUNK):
        chunk = items[start : start + CHUNK]
        words = [words_of(item.text) for item in chunk]
        signatures = RMinHash.from_token_sets(words, count_bands * length, SEED)
        for offset, (item, signature) in enumerate(zip(chunk, signatures, strict=True)):
            candidates = sorted(index.query(signature)) if words[offset] else []
            scored = [(similarity_of(words[offset], words_of(items[place].text)), -place) for place in candidates]
            similarity, place = max(scored, default=(0.0, 0))
            if similarity >= threshold:
                yield item, items[-place], similarity
                continue
            index.insert(start + offset, signature)
            yield item, None, similarity


def find_near_duplicates(
    prompt_ids: Sequence[str], texts: Sequence[str], threshold: float = 0.8, accepted: Collection[str] = ()
) -> list[NearDuplicate]:
    """The prompts that repeat another one, each with the most similar representative.

    A representative is a prompt accepted earlier, else the first of its group in the given order. A prompt that is near
    to a duplicate but not to any representative is one itself. Texts without a word are near to nothing.

    Args:
        prompt_ids: distinct ids, in the order that decides who is first.
        texts: one per id.
        threshold: least Jaccard similarity of the sets of words, above 0 and at most 1.
        accepted: those of `prompt_ids` that stay, whatever they resemble.

    Returns:
        One row per near duplicate, in the given order.

    Raises:
        ValueError: `threshold` is out of range, or there are more ids than texts or the other way round.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must be above 0 and at most 1, not {threshold}")
    stays = frozenset(accepted)
    items = [_Item(rank, *pair) for rank, pair in enumerate(zip(prompt_ids, texts, strict=True))]
    items.sort(key=lambda item: (item.prompt_id not in stays, item.rank))
    found = [
        (item.rank, NearDuplicate(item.prompt_id, original.prompt_id, similarity))
        for item, original, similarity in _place(items, threshold)
        if original and item.prompt_id not in stays
    ]
    return [duplicate for _, duplicate in sorted(found)]
