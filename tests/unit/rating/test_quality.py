"""benchbuilder.rating.quality: one small case worked by hand, and what must hold for every case.

The case, four models; d is the board's baseline, a point that lies inside the interval of c:

    board   score  interval   mean  variance      people  rating  interval
    a       80     74 to 86   80    9             a       1200    1140 to 1260
    b       70     62 to 78   70    16            b       1100    1090 to 1110
    c       60     54 to 66   60    9             c       1150    1145 to 1155
    d       56     56 to 56   56    0             d       1130    1120 to 1140

    pair  people      board                    paper  blog  notebook  P(first wins)       outcome
    a b   a > b       overlap (74 < 78)         0      0     ½        Φ(10/√25) = .9772   1
    a c   overlap     a > c                     0      -     -        Φ(20/√18) = 1.0000  1
    a d   a > d (1)   a > d                    +1     +1     1        Φ(24/√9)  = 1.0000  1
    b c   c > b       overlap (62 < 66)         0      0     ½        Φ(10/√25) = .9772   0
    b d   d > b       b > d                    -1     -1     0        Φ(14/√16) = .9998   0
    c d   c > d       c > d (2)                +1     +1     1        Φ(4/√9)   = .9088   1
                                        sum     1      1     3        over 6, 5 and 5 pairs

    (1) 1140 is not under 1140: intervals that touch do not overlap.
    (2) Where agreement is meant, max(lower) = 56 is not under min(upper) = 56: a point overlaps nothing. Where
        separability is meant, 56 is under 66, the upper end of the interval that begins first: they overlap.

    separability: a b, b c and c d overlap, so 3/6.
    Spearman: ranks 1 2 3 4 against 1 4 2 3, 1 - 6·(4 + 1 + 1)/(4·15) = .4. Kendall: b c and b d are turned, (4 - 2)/6.
    Brier: (.0228² + 0 + 0 + .9772² + .9998² + .0912²)/6 = .3272.
"""

from collections.abc import Callable
from random import Random
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.rating.joining import BOARD_COLUMNS, join_boards
from benchbuilder.rating.quality import (
    Quality,
    agreement_blog,
    agreement_notebook,
    agreement_paper,
    kendall,
    measure_quality,
    pair_rank_brier,
    separability,
    spearman,
)

Line = tuple[str, float | None, float | None, float | None, float | None, float | None]


def board_of(*lines: Line) -> pl.DataFrame:
    """A board from its rows."""
    return pl.DataFrame(lines, schema={"model": pl.String} | dict.fromkeys(BOARD_COLUMNS[1:], pl.Float64), orient="row")


BOARD = board_of(
    ("a", 80, 74, 86, 80, 9),
    ("b", 70, 62, 78, 70, 16),
    ("c", 60, 54, 66, 60, 9),
    ("d", 56, 56, 56, 56, 0),
)
PEOPLE = board_of(
    ("a", 1200, 1140, 1260, 1200, 1),
    ("b", 1100, 1090, 1110, 1100, 1),
    ("c", 1150, 1145, 1155, 1150, 1),
    ("d", 1130, 1120, 1140, 1130, 1),
)


@st.composite
def boards(draw: st.DrawFn, names: str = "abcdef") -> pl.DataFrame:
    """Some of the models, with whole numbers so that no rounding decides; points and touching intervals are common."""
    lines = []
    for name in draw(st.lists(st.sampled_from(names), min_size=2, unique=True)):
        score = draw(st.integers(-20, 20))
        lower, upper = score - draw(st.integers(0, 6)), score + draw(st.integers(0, 6))
        lines.append((name, score, lower, upper, score + draw(st.integers(-1, 1)), draw(st.integers(0, 9))))
    return board_of(*lines)


def same(one: Quality, other: Quality) -> bool:
    """Equal but for the rounding of sums."""
    return one == pytest.approx(other, abs=1e-12)


def test_the_case_worked_by_hand() -> None:
    """Every metric, see the table above."""
    quality = measure_quality(BOARD, PEOPLE)
    phi = NormalDist().cdf
    brier = sum(miss**2 for miss in (1 - phi(2), 1 - phi(20 / 18**0.5), 1 - phi(8), phi(2), phi(3.5), 1 - phi(4 / 3)))
    assert quality == pytest.approx(
        Quality(
            separability=3 / 6,
            agreement_paper=1 / 6,
            agreement_blog=1 / 5,
            agreement_notebook=3 / 5,
            spearman=0.4,
            kendall=2 / 6,
            brier=brier / 6,
            count_models=4,
            count_pairs=6,
        )
    )
    assert quality.brier == pytest.approx(0.3272, abs=5e-5)


def test_each_metric_is_a_function_of_the_joined_boards() -> None:
    """What measure_quality reports is what the public functions return."""
    joined = join_boards(BOARD, PEOPLE)
    metrics: list[Callable[[pl.DataFrame], float | None]] = [
        *(separability, agreement_paper, agreement_blog, agreement_notebook, spearman, kendall, pair_rank_brier)
    ]
    assert [metric(joined) for metric in metrics] == list(measure_quality(BOARD, PEOPLE)[:7])


def test_without_people_only_separability_is_known() -> None:
    """It is over all models of the board."""
    assert measure_quality(BOARD, None) == Quality(0.5, None, None, None, None, None, None, 4, 6)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_shared_models(count: int) -> None:
    """No pair, no metric, no error."""
    nothing = Quality(None, None, None, None, None, None, None, count, 0)
    assert measure_quality(BOARD.head(count), PEOPLE) == nothing
    assert measure_quality(BOARD, PEOPLE.head(count)) == nothing
    assert measure_quality(BOARD.head(count), None) == nothing
    assert measure_quality(BOARD.head(count), PEOPLE.with_columns(model=pl.col("model") + "?")).count_models == 0


def test_two_models() -> None:
    """One pair is enough for all of them."""
    quality = measure_quality(BOARD.gather([0, 3]), PEOPLE)
    assert quality[:6] == pytest.approx((1, 1, 1, 1, 1, 1))
    assert quality[7:] == (2, 1)


def test_a_model_that_only_one_board_knows_changes_nothing() -> None:
    """Separability too is over the shared models."""
    more = pl.concat([BOARD, board_of(("e", 1, 0, 2, 1, 1))])
    assert measure_quality(more, pl.concat([PEOPLE, board_of(("f", 9, 0, 2000, 9, 9))])) == measure_quality(
        BOARD, PEOPLE
    )


def test_a_model_without_a_score_takes_no_part() -> None:
    """Nothing could be read of it, so there is nothing to compare; a score that is no number is none."""
    for score in (None, float("nan"), float("inf")):
        assert measure_quality(pl.concat([BOARD, board_of(("e", score, 0, 1, None, None))]), None) == measure_quality(
            BOARD, None
        )


def test_what_needs_intervals_or_variances_is_none_without_them() -> None:
    """The rank correlations need neither, Brier no interval."""
    bare = BOARD.with_columns(lower=None, upper=None)
    quality = measure_quality(bare, PEOPLE)
    assert quality[:4] == (None, None, None, None)
    assert quality[4:] == measure_quality(BOARD, PEOPLE)[4:]
    assert measure_quality(bare.with_columns(variance=None), PEOPLE).brier is None
    of_people = measure_quality(BOARD, PEOPLE.with_columns(upper=None))
    assert of_people[:4] == (0.5, None, None, None)
    one_lacks_it = BOARD.with_columns(lower=pl.when(pl.col("model") != "b").then("lower"))
    assert measure_quality(one_lacks_it, PEOPLE).separability is None


def test_people_who_separate_nothing() -> None:
    """There is no pair to agree on; over all pairs that is 0."""
    quality = measure_quality(BOARD, PEOPLE.with_columns(lower=pl.lit(0), upper=pl.lit(9999)))
    assert (quality.agreement_paper, quality.agreement_blog, quality.agreement_notebook) == (0, None, None)


def test_scores_that_are_all_equal_have_no_rank_correlation() -> None:
    """Neither a warning nor a number; Brier says ½ for two equal models without variance."""
    flat = BOARD.with_columns(score=pl.lit(1.0), mean=pl.lit(1.0), variance=pl.lit(0.0))
    quality = measure_quality(flat, PEOPLE)
    assert (quality.spearman, quality.kendall, quality.brier) == (None, None, 0.25)
    assert measure_quality(BOARD, PEOPLE.with_columns(score=pl.lit(1.0))).kendall is None


def test_intervals_that_begin_together_overlap() -> None:
    """In either order, also two equal points: what is equal is not separated."""
    point, wide = ("a", 5, 5, 5, 5, 0), ("b", 6, 5, 7, 6, 1)
    assert separability(board_of(point, wide)) == separability(board_of(wide, point)) == 0
    assert separability(board_of(point, ("b", 5, 5, 5, 5, 0))) == 0
    assert separability(board_of(point, ("b", 4, 3, 5, 4, 1))) == 1


def test_a_missing_column_is_named() -> None:
    """On either side."""
    with pytest.raises(ValueError, match="no column variance"):
        measure_quality(BOARD.drop("variance"), PEOPLE)
    with pytest.raises(ValueError, match="no column upper"):
        measure_quality(BOARD, PEOPLE.select("model", "score", "lower"))


@settings(deadline=None)
@given(boards(), boards(), st.integers(-4, 4), st.integers(-1000, 1000))
def test_the_scale_does_not_matter(board: pl.DataFrame, people: pl.DataFrame, power: int, shift: int) -> None:
    """Share, percent and Elo give the same; powers of two, so that scaling itself rounds nothing."""
    factor = 2.0**power
    moved = [pl.col(name) * factor + shift for name in ("score", "lower", "upper", "mean")]
    scaled = board.with_columns(*moved, pl.col("variance") * factor**2)
    assert same(measure_quality(scaled, people), measure_quality(board, people))
    assert same(measure_quality(board, people.with_columns(*moved)), measure_quality(board, people))


@settings(deadline=None)
@given(boards(), boards(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(board: pl.DataFrame, people: pl.DataFrame, random: Random) -> None:
    """Of neither board."""
    shuffled = [frame.gather(random.sample(range(frame.height), frame.height)) for frame in (board, people)]
    assert same(measure_quality(shuffled[0], shuffled[1]), measure_quality(board, people))


@settings(deadline=None)
@given(boards(), boards())
def test_how_the_three_agreements_hang_together(board: pl.DataFrame, people: pl.DataFrame) -> None:
    """The paper's is the blog's times the share of pairs that people separate; the notebook's is (1 + the blog's) / 2.

    The latter only where no two models have the same score: a pair in no order gets 0 from both.
    """
    joined = join_boards(board, people)
    paper, blog, notebook = agreement_paper(joined), agreement_blog(joined), agreement_notebook(joined)
    if paper is None or blog is None or notebook is None:
        assert paper in {None, 0}
        return
    count_separated = _count_separated_by_people(joined)
    assert paper * joined.height * (joined.height - 1) / 2 == pytest.approx(blog * count_separated)
    if joined["score"].n_unique() == joined["score_people"].n_unique() == joined.height:
        assert notebook == pytest.approx((1 + blog) / 2)
    assert abs(paper) <= abs(blog) <= 1
    assert 0 <= notebook <= (1 + blog) / 2 + 1e-12


def _count_separated_by_people(joined: pl.DataFrame) -> int:
    ends = joined.select("lower_people", "upper_people").rows()
    pairs = [(one, other) for place, one in enumerate(ends) for other in ends[:place]]
    return sum(max(one[0], other[0]) >= min(one[1], other[1]) for one, other in pairs)


@settings(deadline=None)
@given(boards(), boards())
def test_the_paper_treats_both_boards_alike(board: pl.DataFrame, people: pl.DataFrame) -> None:
    """So do the rank correlations; the other metrics ask how well one board predicts the other."""
    there, back = measure_quality(board, people), measure_quality(people, board)
    assert (there.agreement_paper, there.spearman, there.kendall) == pytest.approx(
        (back.agreement_paper, back.spearman, back.kendall)
    )


@settings(deadline=None)
@given(boards())
def test_a_board_agrees_with_itself(board: pl.DataFrame) -> None:
    """As far as it separates; and turned upside down it disagrees as far."""
    mirrored = board.with_columns(score=-pl.col("score"), lower=-pl.col("upper"), upper=-pl.col("lower"))
    itself, against = measure_quality(board, board), measure_quality(board, mirrored)
    if board["score"].n_unique() == board.height:
        assert (itself.spearman, itself.kendall) == pytest.approx((1, 1))
        assert (against.spearman, against.kendall) == pytest.approx((-1, -1))
        assert itself.agreement_blog in {None, 1}
        assert against.agreement_blog in {None, -1}
        assert against.agreement_notebook in {None, 0}
    assert itself.agreement_paper == pytest.approx(-(against.agreement_paper or 0))


@settings(deadline=None)
@given(boards(), boards())
def test_equal_to_the_definitions_pair_by_pair(board: pl.DataFrame, people: pl.DataFrame) -> None:
    """A slow second way, in plain Python."""
    joined = join_boards(board, people)
    rows = joined.rows(named=True)
    pairs = [(one, other) for place, one in enumerate(rows) for other in rows[:place]]
    if not pairs:
        return
    count_overlaps = 0
    for pair in pairs:
        first, second = sorted(pair, key=lambda row: (row["lower"], -row["upper"]))
        count_overlaps += second["lower"] < first["upper"] or second["lower"] == first["lower"]
    assert separability(joined) == pytest.approx(1 - count_overlaps / len(pairs))
    assert pair_rank_brier(joined) == pytest.approx(sum(_miss(*pair) ** 2 for pair in pairs) / len(pairs))


def _miss(one: dict[str, float], other: dict[str, float]) -> float:
    spread = (one["variance"] + other["variance"]) ** 0.5
    lead = one["mean"] - other["mean"]
    chance = NormalDist().cdf(lead / spread) if spread else 0.5 * ((lead > 0) - (lead < 0) + 1)
    gap = one["score_people"] - other["score_people"]
    return chance - 0.5 * ((gap > 0) - (gap < 0) + 1)


def test_a_hundred_models_are_nothing() -> None:
    """4,950 pairs at once, and a board that predicts people well is near the best score."""
    random = np.random.default_rng(1)
    truth = np.sort(random.normal(size=100))
    lines = [(f"m{place}", value, value - 0.1, value + 0.1, value, 0.0025) for place, value in enumerate(truth)]
    quality = measure_quality(board_of(*lines), board_of(*lines))
    assert quality.count_pairs == 4950
    assert quality.brier is not None
    assert quality.brier < 0.01
