"""Bradley-Terry between any models, with style or without: Newton's method, and what leaving one question out does.

P(first beats second) = expit(r_first - r_second + z·b), r_baseline = 0, z how the answers differ in style
(Bradley and Terry 1952; with covariates it is the logistic regression of arXiv 2406.11939, appendix A.2). In a star
without style everything here equals the closed form; there the closed form is used.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from benchbuilder.errors import NotConvergedError
from benchbuilder.rating.battles import Matrix, Vector
from benchbuilder.rating.cells import Cells, Design, Positions

MAX_STEPS = 60
_TOLERANCE = 1e-20  # of the Newton decrement, twice what the likelihood can still gain


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """The maximum of the likelihood.

    Attributes:
        parameters: ratings of all models but the baseline, then coefficients of the styles.
        chance: of `first` to win, shape (cells,).
        inverse: of the information matrix, shape (parameters, parameters).
    """

    parameters: Vector
    chance: Vector
    inverse: Matrix


class Shifts(NamedTuple):
    """How parameters move when one cluster is left out; one row per cluster, then one per imaginary question.

    Attributes:
        parameters: at the maximum with the imaginary questions, shape (parameters,).
        shift: by how much each is higher with the cluster than without it, shape (rows, parameters).
    """

    parameters: Vector
    shift: Matrix


def maximise(design: Design, won: Vector, weight: Vector) -> Maximum:
    """Maximise Σ S·log p + (W - S)·log(1 - p) over p = expit(design · parameters).

    Args:
        design: shape (cells, parameters).
        won: S of each cell.
        weight: W of each cell.

    Raises:
        NotConvergedError: no maximum was found within `MAX_STEPS` steps, or it is not unique.
    """
    from scipy.special import expit

    parameters = np.zeros(design.shape[1])
    for _ in range(MAX_STEPS):
        chance = expit(design @ parameters)
        gradient = design.T @ (won - weight * chance)
        information = (design.T @ design.multiply((weight * chance * (1 - chance))[:, None])).toarray()
        step = _solved(information, gradient)
        parameters = parameters + step * _length_of(design, won, weight, parameters, step)
        if gradient @ step <= _TOLERANCE:
            return Maximum(parameters, expit(design @ parameters), _solved(information, np.eye(len(parameters))))
    raise NotConvergedError(f"the fit did not converge in {MAX_STEPS} steps; a style may decide every game")


def sandwich(cells: Cells, maximum: Maximum) -> Matrix:
    """The covariance clustered by cluster without small-sample factor, shape (parameters, parameters).

    H⁻¹ (Σ_q g_q g_qᵀ) H⁻¹ with g_q the score of cluster q (Liang and Zeger, Biometrika 73, 1986).
    """
    scores = _by_cluster(cells, cells.design(), cells.won - cells.weight * maximum.chance)
    return maximum.inverse @ (scores.T @ scores) @ maximum.inverse


def leave_clusters_out(cells: Cells) -> Shifts:
    """One Newton step from all cells to all but one cluster, with imaginary questions that keep everything finite.

    Each pair that met plays one imaginary question, W₀ = W/Q of the pair, half won and half lost, without difference in
    style. With H the information at the maximum: u_q = (H - H_q)⁻¹ g_q; an imaginary question enters with the root of
    its expected square. In a star without style this is u_q of `intervals.leave_one_out`, divided by p(1-p).
    """
    from scipy.sparse import csr_matrix, vstack

    imagined = _imaginary(cells)
    design, design_imagined = cells.design(), imagined.design()
    whole = csr_matrix(vstack([design, design_imagined]))
    maximum = maximise(
        whole, np.concatenate([cells.won, imagined.won]), np.concatenate([cells.weight, imagined.weight])
    )
    chance, chance_imagined = np.split(maximum.chance, [len(cells.won)])
    residual = cells.won - cells.weight * chance
    curvature = cells.weight * chance * (1 - chance)
    residual = _without_own_weight(cells.cluster, design, maximum.inverse, residual, curvature)
    of_clusters = _by_cluster(cells, design, residual)
    spread = imagined.weight * np.sqrt((chance_imagined**2 + (1 - chance_imagined) ** 2) / 2)
    of_imagined = design_imagined.multiply(spread[:, None]).toarray()
    return Shifts(maximum.parameters, np.vstack([of_clusters, of_imagined]) @ maximum.inverse)


def _imaginary(cells: Cells) -> Cells:
    """One cell per pair that met: its mean question, half won."""
    size = len(cells.models)
    pairs, inverse = np.unique(cells.first * size + cells.second, return_inverse=True)
    weight = np.bincount(inverse, weights=cells.weight, minlength=len(pairs))
    met = np.unique(cells.cluster * len(pairs) + inverse)
    weight = weight / np.bincount(met % len(pairs), minlength=len(pairs))
    nothing = np.zeros((len(pairs), len(cells.styles)))
    places = np.zeros(len(pairs), np.int64)
    return Cells(
        cells.models, cells.styles, cells.clusters, places, pairs // size, pairs % size, weight / 2, weight, nothing
    )


def _length_of(design: Design, won: Vector, weight: Vector, parameters: Vector, step: Vector) -> float:
    """The whole step, or half of it as often as the likelihood would fall."""
    before = _log_likelihood(design @ parameters, won, weight)
    length = 1.0
    while _log_likelihood(design @ (parameters + length * step), won, weight) < before - 1e-9 * abs(before):
        length /= 2
        if length < 1e-6:  # noqa: PLR2004 - no step in this direction helps
            raise NotConvergedError("the fit did not converge: no step raises the likelihood")
    return length


def _log_likelihood(log_odds: Vector, won: Vector, weight: Vector) -> float:
    return float(won @ log_odds - weight @ np.logaddexp(0, log_odds))


def _solved(information: Matrix, right: Matrix) -> Matrix:
    try:
        return np.linalg.solve(information, right).astype(np.float64)
    except np.linalg.LinAlgError as error:
        raise NotConvergedError("the fit has no single maximum: one style column repeats others") from error


def _by_cluster(cells: Cells, design: Design, values: Vector) -> Matrix:
    """Σ values · design rows of each cluster, shape (clusters, parameters)."""
    from scipy.sparse import csr_matrix

    count = len(cells.won)
    members: Design = csr_matrix((values, (cells.cluster, np.arange(count))), shape=(len(cells.clusters), count))
    return (members @ design).toarray()


def _without_own_weight(
    cluster: Positions, design: Design, inverse: Matrix, residual: Vector, curvature: Vector
) -> Vector:
    """Residuals e such that H⁻¹ Xᵀe equals (H - Xᵀ D X)⁻¹ Xᵀ residual of each cluster (Woodbury)."""
    starts = np.flatnonzero(np.diff(cluster, prepend=-1))
    stops = np.append(starts[1:], len(cluster))
    adjusted = np.empty_like(residual)
    single = starts[stops - starts == 1]
    rows: Design = design[single]
    leverage = np.asarray(rows.multiply(rows @ inverse).sum(axis=1)).ravel()
    adjusted[single] = residual[single] / (1 - curvature[single] * leverage)
    for start, stop in zip(starts, stops, strict=True):
        if stop - start > 1:
            rows = design[start:stop].toarray()
            own = np.eye(stop - start) - curvature[start:stop, None] * (rows @ inverse @ rows.T)
            adjusted[start:stop] = np.linalg.solve(own, residual[start:stop])
    return adjusted
