"""What is printed of the published snapshot: for people, and for other programs."""

import csv
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from benchbuilder.warehouse import current_snapshot
from flows.printing import print_stored_board
from tests.fakes.running import ROOT
from tests.unit.cli.conftest import HOSTILE, Run


def test_the_board_is_printed_as_it_is_read(published: Path) -> None:
    """Shared ranks, percent, intervals, why one is not ranked; to the letter, escaped where it must be."""
    with (console := Console(width=120)).capture() as shown:
        print_stored_board(current_snapshot(published), console)
    assert [line.rstrip() for line in shown.get().splitlines()] == (
        (ROOT / "tests" / "golden" / "board.txt").read_text(encoding="utf-8").splitlines()
    )


def test_rows_as_a_table(run: Run, published: Path) -> None:
    """For people: thousands, four digits, nothing for null, and no control character of a stranger."""
    query = "select text, 12345 as n, 0.123456 as share, sum(n) as total, null as gone, [1, 2] as list from prompts"
    told = run("sql", query.replace("sum(n)", "sum(12345)") + " group by text", "--state-dir", str(published))
    assert told.code == 0
    for shown in ("[red]red[/red] \\x1b[31mred \\u202eback \\x9b1m", "12,345 │ 0.1235 │ 12,345 │", "[1,2]"):
        assert shown in told.out
    assert all(character.isprintable() or character == "\n" for character in told.out)


def test_rows_as_csv(run: Run, published: Path) -> None:
    """As the warehouse has them, lists and structs as JSON; other programs read it back."""
    query = (
        "select text, [as_of] as moments, {'a': 1} as pair, null as gone, 'x,\"y' as tricky from prompts, benchmarks"
    )
    told = run("sql", query, "--format", "csv", "--state-dir", str(published))
    assert told.code == 0
    assert list(csv.DictReader(io.StringIO(told.out))) == [
        {
            "text": HOSTILE,
            "moments": '["2026-03-01T04:00:00+00:00"]',
            "pair": '{"a":1}',
            "gone": "",
            "tricky": 'x,"y',
        }
    ]


def test_rows_as_json(run: Run, published: Path) -> None:
    """Numbers are numbers, also sums; what JSON has no word for is null or text."""
    query = (
        "select text, sum(12345) as total, 'nan'::double as nan, 1.5::decimal(5, 2) as price, 'ab'::blob as bytes,"
        " timestamptz '2026-03-01 04:00:00+00' as moment, map {1: 'one'} as pairs from prompts group by text"
    )
    told = run("sql", query, "--format", "json", "--state-dir", str(published))
    assert told.code == 0
    assert json.loads(told.out) == [
        {
            "text": HOSTILE,
            "total": 12345,
            "nan": None,
            "price": 1.5,
            "bytes": "6162",
            "moment": "2026-03-01T04:00:00+00:00",
            "pairs": {"1": "one"},
        }
    ]


@pytest.mark.parametrize("output", ["table", "csv", "json"])
def test_no_rows_are_no_error(run: Run, published: Path, output: str) -> None:
    """The columns, where the format has any."""
    told = run("sql", "from prompts where false", "--format", output, "--state-dir", str(published))
    assert (told.code, told.err) == (0, "")
    assert ("prompt_id" in told.out) == (output != "json")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("selec 1", "syntax error at or near"),
        ("from nothing_there", "Table with name nothing_there does not exist"),
        ("select * from prompts where prompt_id = $id", "Values were not provided"),
        ("delete from prompts", "read-only"),
        ("from read_csv('/etc/passwd')", "file system operations are disabled"),
        ("set enable_external_access = true", "configuration has been locked"),
        ("", "the query is empty"),
        ("select interval 1 day", "cast it (::varchar)"),
    ],
)
def test_a_query_that_fails_is_told_in_the_words_of_the_database(
    run: Run, published: Path, query: str, told: str
) -> None:
    """Exit code 2, and the snapshot is as it was."""
    finished = run("sql", query, "--state-dir", str(published))
    assert (finished.code, finished.out) == (2, "")
    assert told in finished.err
    assert run("sql", "from prompts", "--format", "csv", "--state-dir", str(published)).code == 0
