"""Two boards → one frame of the models that stand on both, whatever each of them calls a model.

A board is a frame with the columns `BOARD_COLUMNS`: score and interval of each model, and mean and variance of its
bootstrap rounds.
"""

from collections import Counter
from collections.abc import Mapping

import polars as pl

from benchbuilder.rating.battles import check_columns
from benchbuilder.text import escape_for_message

BOARD_COLUMNS = ("model", "score", "lower", "upper", "mean", "variance")
PEOPLE_COLUMNS = ("model", "score", "lower", "upper")  # of the people's board nothing else is asked
JOINED_COLUMNS = (*BOARD_COLUMNS, "model_people", "score_people", "lower_people", "upper_people")

_Key = tuple[str, str]  # casefolded names: on the board, on the people's board


def join_boards(board: pl.DataFrame, people: pl.DataFrame, names: Mapping[str, str] | None = None) -> pl.DataFrame:
    """The models that stand on both boards, in the order of `board`.

    Names are compared casefolded. A row without a finite score takes no part.

    Args:
        board: columns `BOARD_COLUMNS`.
        people: model, score, lower, upper.
        names: from the names of one board to those of the other; which way it runs is seen from the names. Only what
            it lists is joined. None joins equal names.

    Returns:
        Columns `JOINED_COLUMNS`: `model` as the board spells it, `model_people` as people do.

    Raises:
        ValueError: a column is missing, two models would be joined onto one, or an entry of the map fits both ways.
    """
    check_columns(board, BOARD_COLUMNS)
    check_columns(people, PEOPLE_COLUMNS)
    board, people = finite_board(board, BOARD_COLUMNS), finite_board(people, PEOPLE_COLUMNS)
    of_board, of_people = board["model"].to_list(), people["model"].to_list()
    keys = _matching_keys({name.casefold() for name in of_board}, {name.casefold() for name in of_people}, names)
    key_of_board, key_of_people = dict(keys), {theirs: ours for ours, theirs in keys}
    ours = [(name, name.casefold()) for name in of_board if name.casefold() in key_of_board]
    theirs = [(name, key_of_people[name.casefold()]) for name in of_people if name.casefold() in key_of_people]
    _check_single(keys, ours, theirs)
    spelled_by_people = {key: name for name, key in theirs}
    spelled = {name: spelled_by_people[key] for name, key in ours if key in spelled_by_people}
    paired = pl.col("model").replace_strict(spelled, default=None, return_dtype=pl.String).alias("model_people")
    renamed = people.rename({name: f"{name}_people" for name in PEOPLE_COLUMNS})
    return board.with_columns(paired).join(renamed, on="model_people", maintain_order="left").select(JOINED_COLUMNS)


def finite_board(board: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """The rows with a finite score; of the other numbers, as floats, null where they are not finite."""
    numbers = [pl.col(name).cast(pl.Float64) for name in columns[1:]]
    finite = [pl.when(number.is_finite()).then(number) for number in numbers]
    return board.select(pl.col("model").cast(pl.String), *finite).drop_nulls("score")


def _matching_keys(of_board: set[str], of_people: set[str], names: Mapping[str, str] | None) -> set[_Key]:
    """Which casefolded names belong together; an entry of the map is used one way, that which more entries fit."""
    if names is None:
        return {(name, name) for name in of_board & of_people}
    entries = {(key.casefold(), value.casefold()) for key, value in names.items()}
    from_board = {entry for entry in entries if entry[0] in of_board and entry[1] in of_people}
    to_board = {entry for entry in entries if entry[1] in of_board and entry[0] in of_people}
    undecided = sorted(f"{_shown(key)} → {_shown(value)}" for key, value in from_board & to_board if key != value)
    if undecided and len(from_board) == len(to_board):
        raise ValueError(f"the map does not say which way it runs: both boards know both names of {undecided[0]}")
    if len(from_board) < len(to_board):
        from_board -= to_board
    else:
        to_board -= from_board
    return from_board | {(ours, theirs) for theirs, ours in to_board}


def _check_single(keys: set[_Key], ours: list[tuple[str, str]], theirs: list[tuple[str, str]]) -> None:
    """Raise where two models would be joined onto one: by two entries of the map, or by two spellings of a name."""
    for side, other in ((0, 1), (1, 0)):
        for name, count in sorted(Counter(key[side] for key in keys).items()):
            if count > 1:
                found = ", ".join(sorted(_shown(key[other]) for key in keys if key[side] == name))
                raise ValueError(f"{_shown(name)} would be joined with {count} models: {found}")
    for rows, where in ((ours, "the board"), (theirs, "the people's board")):
        for key, count in Counter(key for _, key in rows).items():
            if count > 1:
                found = ", ".join(_shown(name) for name, other in rows if other == key)
                raise ValueError(f"{count} models of {where} would be joined onto one: {found}")


def _shown(name: str) -> str:
    return escape_for_message(name)
