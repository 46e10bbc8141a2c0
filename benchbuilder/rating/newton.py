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
_LARGEST_STEP = (
    1e-6  # of any game's log-odds; where a style decides every game each step is about 1, however small the gain
)
_SINGULAR = 1e-12  # smallest eigenvalue of an information matrix with 1 on its diagonal
_SPARED = 1e-9  # smallest share of its information that a direction keeps when a cluster is left out
_DECIDED = f"the fit did not converge in {MAX_STEPS} steps; a style may decide every game"
_REPEATED = "the fit has no single maximum: one style column repeats others, or is the same in all games of a model"
_ONE_CLUSTER = "a coefficient of style stands on one question or topic alone: without it nothing can be said"


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

    _check_unique(design, weight)
    parameters = np.zeros(design.shape[1])
    for _ in range(MAX_STEPS):
        chance = expit(design @ parameters)
        gradient = design.T @ (won - weight * chance)
        step = _solved(_information(design, weight * chance * (1 - chance)), gradient)
        parameters = parameters + step * _length_of(design, won, weight, parameters, step)
        if gradient @ step <= _TOLERANCE and np.abs(design @ step).max(initial=0.0) <= _LARGEST_STEP:
            chance = expit(design @ parameters)
            information = _information(design, weight * chance * (1 - chance))
            return Maximum(parameters, chance, _solved(information, np.eye(len(parameters))))
    raise NotConvergedError(_DECIDED)


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

    Raises:
        NotConvergedError: see `maximise`; or a coefficient of style stands on one cluster alone.
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


def _check_unique(design: Design, weight: Vector) -> None:
    """Before the first step, because rounding lets a solver find one of many maxima where columns repeat others."""
    information = _information(design, weight)
    size = np.sqrt(np.diag(information))
    if not (size > 0).all():
        raise NotConvergedError(_REPEATED)
    if np.linalg.eigvalsh(information / np.outer(size, size)).min(initial=1.0) < _SINGULAR:
        raise NotConvergedError(_REPEATED)


def _information(design: Design, curvature: Vector) -> Matrix:
    return (design.T @ design.multiply(curvature[:, None])).toarray()


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
        raise NotConvergedError(_DECIDED) from error


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
    stops = np.append(starts, len(cluster))[1:]
    adjusted = np.empty_like(residual)
    single = starts[stops - starts == 1]
    rows: Design = design[single]
    leverage = np.asarray(rows.multiply(rows @ inverse).sum(axis=1)).ravel()
    left = 1 - curvature[single] * leverage
    _check_spared(left)
    adjusted[single] = residual[single] / left
    root = np.sqrt(np.maximum(curvature, 1e-300))  # over 0, because it divides below
    for start, stop in zip(starts, stops, strict=True):
        if stop - start > 1:
            rows = design[start:stop].multiply(root[start:stop, None]).toarray()
            own = np.eye(stop - start) - rows @ inverse @ rows.T
            adjusted[start:stop] = _solved_if_spared(own, residual[start:stop] / root[start:stop]) * root[start:stop]
    return adjusted


def _solved_if_spared(own: Matrix, right: Vector) -> Vector:
    from scipy.linalg import cho_solve

    try:
        factor = np.linalg.cholesky(own)
    except np.linalg.LinAlgError as error:
        raise NotConvergedError(_ONE_CLUSTER) from error
    _check_spared(np.diag(factor).astype(np.float64) ** 2)
    return cho_solve((factor, True), right)


def _check_spared(left: Vector) -> None:
    """What is left of the information without one cluster; ratings always keep their imaginary questions."""
    if left.min(initial=1.0) < _SPARED:
        raise NotConvergedError(_ONE_CLUSTER)
