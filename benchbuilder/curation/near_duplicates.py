"""Prompts that repeat an earlier one with a few words changed.

Only representatives are indexed and compared with, so that ten thousand copies of one template cost ten thousand
comparisons, not fifty million.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from benchbuilder.curation.similar_texts import SimilarTexts


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


def _place(items: Sequence[_Item], threshold: float) -> Iterator[tuple[_Item, _Item, float]]:
    """Each item that repeats a representative, with it; the others become one themselves."""
    representatives = SimilarTexts(threshold)
    for place, signed in enumerate(representatives.sign(item.text for item in items)):
        if found := representatives.nearest(signed):
            original, similarity = found
            yield items[place], items[original], similarity
        else:
            representatives.add(place, signed)


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
    stays = frozenset(accepted)
    items = [_Item(rank, *pair) for rank, pair in enumerate(zip(prompt_ids, texts, strict=True))]
    items.sort(key=lambda item: (item.prompt_id not in stays, item.rank))
    found = [
        (item.rank, NearDuplicate(item.prompt_id, original.prompt_id, similarity))
        for item, original, similarity in _place(items, threshold)
        if item.prompt_id not in stays
    ]
    return [duplicate for _, duplicate in sorted(found)]
