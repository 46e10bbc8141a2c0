"""What is on record of a request is found wherever its rows stand."""

import random
from pathlib import Path

import pytest

from benchbuilder.ledger.counting import KeyIndex
from benchbuilder.warehouse import Warehouse
from tests.unit.ledger.conftest import completions, questions

STATES = ["ok", "truncated", "refused", "api_error"]
COUNTED = """
    select request_key, state, reason, text, logprobs, count_attempts, count_ok, count_truncated, count_refused
    from completions_counted
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A new one."""
    return Warehouse(tmp_path / "state")


def test_what_counts_is_what_the_view_says(warehouse: Warehouse) -> None:
    """Of 200 requests with up to four attempts each, on record in any order and in several appends."""
    chance = random.Random(1)  # noqa: S311 - no secret: the same rows each time
    asked = questions(200)
    attempts = [
        (request.request_key, attempt, chance.choice(STATES))
        for request in asked
        for attempt in range(chance.randint(0, 4))
    ]
    chance.shuffle(attempts)
    for start in range(0, len(attempts), 100):
        warehouse.append("completions", completions(attempts[start : start + 100]))
    told = {key: tuple(row) for key, *row in warehouse.read(COUNTED).iter_rows()}
    assert 100 < len(told) < 200
    assert KeyIndex(warehouse).find(asked) == told


def test_only_what_was_asked_for_is_told(warehouse: Warehouse) -> None:
    """What stands between its rows is passed over, and nothing at all is found of what was never tried."""
    first, other, last, never = (request.request_key for request in questions(4))
    filler = [(f"{number:064x}", 0, "ok") for number in range(60_000)]
    warehouse.append("completions", completions([(first, 0, "ok"), (other, 0, "ok"), *filler, (last, 0, "refused")]))
    asked = [request for request in questions(4) if request.request_key != other]
    found = KeyIndex(warehouse).find(asked)
    assert {key: counted.state for key, counted in found.items()} == {first: "ok", last: "refused"}
    assert never not in found


def test_an_index_knows_of_what_came_after_its_first_look(warehouse: Warehouse) -> None:
    """A second attempt, and the first at another request: rows that others append count too."""
    index = KeyIndex(warehouse)
    asked = questions(2)
    one, two = (request.request_key for request in asked)
    assert index.find(asked) == {}
    warehouse.append("completions", completions([(one, 0, "api_error")]))
    assert index.find(asked)[one].count_attempts == 1
    warehouse.append("completions", completions([(two, 0, "ok"), (one, 1, "ok")]))
    found = index.find(asked)
    assert [(found[key].state, found[key].count_attempts) for key in (one, two)] == [("ok", 2), ("ok", 1)]
    assert index.find(asked) == found


def test_an_index_survives_that_the_file_is_rewritten(warehouse: Warehouse) -> None:
    """Rows have other numbers then; a call that was paid must not be asked again for it."""
    first, second = (request.request_key for request in questions(2))
    warehouse.append("completions", completions([(first, 0, "ok")]))
    warehouse.append("completions", completions([(second, 0, "ok")]))
    index = KeyIndex(warehouse)
    assert set(index.find(questions(2))) == {first, second}
    with warehouse.write() as writer:
        writer.execute("delete from completions where request_key = $key", key=first)
    warehouse.rewrite()
    assert set(index.find(questions(2))) == {second}
