"""How a board is fitted: what a person can set."""

from dataclasses import asdict, replace

import pytest

from benchbuilder.rating.options import RatingSettings


def test_the_defaults_are_what_the_board_promises() -> None:
    """Frozen boards of another release are read against these, so that a change here is a change of what they mean."""
    assert asdict(RatingSettings()) == {
        "strong_weight": 3.0,
        "confidence": 0.95,
        "min_share_readable": 0.99,
        "cluster": "question",
        "method": "questions",
        "count_rounds": None,
        "percentiles": None,
        "seed": 0,
        "styles": (),
        "ensemble": "each",
    }


@pytest.mark.parametrize(
    "told",
    [
        {"strong_weight": 0.5},
        {"strong_weight": 1e6},
        {"confidence": 0.5},
        {"min_share_readable": 0.0},
        {"min_share_readable": 1.0},
        {"cluster": "topic"},
        {"method": "bootstrap"},
        {"method": "glm"},
        {"method": "rows"},
        {"count_rounds": 1},
        {"percentiles": (0.0, 100.0)},
        {"percentiles": (5, 95)},
        {"seed": 2**40},
        {"styles": ("length",)},
        {"styles": ("markdown", "length")},
        {"ensemble": "median"},
    ],
)
def test_what_can_be_set(told: dict[str, object]) -> None:
    """Every value at the edge of what is allowed, and every word."""
    chosen = RatingSettings(**told)  # pyright: ignore[reportArgumentType]
    assert asdict(chosen) == asdict(RatingSettings()) | told
    assert replace(chosen, seed=3).seed == 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"strong_weight": -3.0}, "strong_weight must be a number over 0, not -3.0"),
        ({"strong_weight": float("inf")}, "strong_weight must be a number over 0, not inf"),
        ({"confidence": 0.0}, "confidence must lie between 0 and 1, not 0.0"),
        ({"confidence": 1.0}, "confidence must lie between 0 and 1, not 1.0"),
        ({"confidence": float("nan")}, "confidence must lie between 0 and 1, not nan"),
        ({"min_share_readable": -0.1}, "min_share_readable must lie between 0 and 1, not -0.1"),
        ({"min_share_readable": float("nan")}, "min_share_readable must lie between 0 and 1, not nan"),
        ({"method": "row"}, "method must be one of questions, bootstrap, glm, rows, not 'row'"),
        ({"count_rounds": 0}, "count_rounds must be 1 or more, not 0"),
        ({"percentiles": (95, 5)}, r"percentiles must rise between 0 and 100, not \(95, 5\)"),
        ({"percentiles": (5, 5)}, "percentiles must rise between 0 and 100"),
        ({"percentiles": (-1, 95)}, "percentiles must rise between 0 and 100"),
        ({"percentiles": (5, 100.1)}, "percentiles must rise between 0 and 100"),
        ({"percentiles": (float("nan"), 95)}, "percentiles must rise between 0 and 100"),
        ({"seed": -1}, "seed must be 0 or more, not -1"),
        ({"styles": ("length", "bold")}, "styles must be one of length, markdown, not 'bold'"),
        ({"ensemble": "mean"}, "ensemble must be one of each, median, not 'mean'"),
        ({"cluster": "x" * 1000}, f"cluster must be one of question, topic, not '{'x' * 80}'$"),
    ],
)
def test_wrong_settings_are_named(wrong: dict[str, object], message: str) -> None:
    """The message says which, what is allowed, and what stood there, cut to 80 characters."""
    with pytest.raises(ValueError, match=message):
        RatingSettings(**wrong)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("told", "bounds"),
    [
        ({}, (2.5, 97.5)),
        ({"confidence": 0.9}, (5, 95)),
        ({"percentiles": (5, 95)}, (5, 95)),
        ({"percentiles": (1, 80), "confidence": 0.5}, (1, 80)),
        ({"percentiles": (0, 50)}, (0, 50)),
    ],
)
def test_the_percentiles_that_are_taken(told: dict[str, object], bounds: tuple[float, float]) -> None:
    """Those that are set, else what the confidence leaves out, half on each side."""
    assert RatingSettings(**told).bounds == pytest.approx(bounds)  # pyright: ignore[reportArgumentType]
