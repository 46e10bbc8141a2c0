"""The error tree, and what the command line exits with."""

import dataclasses
import inspect
import re
from collections.abc import Iterator

import pytest

from benchbuilder import errors
from benchbuilder.errors import BenchBuilderError, Unparsable

KINDS = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, BenchBuilderError)]
EXIT_CODES = {1: "bug", 2: "usage", 3: "partial", 4: "cap", 5: "withheld", 6: "nothing could run", 130: "cancelled"}


def _drawn() -> Iterator[tuple[str, str, int]]:
    """Name, name of the class above it in the drawing, exit code beside it; the root has neither."""
    path: list[str] = []
    for branch, name, code in re.findall(
        r"^ {4}([│├└─ ]*)(\w+Error)(?: +(\d+) |$)", errors.__doc__ or "", re.MULTILINE
    ):
        depth = len(branch) // 4
        path[depth:] = [name]
        if depth:
            yield name, path[depth - 1], int(code)


def test_the_tree_is_drawn_as_it_is() -> None:
    """The docstring shows every class below its parent, with the code that it exits with."""
    built = {
        (kind.__name__, kind.__mro__[1].__name__, kind.exit_code) for kind in KINDS if kind is not BenchBuilderError
    }
    assert set(_drawn()) == built


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_ends_the_command_line_with_a_known_code(kind: type[BenchBuilderError]) -> None:
    """None says that all went well, and the message is what was raised."""
    assert kind.exit_code in EXIT_CODES
    assert str(kind("what is wrong")) == "what is wrong"


def test_every_code_has_an_error() -> None:
    """So each ending that the design names can be told from the others."""
    assert {kind.exit_code for kind in KINDS} == set(EXIT_CODES)


def test_a_reply_that_cannot_be_read_is_a_value() -> None:
    """Not raised, not changed, equal to another of the same reason and text."""
    unparsable = Unparsable("no_verdict", "I cannot say")
    assert not isinstance(unparsable, Exception)
    assert unparsable == Unparsable(reason="no_verdict", text="I cannot say")
    assert Unparsable("empty").text == ""
    with pytest.raises(dataclasses.FrozenInstanceError):
        unparsable.reason = "other"  # pyright: ignore[reportAttributeAccessIssue]
