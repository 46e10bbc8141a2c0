"""Numbers and names as printed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.report.wording import (
    WIDTH_NAME,
    WIDTH_TITLE,
    excerpt,
    interval,
    isolated,
    percent,
    percent_range,
    plural,
    points,
    short_names,
    words_of,
)

SHARES = st.floats(0, 1)


@given(SHARES, st.integers(0, 2))
def test_only_all_and_nothing_print_as_such(share: float, decimals: int) -> None:
    """99.96 % never reads as 100 % and a trace never as 0 %."""
    printed = float(points(share, decimals))
    assert (printed == 100) == (share == 1)
    assert (printed == 0) == (share == 0)


@given(SHARES)
def test_points_are_near_what_they_print(share: float) -> None:
    """A printed percent is at most a whole step away from the share."""
    assert abs(float(points(share, 1)) - 100 * share) <= 0.1


def test_nothing_prints_as_a_dash() -> None:
    """A missing number is never a zero."""
    assert percent(None) == percent_range([None]) == interval(None, 0.5) == "\u2013"


def test_several_judges_print_as_a_range() -> None:
    """One figure where they agree, both ends where they differ."""
    assert percent_range([0.59, 0.59]) == "59\u00a0%"
    assert percent_range([0.61, None, 0.55]) == "55\u201361\u00a0%"


def test_plural_follows_the_count() -> None:
    """One model, but 1,000 models."""
    assert (plural(1, "model"), plural(1000, "model"), plural(2, "other", "others")) == (
        "1 model",
        "1,000 models",
        "2 others",
    )


@given(st.lists(st.text(max_size=120), unique=True, max_size=20))
def test_short_names_never_read_the_same(names: list[str]) -> None:
    """Whatever the names are: one text each, all different, all printable."""
    short = short_names(names)
    assert set(short) == set(names)
    assert len(set(short.values())) == len(names)
    assert all(text.isprintable() for text in short.values())


def test_names_with_equal_ends_stay_apart() -> None:
    """79 characters that differ only in the middle are cut later than others, until they differ."""
    names = ["ta_llama3_instruct_" + "x" * 20 + middle + "y" * 20 + "_debug_v1_1500" for middle in ("aaa", "bbb")]
    short = short_names([*names, "another_model_with_quite_a_long_name_of_its_own"])
    assert len(set(short.values())) == 3
    assert len(short["another_model_with_quite_a_long_name_of_its_own"]) == WIDTH_NAME


def test_names_that_differ_only_far_out_get_a_number() -> None:
    """Names of 100 kB that differ in one letter in the middle do not make the page 100 kB wide."""
    names = ["a" * 50_000 + letter + "a" * 50_000 for letter in "bc"]
    short = short_names(names)
    assert len(set(short.values())) == 2
    assert max(map(len, short.values())) <= WIDTH_TITLE + 10


@pytest.mark.parametrize("name", ["<b>&", '"quoted"', "a\u202eb", "x" * 300])
def test_isolated_names_are_escaped(name: str) -> None:
    """A name cannot leave its element, its attribute, or its direction."""
    markup = str(isolated("short", name))
    assert markup.startswith('<bdi dir="auto" title="')
    assert markup.count("<") == markup.count(">") == 2
    assert markup.count('"') == 4
    assert "\u202e" not in markup


def test_excerpts_are_one_short_line() -> None:
    """Crowd text in a title: white space collapsed, what does not print escaped, cut in the middle."""
    text = excerpt("line\n\n  two \u202e" + "x" * 100_000)
    assert text.startswith("line two \\u202e")
    assert len(text) == 160
    assert excerpt(None) == ""


def test_codes_become_words() -> None:
    """Reasons are stored with underscores and printed with spaces."""
    assert words_of("near_duplicate") == "near duplicate"
