"""A plain list of offensive words, and which texts have one.

It misses every insult, threat or abuse made of ordinary words, all spellings that hide a letter, and all languages but
English; it hits quotations, fiction, and questions about the words themselves. Where that matters, have people veto.
"""

from functools import cache
from importlib.resources import files

from benchbuilder.curation.words import words_of


@cache
def offensive_words() -> frozenset[str]:
    """The list, in normal form."""
    text = files("benchbuilder.curation").joinpath("offensive_words.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def is_offensive(text: str) -> bool:
    """True when a word of the list stands in `text` as a word of its own."""
    return not offensive_words().isdisjoint(words_of(text))
