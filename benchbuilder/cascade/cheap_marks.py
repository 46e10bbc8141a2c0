"""A cheap annotator made from a sample: what is known of each prompt → how likely the strong one finds a criterion met.

One logistic regression per criterion (scikit-learn). What is known of a prompt, its features, is its stored vector and
its form; or the likelihoods that a small model gave. So the marks of a small model, which are not calibrated, come out
as the strong one's would.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

VERSION = 1  # raised when the same sample gives other marks
INVERSE_PENALTY = 1.0
COUNT_FOLDS = 10
_LEAST_OF_A_KIND = 2  # met and not met; with fewer of either there is nothing to learn
_WEIGHT_OF_FORM = 0.25  # beside a vector of length 1
_KINDS = (b"\n", b"0123456789", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"(){}[]<>=;_/\\", b"?")
_COUNT_BYTES = 256
_SUREST = 1e-4  # a likelihood nearer to 0 or 1 says no more

Matrix = NDArray[np.floating[Any]]


class CheapMarks(NamedTuple):
    """Likelihoods that criteria are met, one row per prompt and one column per criterion.

    Attributes:
        held_out: of the sample, each row by regressions that did not learn from it.
        others: of the prompts outside of the sample.
    """

    held_out: Matrix
    others: Matrix


def features_of_vectors(vectors: Matrix, texts: Sequence[str]) -> Matrix:
    """The vector of each prompt, and how long it is and of which characters: its vector knows little of that."""
    return np.hstack([vectors, _form(texts)])


def features_of_likelihoods(likelihoods: Matrix, texts: Sequence[str]) -> Matrix:
    """What a small model said of each criterion, as log-odds, beside the form of the prompts."""
    clipped = np.clip(likelihoods, _SUREST, 1 - _SUREST)
    return np.hstack([np.log(clipped / (1 - clipped)), _form(texts)])


def _form(texts: Sequence[str]) -> Matrix:
    """Logarithms of the counts of characters, lines, digits, capitals, signs of code and questions."""
    counts = np.array([_counts(text) for text in texts], np.float32)
    return _WEIGHT_OF_FORM * np.log1p(counts.reshape(len(texts), 1 + len(_KINDS)))


def _counts(text: str) -> list[int]:
    """Characters that end no line, then those of each kind; in UTF-8 a byte of ASCII is never part of another one."""
    of_bytes = np.bincount(np.frombuffer(text.encode(), np.uint8), minlength=_COUNT_BYTES)
    of_kinds = [int(of_bytes[list(kind)].sum()) for kind in _KINDS]
    return [len(text) - of_kinds[0], *of_kinds]


def fit_cheap_marks(features: Matrix, marks: Matrix, others: Matrix) -> CheapMarks:
    """Learn from the sample, and mark everybody.

    The folds are the rows in turn, so the caller sorts the rows by something that has to do with nothing, as ids do.

    Args:
        features: of the sample, one row per prompt.
        marks: of the strong annotator on the same rows: 1 where a criterion is met, else 0; one column per criterion.
        others: features of the prompts outside of the sample.
    """
    held_out = np.empty(marks.shape)
    fold = np.arange(len(features)) % COUNT_FOLDS
    for number in np.unique(fold):
        is_out = fold == number
        held_out[is_out] = _learned(features[~is_out], marks[~is_out], features[is_out])
    return CheapMarks(held_out, _learned(features, marks, others))


def _learned(features: Matrix, marks: Matrix, others: Matrix) -> Matrix:
    return np.column_stack([_likelihoods(features, column, others) for column in marks.T])


def _likelihoods(known: Matrix, is_met: Matrix, unknown: Matrix) -> Matrix:
    """Of one criterion; where nearly all or none of the sample meet it, their share stands for everybody."""
    from sklearn.linear_model import LogisticRegression

    if not len(unknown):
        return np.empty(0)
    if min(is_met.sum(), len(is_met) - is_met.sum()) < _LEAST_OF_A_KIND:
        return np.full(len(unknown), (is_met.sum() + 0.5) / (len(is_met) + 1))
    regression = LogisticRegression(C=INVERSE_PENALTY, max_iter=1000).fit(known, is_met)
    return regression.predict_proba(unknown)[:, 1]
