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

    has_won, has_lost = cells.won > 0, cells.won < cells.weight
    winner = np.concatenate([cells.first[has_won], cells.second[has_lost]])
    loser = np.concatenate([cells.second[has_won], cells.first[has_lost]])
    size = len(cells.models)
    beats = csr_matrix((np.ones(len(winner)), (winner, loser)), shape=(size, size))
    beaten_by_baseline = _reached(beats, size - 1)
    beats_baseline = _reached(csr_matrix(beats.T), size - 1)
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


def _reached(graph: Design, start: int) -> Flags:
    from scipy.sparse.csgraph import breadth_first_order

    found = np.zeros(graph.shape[0], dtype=np.bool_)
    found[breadth_first_order(graph, start, directed=True, return_predecessors=False)] = True
    return found
