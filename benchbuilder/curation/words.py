"""What counts as a word where texts are compared: a run of letters and digits of the normal form."""

import re
import unicodedata

# Scripts written without spaces give a word per character; elsewhere a word is a run of letters and digits.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_ASCII_TO_SPACE = {code: " " for code in range(128) if not _WORD.match(chr(code))}


def list_words(text: str) -> list[str]:
    """The words of the normal form of `text`, in their order."""
    if text.isascii():  # the same result, five times as fast
        return text.lower().translate(_ASCII_TO_SPACE).split()
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def words_of(text: str) -> set[str]:
    """The distinct words of the normal form of `text`."""
    return set(list_words(text))


def similarity_of(words: set[str], others: set[str]) -> float:
    """The Jaccard similarity of two sets, 0 to 1; of two empty ones 0."""
    count_shared = len(words & others)
    return count_shared / max(1, len(words) + len(others) - count_shared)
