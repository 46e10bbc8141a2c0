"""benchbuilder.rating.joining: which models of two boards are the same."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.rating.joining import JOINED_COLUMNS, join_boards


def board_of(*models: str) -> pl.DataFrame:
    """A board whose scores count its rows, so that each row can be told."""
    numbers = {name: pl.int_range(1, len(models) + 1, eager=True) for name in ("score", "lower", "upper", "mean")}
    return pl.DataFrame({"model": pl.Series(models, dtype=pl.String)}).with_columns(**numbers, variance=pl.lit(1))


def pairs_of(board: pl.DataFrame, people: pl.DataFrame, names: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """Names on both boards, in the order of the result."""
    return join_boards(board, people, names).select("model", "model_people").rows()


def test_without_a_map_equal_names_join_whatever_their_case() -> None:
    """Each board keeps its spelling, rows their numbers, and the board its order."""
    joined = join_boards(board_of("Yi-34B", "gpt-4", "x"), board_of("GPT-4", "yi-34b", "y"))
    assert joined.columns == list(JOINED_COLUMNS)
    assert joined.select("model", "model_people", "score", "score_people").rows() == [
        ("Yi-34B", "yi-34b", 1, 2),
        ("gpt-4", "GPT-4", 2, 1),
    ]


@pytest.mark.parametrize("is_turned", [False, True])
def test_a_map_runs_in_either_direction(is_turned: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """People → board or board → people, casefolded; what it does not list is not joined, even under one name."""
    names = {"gemini-pro": "Gemini-1.0-Pro", "Same": "same", "gone": "away"}
    if is_turned:
        names = {value: key for key, value in names.items()}
    board, people = board_of("gemini-1.0-pro", "same", "unlisted"), board_of("unlisted", "Same", "gemini-pro")
    assert pairs_of(board, people, names) == [("gemini-1.0-pro", "gemini-pro"), ("same", "Same")]


def test_a_map_of_entries_in_both_directions() -> None:
    """Each entry is used the way it fits."""
    names = {"a-people": "a-board", "b-board": "b-people"}
    assert pairs_of(board_of("a-board", "b-board"), board_of("b-people", "a-people"), names) == [
        ("a-board", "a-people"),
        ("b-board", "b-people"),
    ]


def test_an_entry_that_fits_both_ways_goes_the_way_of_the_others() -> None:
    """Both boards know both names: the map's other entries say which way it runs."""
    names = {"pro": "pro-1", "chat": "chat-hf"}
    board, people = board_of("pro", "pro-1", "chat-hf"), board_of("pro", "pro-1", "chat")
    assert pairs_of(board, people, names) == [("pro-1", "pro"), ("chat-hf", "chat")]
    with pytest.raises(ValueError, match="which way it runs: both boards know both names of pro → pro-1"):
        join_boards(board, people, {"pro": "pro-1"})


def test_nothing_shared_is_an_empty_frame() -> None:
    """With and without a map."""
    for names in (None, {}, {"a": "z"}):
        joined = join_boards(board_of("a"), board_of("b"), names)
        assert (joined.height, joined.columns) == (0, list(JOINED_COLUMNS))
    assert join_boards(board_of(), board_of()).height == 0


def test_two_models_onto_one_is_an_error_that_names_them() -> None:
    """By two entries of the map, by two spellings, by a row that stands twice; not where nobody joins them."""
    with pytest.raises(ValueError, match="x would be joined with 2 models: a, b"):
        join_boards(board_of("x"), board_of("a", "b"), {"a": "x", "b": "x"})
    with pytest.raises(ValueError, match="x would be joined with 2 models: a, b"):
        join_boards(board_of("a", "b"), board_of("x"), {"a": "x", "x": "b"})
    with pytest.raises(ValueError, match="2 models of the board would be joined onto one: GPT, gpt"):
        join_boards(board_of("GPT", "gpt"), board_of("gpt"))
    with pytest.raises(ValueError, match="2 models of the people's board would be joined onto one: m, m"):
        join_boards(board_of("m"), board_of("m", "m"))
    assert pairs_of(board_of("GPT", "gpt", "m"), board_of("m")) == [("m", "m")]


def test_a_name_in_a_message_is_short_and_on_one_line() -> None:
    """It comes from a file of somebody else."""
    with pytest.raises(ValueError, match=r"^x would be joined with 2 models: \\x1b\[2j, y+…y+$") as caught:
        join_boards(board_of("x"), board_of("\x1b[2J", "y" * 500), {"\x1b[2J": "x", "y" * 500: "x"})
    assert len(str(caught.value)) < 200


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abcd"), st.sampled_from("wxyz"), min_size=1))
def test_turning_the_map_around_changes_nothing(names: dict[str, str]) -> None:
    """A map and its inverse join the same models, or are ambiguous alike."""
    board, people = board_of(*"abcd"), board_of(*"wxyz")
    if len(set(names.values())) == len(names):
        turned = {value: key for key, value in names.items()}
        assert pairs_of(board, people, names) == pairs_of(board, people, turned) == sorted(names.items())
    else:
        with pytest.raises(ValueError, match="would be joined with"):
            join_boards(board, people, names)
