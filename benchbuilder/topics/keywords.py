"""The words that set a topic apart from the others (c-TF-IDF, Grootendorst 2022).

A term is counted once per prompt, however often the prompt repeats it, so that one pasted log does not speak for all.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchbuilder.text import without_code_blocks

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MAX_CHARACTERS = 2000  # of one prompt: what it asks stands there, what it pastes comes after
MIN_PROMPTS = 2  # that say a term, in a topic of at least MIN_PROMPTS_TO_AGREE
MIN_PROMPTS_TO_AGREE = 5
RUN_LENGTHS = (2, 3, 4)  # of signs in scripts without spaces: what a word is there takes a dictionary
SHARE_OF_PAIR = 0.5  # a pair of words stands for one of them above this share of its prompts

# What is no prose beside code: mark-up, blanks to fill in, links, TeX commands, entities, names with underscores.
_NO_PROSE = re.compile(
    r"</?[A-Za-z][^<>\n]{0,200}>|\$\{[^{}\n]{0,200}\}|\b(?:https?://|www\.)\S+|\\[A-Za-z]+|&[a-z]+;|\b\w*[^\W_]_\w+",
)
# The signs that sit on letters, from Hebrew to Khmer: to `re` they are no letters, and would cut a word in two.
_MARKS = (
    r"\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0971-\u0dff"
    r"\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ecd\u0f71-\u0f84\u102b-\u103e\u17b4-\u17d3\u200c\u200d"
)
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+")
_WORD = re.compile(
    rf"(?P<unspaced>{_UNSPACED.pattern})"
    rf"|[^\W\d_](?:[^\W_\u3040-\u30ff\u3400-\u9fff]|[{_MARKS}]|'(?=[a-z]))*(?:\+\+|\#(?!\w))?"
)
_CONTRACTION = re.compile(r"n't$|'(?:s|re|ve|ll|d|m)$")
_GAP_WITHIN_PAIR = re.compile(r"[ \t\n]|-")


def find_keywords(texts_by_topic: Mapping[str, Sequence[str]], count: int = 8) -> dict[str, list[str]]:
    """Words and pairs of words that the prompts of one topic say and those of the others do not.

    A term's score is the share of the topic's prompts that say it, times log(1 + A/f): f of all prompts say it, A is
    how many terms a topic has on average. A word that mostly occurs in one pair gives way to the pair, and nothing is
    listed that the terms before it have said already.

    Args:
        texts_by_topic: the members' texts by topic_id, all topics at once.
        count: how many at most; fewer where a topic has no more words of its own.
    """
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import CountVectorizer

    texts = [text for members in texts_by_topic.values() for text in members]
    analyzer: Any = _terms  # scikit-learn has no types, and its default is a word
    vectorizer = CountVectorizer(analyzer=analyzer, binary=True)
    try:
        by_prompt = csr_array(vectorizer.fit_transform(texts))
    except ValueError:  # not one term in all of the texts
        return {topic_id: [] for topic_id in texts_by_topic}
    sizes = np.array([len(members) for members in texts_by_topic.values()])
    counts = _sum_by_topic(by_prompt, sizes)
    idf = np.log1p(counts.sum() / len(sizes) / np.asarray(counts.sum(axis=0)).ravel())
    terms = vectorizer.get_feature_names_out()
    return {
        topic_id: _choose(_ranked(counts[[topic]], idf, terms, int(sizes[topic])), count)
        for topic, topic_id in enumerate(texts_by_topic)
    }


def _sum_by_topic(by_prompt: "csr_array", sizes: NDArray[np.intp]) -> "csr_array":
    """(t, terms): how many prompts of each topic say each term."""
    from scipy.sparse import csr_array

    topic_of_prompt = np.repeat(np.arange(len(sizes)), sizes)
    prompts = np.arange(len(topic_of_prompt))
    is_in_topic = csr_array(
        (np.ones(len(prompts), np.int64), (topic_of_prompt, prompts)), shape=(len(sizes), len(prompts))
    )
    return csr_array(is_in_topic @ by_prompt)


def _ranked(
    counts: "csr_array", idf: NDArray[np.float64], terms: NDArray[np.object_], size: int
) -> list[tuple[str, int]]:
    """The terms of one topic with how many of its prompts say them, best first, equal ones by the alphabet."""
    is_frequent = counts.data >= MIN_PROMPTS
    if size < MIN_PROMPTS_TO_AGREE or not is_frequent.any():
        is_frequent[:] = True
    columns, said = counts.indices[is_frequent], counts.data[is_frequent]
    order = np.lexsort((columns, -(said * idf[columns])))
    return [(str(terms[column]), int(number)) for column, number in zip(columns[order], said[order], strict=True)]


def _choose(ranked: list[tuple[str, int]], count: int) -> list[str]:
    pair_of = _strong_pairs(ranked)
    chosen: list[str] = []
    covered: set[str] = set()
    for term, _ in ranked:
        word_or_pair = pair_of.get(term, term)
        stems = {_stem(word) for word in _parts(word_or_pair)}
        if _stem(term) not in covered and covered.isdisjoint(stems):
            chosen.append(word_or_pair)
            covered |= stems
        if len(chosen) == count:
            break
    return chosen


def _strong_pairs(ranked: list[tuple[str, int]]) -> dict[str, str]:
    """Words that give way to a pair, and the pair; of several the one with most parts, then the most frequent."""
    said = dict(ranked)
    strong: dict[str, str] = {}
    for pair, number in sorted(ranked, key=lambda entry: (-len(_parts(entry[0])), -entry[1])):
        for word in _parts(pair):
            if word != pair and number >= MIN_PROMPTS and number > SHARE_OF_PAIR * said.get(word, number):
                strong.setdefault(word, pair)
    return strong


def _parts(term: str) -> list[str]:
    """The words of a pair, the pairs of signs of a run without spaces, else the word itself."""
    if _UNSPACED.fullmatch(term):
        return [term[start : start + 2] for start in range(max(len(term) - 1, 1))]
    return term.split()


def _stem(word: str) -> str:
    """Enough to see a plural."""
    return re.sub(r"(?<=\w\w)(?:ies|es|s|y|e)$", "", word)


def _terms(text: str) -> list[str]:
    """Words and pairs of neighbouring words, without the ones that say nothing."""
    text = without_code_blocks(unicodedata.normalize("NFKC", text[:MAX_CHARACTERS])).lower().replace("\u2019", "'")
    prose = _NO_PROSE.sub(" | ", text)
    found = list(_words(prose))
    pairs = [
        f"{one} {other}"
        for (one, _, end), (other, start, _) in pairwise(found)
        if start > end and _GAP_WITHIN_PAIR.fullmatch(prose[end:start])
    ]
    return [word for word, _, _ in found] + pairs


def _words(prose: str) -> Iterator[tuple[str, int, int]]:
    """Each word that says something, with where it stands. Scripts without spaces give runs of two to four signs."""
    unsaid = _unsaid()
    for match in _WORD.finditer(prose):
        run = match["unspaced"]
        if run:
            for start, length in product(range(len(run) - 1), RUN_LENGTHS):
                yield run[start : start + length], match.start() + start, match.end()
        else:
            word = _CONTRACTION.sub("", match[0])
            if len(word) > 1 and word not in unsaid:
                yield word, match.start(), match.end()


@cache
def _unsaid() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    lines = files("benchbuilder.topics").joinpath("stopwords.txt").read_text(encoding="utf-8").splitlines()
    return ENGLISH_STOP_WORDS.union(*(line.split() for line in lines if not line.startswith("#")))
