"""benchbuilder.sources.arena_hard.locating: which files a path means, and what is said where it means none."""

from pathlib import Path
from typing import Any

import pytest

from benchbuilder.errors import SourceError
from benchbuilder.sources.arena_hard import read_arena_hard

QUESTION = {"uid": "q", "prompt": "p"}
BATTLE = {"question_id": "q", "model_a": "b", "model_b": "m", "winner": "tie"}


def test_any_part_of_a_folder_may_be_absent(write: Any, read: Any, tmp_path: Path) -> None:
    """Questions alone, answers alone, judgments alone, battles alone."""
    write("a/question.jsonl", QUESTION)
    write("b/model_answer/m.jsonl", {"uid": "q", "model": "m", "messages": [{"content": "x"}]})
    write("c/model_judgment/j/m.jsonl", {"uid": "q", "model": "m", "judge": "j", "games": [None]})
    write("d/arena_hard_battles.jsonl", BATTLE)
    counts = [(len(r.questions), len(r.answers), len(r.judgments)) for r in (read(tmp_path / name) for name in "abcd")]
    assert counts == [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 1)]


def test_files_are_told_by_their_fields(write: Any, read: Any, tmp_path: Path) -> None:
    """A single file may have any name; in a folder what a file holds goes over where it lies."""
    assert read(write("verdicts.csv", BATTLE)).judgments.height == 1
    write("d/model_answer/odd.jsonl", QUESTION)
    assert read(tmp_path / "d").questions.height == 1


def test_a_file_of_a_folder_without_a_readable_record(write: Any, read: Any, tmp_path: Path) -> None:
    """Its place says what it should hold: everything in it is rejected, and an empty file is a part without records."""
    write("d/question.jsonl", "{", {"uid": "q"})
    write("d/model_answer/m.jsonl")
    write("d/arena_hard_battles.jsonl")
    reading = read(tmp_path / "d")
    assert [(part.file, part.count_records) for part in reading.parts] == [
        ("d/question.jsonl", 2),
        ("d/model_answer/m.jsonl", 0),
        ("d/arena_hard_battles.jsonl", 0),
    ]
    assert reading.rejections["reason"].to_list() == ["broken_json", "missing_field"]


def test_hidden_files_are_left_out(write: Any, read: Any, tmp_path: Path) -> None:
    """As the system puts them beside others, and as an export that was stopped leaves them."""
    write("d/question.jsonl", QUESTION)
    write("d/model_answer/._m.jsonl", "junk")
    write("d/.export-x/question.jsonl", QUESTION)
    assert [part.file for part in read(tmp_path / "d").parts] == ["d/question.jsonl"]
    write("e/.export-x/question.jsonl", QUESTION)
    with pytest.raises(SourceError, match="no data folder"):
        read_arena_hard(tmp_path / "e", str)


def test_a_folder_around_one_data_folder(v01: Path, read: Any) -> None:
    """There is only one that can be meant."""
    parts = read(v01.parent).parts
    assert parts[0].file == f"{v01.parent.name}/small-v0.1/question.jsonl"


def test_a_folder_around_several(v01: Path, v20: Path) -> None:
    """They are named, and one is asked for."""
    with pytest.raises(SourceError, match=r"several data sets \(small-v0.1, small-v2.0\); import one"):
        read_arena_hard(v01.parent, str)
    assert v20.is_dir()


def test_battles_around_a_data_folder(v01: Path, write: Any) -> None:
    """As in arena-hard's own folder of data, where its code leaves them."""
    write("arena_hard_battles.jsonl", BATTLE)
    with pytest.raises(SourceError, match=r"\(arena_hard_battles.jsonl, small-v0.1\)"):
        read_arena_hard(v01.parent, str)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([{"prompt": "no id"}], "the first record has the fields: prompt"),
        ([{"question_id": "q", "text": "\u202e"}], "the first record has the fields: question_id, text"),
        ([{"a\u001b[31m": 1}], r"the fields: a\\x1b\[31m"),
        ([{}], "the first record has the fields: none"),
        (["not json", "[1]"], "nor any other JSON lines"),
        ([], "nor any other JSON lines"),
        ([BATTLE | {"conversation_a": [], "tstamp": 1.5}], "votes of people have an import of their own"),
        ([{"model_a": "a", "model_b": "b", "winner": "tie"}], "votes of people have an import of their own"),
    ],
)
def test_a_file_of_something_else(lines: list[Any], message: str, write: Any) -> None:
    """The error names the file and what its first record looks like, escaped."""
    path = write("x.jsonl", *lines)
    with pytest.raises(SourceError, match=message) as error:
        read_arena_hard(path, str)
    assert str(path) in str(error.value)


def test_a_path_that_leads_nowhere(tmp_path: Path) -> None:
    """No file, an empty folder, a loop of links."""
    with pytest.raises(SourceError, match="no such file or folder"):
        read_arena_hard(tmp_path / "nothing", str)
    with pytest.raises(SourceError, match=r"no data folder of arena-hard \(no question.jsonl"):
        read_arena_hard(tmp_path, str)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(SourceError, match="loop"):
        read_arena_hard(tmp_path / "loop", str)


def test_a_relative_path_has_the_name_of_its_folder(v20: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.` and `..` are no names of files."""
    monkeypatch.chdir(v20)
    assert next(read_arena_hard(Path(), str)).file == "small-v2.0/question.jsonl"


def test_a_file_that_vanishes_while_it_is_read(v20: Path) -> None:
    """The error names it; what came before it has been handed over."""
    parts = read_arena_hard(v20, str)
    next(parts)
    (v20 / "model_answer/toad.jsonl").unlink()
    with pytest.raises(SourceError, match=r"toad\.jsonl: cannot be read"):
        next(parts)
