"""Counts of Markdown by sort, as answer records of arena-hard hold them."""

import re
from collections import Counter

from benchbuilder.text import without_code_blocks

SORTS = {
    "header_count": ("h1", "h2", "h3", "h4", "h5", "h6"),
    "list_count": ("ordered", "unordered"),
    "bold_count": ("**", "__"),
}
_HEADER = re.compile(r"^ {0,3}(#{1,6})[ \t]+\S", re.MULTILINE)
_LIST_ITEM = re.compile(r"^[ \t]*(?:([-*+])|\d{1,9}[.)])[ \t]+\S", re.MULTILINE)
_BOLD = re.compile(r"(\*\*|(?<!\w)__)(?!\s)[^*_\n]{1,400}\1")


def _sorts_in(text: str) -> dict[str, Counter[str]]:
    prose = without_code_blocks(text)
    return {
        "header_count": Counter(f"h{len(marks)}" for marks in _HEADER.findall(prose)),
        "list_count": Counter("unordered" if bullet else "ordered" for bullet in _LIST_ITEM.findall(prose)),
        "bold_count": Counter(_BOLD.findall(prose)),
    }


def split_counts(text: str, totals: dict[str, int]) -> dict[str, dict[str, int]]:
    """The three counts by sort; what is found in the text where it comes to the total, else all under the last sort.

    Totals may come from a file whose author counted by other rules; a reader adds the sorts up, so the total is what
    must be right.

    Args:
        text: the answer.
        totals: of the keys of `SORTS`.
    """
    split = {}
    for key, found in _sorts_in(text).items():
        counts = found if found.total() == totals[key] else Counter({SORTS[key][-1]: totals[key]})
        split[key] = {sort: counts[sort] for sort in SORTS[key]}
    return split
