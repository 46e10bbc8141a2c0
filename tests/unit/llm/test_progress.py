"""How far traffic has come, in words."""

import pytest

from benchbuilder.llm.progress import Progress


def test_nobody_knows_of_how_many_or_how_long_at_first() -> None:
    """Nothing is claimed before there is anything to claim it from."""
    assert (Progress("ask", None).share_done, Progress("ask", 10).seconds_left) == (None, None)


def test_what_was_paid_before_says_nothing_of_the_pace() -> None:
    """2,000 paid in a moment and ten calls since: the other ninety will take nine times as long as these."""
    progress = Progress("ask", 2_100)
    progress.count_paid = progress.count_done = 2_000
    assert progress.seconds_left is None
    progress.count_done += 10
    progress.states["ok"] += 10
    elapsed = 10 / progress.calls_per_second
    assert progress.seconds_left == pytest.approx(9 * elapsed, rel=0.5)
    assert progress.share_done == pytest.approx(2_010 / 2_100)


def test_it_is_one_line() -> None:
    """Failures and spend are named where there are any."""
    progress = Progress("judge", 1_200, 100)
    progress.states.update({"ok": 20, "api_error": 3})
    progress.count_done += 20
    progress.cost_usd = 0.12
    assert str(progress).startswith("judge: 120 of 1,200 done, ")
    assert ", 3 api_error, 0.1200 USD, " in str(progress)
