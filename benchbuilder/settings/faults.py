"""What is wrong with the settings, told so that a person can mend it: where it stands, its key, what was expected.

A message shows a wrong value escaped, masked and short; of an unknown key it shows no value at all, because that is
where people put their API keys.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from benchbuilder.curation.privacy import mask
from benchbuilder.text import escape_for_message

WIDTH_MESSAGE = 300
_IS_UNKNOWN = {"extra_forbidden", "unexpected_keyword_argument"}
_SAYS_ENOUGH = {"missing", "value_error"}

Key = tuple[str | int, ...]


class Fault(NamedTuple):
    """One wrong value.

    Attributes:
        key: the path to it, e.g. ``("models", "gpt-4.1", "temperature")``.
        message: what is wrong with it.
    """

    key: Key
    message: str


def faults_of(error: ValidationError) -> list[Fault]:
    """What pydantic found, in its order."""
    return [
        Fault(fault["loc"], _message(fault))
        for fault in error.errors(include_url=False, include_context=False)
        if not _is_echo(fault)
    ]


def tell(faults: Iterable[Fault], path: Path, variables: Mapping[str, Key]) -> str:
    """One line per fault.

    Args:
        faults: at least one.
        path: of the settings file.
        variables: the environment's part in the settings: variable → key.
    """
    return "\n".join(
        f"{_origin(fault.key, path, variables)}: {_dotted(fault.key)}: "
        + escape_for_message(mask(fault.message).text, WIDTH_MESSAGE)
        for fault in faults
    )


def _message(fault: Mapping[str, Any]) -> str:
    if fault["type"] in _IS_UNKNOWN:
        return "unknown key"
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] in _SAYS_ENOUGH:
        return message
    return f"{message} (got {escape_for_message(mask(repr(fault['input'])).text)})"


def _is_echo(fault: Mapping[str, Any]) -> bool:
    """A list that counts as too short because of wrong items, each of which is a fault of its own."""
    return fault["type"] == "too_short" and bool(fault["input"])


def _dotted(key: Key) -> str:
    return escape_for_message(".".join(map(str, key)))


def _origin(key: Key, path: Path, variables: Mapping[str, Key]) -> str:
    """The file, and each variable that stands over this key, over what is in it or over what it is in."""
    folded = [str(part).casefold() for part in key]
    over = [name for name, theirs in variables.items() if all(a == b for a, b in zip(theirs, folded, strict=False))]
    return " and ".join([str(path), *over])
