"""Headlines say what the board says."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from benchbuilder.report.findings import Finding, board_finding
from benchbuilder.report.wording import short_names

Row = Callable[..., dict[str, Any]]
Board = Callable[..., pl.DataFrame]


@pytest.fixture
def find(make_board: Board) -> Callable[..., tuple[str, str]]:
    """Title and summary of a board of these rows, as plain text."""

    def plain(*rows: dict[str, Any], count_questions: int = 500) -> tuple[str, str]:
        board = make_board(*rows)
        finding: Finding = board_finding(board, short_names(board["model"].to_list()), count_questions)
        return finding.title.striptags(), finding.summary.striptags().replace("\u00a0", " ").replace("\u2013", "-")

    return plain


def test_one_leads(find: Callable[..., tuple[str, str]], make_row: Row, make_baseline: Row) -> None:
    """The only model whose best rank is 1, separated from all others."""
    title, summary = find(make_row("alpha", 0.8, (1, 1)), make_row("beta", 0.6, (2, 2)), make_baseline((3, 3)))
    assert title == "alpha leads"
    assert summary == "It wins 80.0 % against the-baseline on 500 questions; it is separated from all 2 others."


def test_one_leads_but_not_everyone(find: Callable[..., tuple[str, str]], make_row: Row, make_baseline: Row) -> None:
    """Nobody else may be first, yet not all are separated from it: the sentence says how many."""
    _, summary = find(make_row("alpha", 0.8, (1, 2)), make_row("beta", 0.6, (2, 2)), make_baseline((3, 3)))
    assert summary.endswith("1 other cannot be told apart from it.")


def test_nobody_beats_the_baseline(find: Callable[..., tuple[str, str]], make_row: Row, make_baseline: Row) -> None:
    """The baseline is on the board and may lead it."""
    title, summary = find(make_baseline((1, 1)), make_row("alpha", 0.4, (2, 3)), make_row("beta", 0.3, (2, 3)))
    assert title == "Nobody beats the baseline: the-baseline leads"
    assert summary == "No model is separated above it on 500 questions; it is separated from all 2 others."


def test_two_share_the_lead(find: Callable[..., tuple[str, str]], make_row: Row, make_baseline: Row) -> None:
    """Both are named."""
    title, summary = find(make_row("alpha", 0.7, (1, 2)), make_row("beta", 0.69, (1, 2)), make_baseline((3, 3)))
    assert title == "Two models share the lead"
    assert summary == (
        "alpha has the highest win rate, 70.0 % against the-baseline, but beta may be first too on these 500 questions."
    )


def test_many_share_the_lead(find: Callable[..., tuple[str, str]], make_row: Row, make_baseline: Row) -> None:
    """Counted, the baseline said to be among them."""
    rows = [make_row("alpha", 0.6, (1, 3)), make_row("beta", 0.55, (1, 3)), make_baseline((1, 3))]
    title, summary = find(*rows, make_row("gamma", 0.1, (4, 4)))
    assert title == "No single winner: 3 models share the lead"
    assert "but 2 others, the baseline among them, may be first too" in summary


def test_nobody_leads(find: Callable[..., tuple[str, str]], make_row: Row, make_baseline: Row) -> None:
    """When all best ranks are 1, no pair is separated."""
    title, _ = find(make_row("alpha", 0.55, (1, 3)), make_row("beta", 0.52, (1, 3)), make_baseline((1, 3)))
    assert title == "Nobody leads: no two models can be told apart"


@pytest.mark.parametrize(
    ("ranks", "baseline_ranks", "words"),
    [
        ((1, 1), (2, 2), "is ahead of the baseline"),
        ((2, 2), (1, 1), "is behind the baseline"),
        ((1, 2), (1, 2), "cannot be told apart from the baseline"),
    ],
)
def test_one_model_is_compared_with_the_baseline(
    ranks: tuple[int, int],
    baseline_ranks: tuple[int, int],
    words: str,
    find: Callable[..., tuple[str, str]],
    make_row: Row,
    make_baseline: Row,
) -> None:
    """A board of one has no leader, it has a verdict."""
    title, summary = find(make_row("alpha", 0.6, ranks), make_baseline(baseline_ranks), count_questions=12)
    assert title == f"alpha {words}"
    assert summary == "It wins 60.0 % (56.0-64.0) against the-baseline on 12 questions."


def test_models_that_are_not_ranked_do_not_lead(
    find: Callable[..., tuple[str, str]], make_row: Row, make_baseline: Row
) -> None:
    """958 of 1,000 unread: a high score there is no lead."""
    mute = make_row("mute", 0.99, None, reason="not ranked: 4 % read")
    title, _ = find(make_row("alpha", 0.7, (1, 1)), make_row("beta", 0.6, (2, 2)), make_baseline((3, 3)), mute)
    assert title == "alpha leads"
    assert find(mute)[0] == "No model is ranked"


def test_names_in_headlines_are_escaped(make_board: Board, make_row: Row, make_baseline: Row) -> None:
    """A model called like a tag stays text, and keeps its direction to itself."""
    board = make_board(make_row("<img src=x onerror=alert(1)>", 0.8, (1, 1)), make_baseline((2, 2)))
    finding = board_finding(board, short_names(board["model"].to_list()), 3)
    assert str(finding.title).startswith('<bdi dir="auto">&lt;img src=x')
