"""benchbuilder.sources.boards: boards, told by their fields; maps of names; what is no board."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchbuilder.errors import SourceError
from benchbuilder.rating.joining import BOARD_COLUMNS
from benchbuilder.rating.quality import measure_quality
from benchbuilder.sources.boards import BOARD_SCHEMA, is_votes_file, read_board, read_names

ROUNDS = [1.0, 2.0, 3.0, 4.0]


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """The board in a file with this content; a list is JSON lines."""

    def read_content(content: Any, name: str = "board") -> pl.DataFrame:
        lines = "\n".join(map(json.dumps, content)) if isinstance(content, list) else content
        (tmp_path / name).write_text(lines, encoding="utf-8")
        return read_board(tmp_path / name)

    return read_content


def test_bootstrap_rounds(read: Any) -> None:
    """Interval as the file says, else of the rounds; mean and variance of the rounds, ddof 0; one round has none."""
    board = read(
        [
            {"model": "a", "score": 2.4, "lower": 1.5, "upper": 3.5, "results": ROUNDS},
            {"model": "b", "score": 2, "results": ROUNDS, "more": "ignored"},
            {"model": "c", "score": 50.0, "lower": 50.0, "upper": 50.0, "results": [50.0]},
        ]
    )
    assert board.schema == BOARD_SCHEMA
    assert board.columns == list(BOARD_COLUMNS)
    low, high = np.percentile(ROUNDS, [2.5, 97.5])
    assert board.rows() == [
        ("a", 2.4, 1.5, 3.5, 2.5, 1.25),
        ("b", 2.0, pytest.approx(low), pytest.approx(high), 2.5, 1.25),
        ("c", 50.0, 50.0, 50.0, 50.0, 0.0),
    ]


def test_rating_tables(read: Any) -> None:
    """The index has no name, the variance is the file's own; other columns say nothing."""
    content = ",rating,variance,rating_q975,rating_q025,num_battles\nm-1,1000.5,4,1004,996,77\nm-2,900,0,900,900,5\n"
    assert read(content).rows() == [("m-1", 1000.5, 996.0, 1004.0, 1000.5, 4.0), ("m-2", 900.0, 900.0, 900.0, 900.0, 0)]


def test_tables_without_variance_get_that_of_a_normal_interval(read: Any) -> None:
    """Half of a 95 % interval is 1.96 standard deviations."""
    board = read('model,score,rating_q025,rating_q975,CI\nm,50,48.040036,51.959964,"(-1.96, +1.96)"\n')
    assert board.rows() == [("m", 50.0, 48.040036, 51.959964, 50.0, pytest.approx(1.0))]


def test_a_column_per_model(read: Any) -> None:
    """Rounds in rows: score is their median, everything else as of rounds."""
    board = read(",a,b\n0,1,7\n1,2,7\n2,3,7\n3,10,7\n")
    assert board["model"].to_list() == ["a", "b"]
    assert board["score"].to_list() == [2.5, 7.0]
    assert board["mean"].to_list() == [4.0, 7.0]
    assert board["variance"].to_list() == [12.5, 0.0]
    assert board["upper"].to_list() == [pytest.approx(np.percentile([1, 2, 3, 10], 97.5)), 7.0]


OURS = [
    {"model": "top", "win_rate": 0.7, "lower": 0.6, "upper": 0.8, "rank_low": 1, "rank_high": 1},
    {"model": "base", "win_rate": 0.5, "lower": 0.5, "upper": 0.5, "rank_low": 2, "rank_high": 2},
    {"model": "mute", "win_rate": None, "lower": 0, "upper": 1, "rank_low": None, "rank_high": None},
]


@pytest.mark.parametrize("form", ["json", "csv", "parquet", "jsonl"])
def test_our_own_board_in_every_form(tmp_path: Path, form: str) -> None:
    """A model of which nothing was read keeps its row and has no score; quality leaves it out."""
    frame, path = pl.DataFrame(OURS), tmp_path / "board"
    if form == "json":
        path.write_text(json.dumps(OURS, indent=1), encoding="utf-8")
    else:
        {"csv": frame.write_csv, "parquet": frame.write_parquet, "jsonl": frame.write_ndjson}[form](path)
    board = read_board(path)
    assert board.rows() == [
        ("top", 0.7, 0.6, 0.8, 0.7, pytest.approx((0.2 / 3.919928) ** 2)),
        ("base", 0.5, 0.5, 0.5, 0.5, 0.0),
        ("mute", None, 0.0, 1.0, None, None),
    ]
    assert measure_quality(board, None)[0] == 1
    assert measure_quality(board, None).count_models == 2


def test_a_board_without_intervals(read: Any) -> None:
    """Nothing is made up."""
    assert read("model,score\nm,5\nn,6\n").rows() == [("m", 5, None, None, 5, None), ("n", 6, None, None, 6, None)]


GOOD = {"model": "good", "score": 2, "lower": 1, "upper": 3}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"score": float("nan")}, "score is no finite number: nan"),
        ({"score": float("inf")}, "score is no finite number: inf"),
        ({"score": "high"}, "score is no finite number: high"),
        ({"score": True}, "score is no finite number: True"),
        ({"score": [1]}, r"score is no finite number: \[1\]"),
        ({"score": None}, "bad has no score"),
        ({"lower": 4}, "lower 4.0 is more than upper 3.0"),
        ({"lower": None}, "there is a upper and no lower"),
        ({"upper": ""}, "there is a lower and no upper"),
        ({"upper": "1\x1b[2J" + "9" * 500}, r"upper is no finite number: 1\\x1b\[2J9{20,40}…9{20,40}$"),
        ({"results": []}, r"results is no list of numbers: \[\]"),
        ({"results": "1"}, "results is no list of numbers: 1"),
        ({"results": [1, None]}, "results is no finite number: None"),
        ({"results": [1, float("nan")]}, "results is no finite number: nan"),
        ({"variance": -1}, "variance -1.0 is less than 0"),
        ({"model": "good"}, "good stands already in line 1"),
        ({"model": " "}, "the model has the name"),
        ({"model": 5}, "the model has the name 5"),
        ({"model": None}, "the model has the name None"),
    ],
)
def test_a_wrong_value_is_an_error_that_names_file_line_and_value(read: Any, bad: dict[str, Any], message: str) -> None:
    """A board is small and somebody's work: it is read whole or not at all."""
    with pytest.raises(SourceError, match=rf"board, line 3: {message}") as caught:
        read([GOOD, GOOD | {"model": "fine"}, GOOD | {"model": "bad"} | bad])
    assert len(str(caught.value).rpartition("board, line")[2]) < 140


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "board: holds no rows"),
        ("[]", "board: holds no rows"),
        ("model,score\n", "board: holds no rows"),
        ('{"model": "m", "score": 1}\n{"model": ', "board, line 2: broken_json"),
        ('{"model": "m", "score": 1}\n[1]', "board, line 2: not_an_object"),
        ('[{"model": "m", "score": 1}, {"model": "m", "score": 2}]', "row 2: m stands already in row 1"),
        ("model,score\nm,1\nn\n", "board, line 3: not_an_object"),
        (",a,b\n0,1,2\n1,,2\n", "line 3: a has no number"),
        (",a,b\n0,1,2\n1,x,2\n", "line 3: a is no finite number: x"),
        ("name,points\nm,1\n", "no board: .* fields model and win_rate or score or rating, this file has name, points"),
        ("model,points\nm,1\n", "this file has model, points"),
        ('{"prompt": "secret"}', "this file has prompt$"),
        ('{"model_a": "m", "model_b": "n", "winner": "tie"}', "holds votes, not a board"),
        (
            "id,model_a,model_b,winner_model_a,winner_model_b,winner_tie\n1,m,n,1,0,0\n",
            "holds votes, not a board",
        ),
    ],
)
def test_what_is_no_board(read: Any, content: str, message: str) -> None:
    """The error says what was found and what would be a board."""
    with pytest.raises(SourceError, match=message):
        read(content)


def test_the_text_of_a_line_that_cannot_be_read_is_not_shown(read: Any) -> None:
    """Somebody may point at the wrong file, one full of prompts."""
    with pytest.raises(SourceError) as caught:
        read('{"prompt": "my secret', name="board.jsonl")
    assert "secret" not in str(caught.value)


def test_votes_are_told_from_boards(tmp_path: Path) -> None:
    """By the first records that can be read."""
    path = tmp_path / "file.jsonl"
    vote = '{"model_a": "m", "model_b": "n", "winner": "tie"}\n'
    for content, is_votes in [
        ("oops\n" + vote, True),
        ('{"model_a": "m", "model_b": "n"}', False),
        ('{"model": "m", "score": 1}', False),
        ('{"m": "n"}', False),
        ("", False),
    ]:
        path.write_text(content, encoding="utf-8")
        assert is_votes_file(path) == is_votes
    with pytest.raises(SourceError, match="there is no such file"):
        is_votes_file(tmp_path / "none")


def test_names(tmp_path: Path) -> None:
    """One JSON object, on one line or many, with or without a byte order mark."""
    path = tmp_path / "names.json"
    path.write_text('\ufeff{\n "a": "b",\n "c": "c"\n}', encoding="utf-8")
    assert read_names(path) == {"a": "b", "c": "c"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('["a"]', "a map of names is one JSON object of texts; this is not_an_object"),
        ("a,b", "this is broken_json"),
        ('{"a": 1}', "the name a leads to 1, not to a name"),
        ('{"a": ["' + "x" * 500 + '"]}', r"the name a leads to \['x{20,40}…x{20,40}'\], not to a name"),
        ('{"a": " "}', "the name a leads to  , not to a name"),
        ('{"": "b"}', "the name  leads to b"),
    ],
)
def test_a_wrong_map(tmp_path: Path, content: str, message: str) -> None:
    """The error names file, key and value."""
    path = tmp_path / "names.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=rf"names\.json: .*{message}"):
        read_names(path)
    with pytest.raises(SourceError, match="there is no such file"):
        read_names(tmp_path / "none")
    with pytest.raises(SourceError, match="cannot be read"):
        read_names(tmp_path)
