"""Where things stand in a drawing, in percent of its width: pure geometry, no statistics.

Percent, because an SVG without a viewBox stretches with the page while letters, points and lines keep their size.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_STEPS = (2, 5, 10, 20, 50)  # percent
MAX_TICKS = 8
BASELINE = 0.5


class Tick(NamedTuple):
    """A line of the axis: where, and what it says."""

    at: str
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """A shared axis of win rates.

    Attributes:
        low: the share at 0 % of the width.
        high: the share at 100 % of the width.
        ticks: its lines, in order.
    """

    low: float
    high: float
    ticks: tuple[Tick, ...]

    def at(self, share: float) -> str:
        """Percent of the width, three decimals: a hundredth of a pixel."""
        return place((share - self.low) / (self.high - self.low))


def place(part: float) -> str:
    """A part of the width as SVG percent."""
    return f"{100 * part:.3f}%"


def fit_axis(shares: Iterable[float | None]) -> Axis:
    """The narrowest axis on round numbers that shows all shares and the baseline at ½."""
    known = [share for share in shares if share is not None and math.isfinite(share)]
    lowest, highest = min([*known, BASELINE]), max([*known, BASELINE])
    steps = (_steps_around(100 * lowest, 100 * highest, step) for step in _STEPS)
    marks = next(found for found in steps if len(found) <= MAX_TICKS)
    low, high = marks[0], marks[-1]
    return Axis(low / 100, high / 100, tuple(Tick(place((mark - low) / (high - low)), str(mark)) for mark in marks))


def _steps_around(lowest: float, highest: float, step: int) -> range:
    """Multiples of `step` that enclose both, at least two intervals of them; all in percent."""
    first, last = math.floor(lowest / step + 1e-9), math.ceil(highest / step - 1e-9)
    if last == first:
        first, last = first - 1, last + 1
    return range(first * step, last * step + 1, step)


class Bar(NamedTuple):
    """A bar from 0 with a first part that stands out."""

    length: str
    part: str


def bar(part: float, whole: float, longest: float) -> Bar:
    """`part` of `whole`, drawn on a scale on which `longest` fills the width."""
    scale = max(longest, 1e-12)
    return Bar(place(whole / scale), place(part / scale))


def width_of(text: str, letter_px: float) -> float:
    """About how wide a text is drawn; letters of East Asian scripts count double."""
    return sum(letter_px * (2 if ord(letter) > 0x2E80 else 1) for letter in text)  # noqa: PLR2004 - first CJK block


class Box(NamedTuple):
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, others: Sequence["Box"]) -> bool:
        """Whether it covers a part of any of the others."""
        return any(
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
            for other in others
        )
