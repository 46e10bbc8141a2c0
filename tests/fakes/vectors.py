"""Embeddings without a model: texts that share words and pairs of words point in similar directions."""

import math
import re
import zlib
from functools import lru_cache
from itertools import pairwise

LENGTH_VECTOR = 384
WEIGHT_PAIR = 0.5
WEIGHT_SHORT_WORD = 0.2  # words like "the" are in every text and say nothing about its topic
LONGEST_SHORT_WORD = 3
_WORD = re.compile(r"\w+")
_PLACES_OF_A_TERM = 4  # a term that lay in a single place would collide with another term in every seventh pair


def embed(text: str) -> list[float]:
    """A vector of 384 numbers of length 1, the same for the same text on any machine; an empty text has one too."""
    words = _WORD.findall(text.casefold()) or ["(nothing)"]
    vector = [0.0] * LENGTH_VECTOR
    for word in words:
        _add(vector, word, _weight(word))
    for first, second in pairwise(words):
        _add(vector, f"{first} {second}", WEIGHT_PAIR * _weight(first))
    length = math.hypot(*vector)
    return [number / length for number in vector]


def _weight(word: str) -> float:
    return WEIGHT_SHORT_WORD if len(word) <= LONGEST_SHORT_WORD else 1.0


def _add(vector: list[float], term: str, weight: float) -> None:
    for place, sign in _places(term):
        vector[place] += sign * weight


@lru_cache(maxsize=100_000)
def _places(term: str) -> tuple[tuple[int, float], ...]:
    hashes = (zlib.crc32(f"{copy} {term}".encode(errors="surrogatepass")) for copy in range(_PLACES_OF_A_TERM))
    return tuple((number % LENGTH_VECTOR, 1.0 if number & 2**20 else -1.0) for number in hashes)
