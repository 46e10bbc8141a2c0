"""Which of many texts stands, whole or nearly so, inside another one: shared runs of words.

How much of the shorter text lies in runs of `WORDS_PER_RUN` words that both have (as Llama 2 counts contamination,
arXiv 2307.09288, A.6, there with runs of ten tokens and in one direction). A run that very many of the texts have is
their wording, such as `answer with the letter of the right option`, and is left out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from benchbuilder.curation.words import list_words

WORDS_PER_RUN = 8
MIN_WORDS = 16  # in a shorter text a single turn of phrase would be most of it
MAX_TEXTS_WITH_RUN = 50

Run = tuple[str, ...]


def _runs(words: Sequence[str]) -> list[Run]:
    return list(zip(*(words[start:] for start in range(WORDS_PER_RUN)), strict=False))


def _places(runs: Sequence[Run], wanted: AbstractSet[Run]) -> set[int]:
    """Which words of a text lie in the wanted ones of its runs."""
    return {place + step for place, run in enumerate(runs) if run in wanted for step in range(WORDS_PER_RUN)}


class SharedPassages:
    """Texts by place, and which of them shares most with another one.

    Args:
        texts: where passages may come from; those of fewer than `MIN_WORDS` words are left out.
        threshold: least share that is found, above 0 and at most 1.
    """

    def __init__(self, texts: Iterable[str], threshold: float) -> None:
        self._threshold = threshold
        self._runs = {place: _runs(words) for place, words in enumerate(map(list_words, texts)) if _is_long(words)}
        places = defaultdict[Run, list[int]](list)
        for place, runs in self._runs.items():
            for run in set(runs):
                places[run].append(place)
        self._common = {run for run, found in places.items() if len(found) > MAX_TEXTS_WITH_RUN}
        self._places = {run: found for run, found in places.items() if run not in self._common}

    def most_shared(self, text: str) -> tuple[int, float] | None:
        """Place and share of the text that shares most, the lowest place of several; None where none has enough."""
        words = list_words(text)
        if not _is_long(words):
            return None
        runs = _runs(words)
        shared = [run for run in set(runs) if run in self._places]
        candidates = Counter(place for run in shared for place in self._places[run])
        scored = [(self._share(runs, shared, place), -place) for place in candidates]
        share, place = max(scored, default=(0.0, 0))
        return (-place, share) if share >= self._threshold else None

    def _share(self, runs: list[Run], shared: list[Run], place: int) -> float:
        """Of the words of the shorter text that lie in any run but a common one, those in runs that both have."""
        shorter = min(runs, self._runs[place], key=len)
        covered = _places(shorter, {run for run in shared if place in self._places[run]})
        counted = _places(shorter, set(shorter) - self._common)
        return len(covered) / max(MIN_WORDS, len(counted))


def _is_long(words: Sequence[str]) -> bool:
    return len(words) >= MIN_WORDS
