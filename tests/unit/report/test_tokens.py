"""Colours can be read, in light and dark: contrast as WCAG 2.2 defines it, computed from the tokens."""

import re
from importlib.resources import files

import pytest

CSS = files("benchbuilder.report").joinpath("assets", "report.css").read_text()
TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", CSS)
}
TEXT = [(ink, ground) for ink in ("ink", "ink-2", "ink-3", "accent", "win", "loss") for ground in ("bg", "surface")]
MARKS = [("win-2", "bg"), ("win-2", "surface"), ("accent", "bg"), ("dot", "surface"), ("accent", "surface")]


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), [*TEXT, ("warn", "warn-bg")])
def test_text_can_be_read(ink: str, ground: str, theme: int) -> None:
    """Every ink on every ground it stands on: at least 4.5."""
    assert contrast(TOKENS[ink][theme], TOKENS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), MARKS)
def test_marks_can_be_seen(mark: str, ground: str, theme: int) -> None:
    """Points, intervals and dots stand alone: at least 3."""
    assert contrast(TOKENS[mark][theme], TOKENS[ground][theme]) >= 3


def test_every_colour_is_a_token() -> None:
    """So that nothing escapes the computation above, and dark is never forgotten."""
    rules = CSS[CSS.index("}") :]
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", rules)
    assert set(re.findall(r"var\(--([\w-]+)\)", CSS)) <= {*TOKENS, "sans", "mono"}


def test_the_style_loads_nothing() -> None:
    """No import and no address."""
    assert "url(" not in CSS
    assert "@import" not in CSS
