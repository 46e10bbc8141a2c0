"""Where the games leave no finite rating: checked before a fit, so that every model gets a defined, explained result.

The maximum of the likelihood is finite exactly among models of which each has, by a chain of wins or ties, beaten each
other (Ford, American Mathematical Monthly 64, 1957).
"""

from typing import NamedTuple

import numpy as np

from benchbuilder.rating.battles import Flags
from benchbuilder.rating.cells import Cells, Design


class Placement(NamedTuple):
    """What the games say about each model against the baseline, shape (models,) each; at most one of them is true.

    Attributes:
        is_finite: a rating exists.
        is_above: it beat others by a chain down to the baseline, and nobody there ever beat it: win rate 1.
        is_below: the other way round: win rate 0.
    """

    is_finite: Flags
    is_above: Flags
    is_below: Flags

    @property
    def is_placed(self) -> Flags:
        """Some chain of wins leads from the model to the baseline, or back."""
        return self.is_finite | self.is_above | self.is_below


def place(cells: Cells) -> Placement:
    """Find out by walking along wins, from the baseline and towards it."""
    from scipy.sparse import csr_matrix

    beats = _wins(cells)
    beaten_by_baseline = _reached(beats, beats.shape[0] - 1)
    beats_baseline = _reached(csr_matrix(beats.T), beats.shape[0] - 1)
    return Placement(
        is_finite=beats_baseline & beaten_by_baseline,
        is_above=beats_baseline & ~beaten_by_baseline,
        is_below=beaten_by_baseline & ~beats_baseline,
    )


def connected(cells: Cells) -> Flags:
    """Whether any chain of games leads from a model to the baseline, shape (models,)."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    size = len(cells.models)
    met = csr_matrix((np.ones(len(cells.first)), (cells.first, cells.second)), shape=(size, size))
    _, component = connected_components(met, directed=False)
    return component == component[-1]


def largest_group(cells: Cells) -> Flags:
    """The most models of which each has beaten each other by a chain of wins or ties, shape (models,).

    Of several such groups the one with the most weight of games, then the one of the first model.
    """
    from scipy.sparse.csgraph import connected_components

    count, group = connected_components(_wins(cells), directed=True, connection="strong")
    weight = np.bincount(group[cells.first], cells.weight, count) + np.bincount(
        group[cells.second], cells.weight, count
    )
    first = [int(np.argmax(group == number)) for number in range(count)]
    return group == max(range(count), key=lambda number: (np.sum(group == number), weight[number], -first[number]))


def _wins(cells: Cells) -> Design:
    """Whether the row ever beat the column, or tied, shape (models, models)."""
    from scipy.sparse import csr_matrix

    has_won, has_lost = cells.won > 0, cells.won < cells.weight
    winner = np.concatenate([cells.first[has_won], cells.second[has_lost]])
    loser = np.concatenate([cells.second[has_won], cells.first[has_lost]])
    size = len(cells.models)
    return csr_matrix((np.ones(len(winner)), (winner, loser)), shape=(size, size))


def _reached(graph: Design, start: int) -> Flags:
    from scipy.sparse.csgraph import breadth_first_order

    found = np.zeros(graph.shape[0], dtype=np.bool_)
    found[breadth_first_order(graph, start, directed=True, return_predecessors=False)] = True
    return found
