"""The names of a table's columns."""

from collections import Counter
from collections.abc import Iterable

from benchbuilder.text import escape_for_message


def check_columns(names: Iterable[str]) -> None:
    """Two columns of one name would become one without a word; those without any name carry nothing to lose.

    Raises:
        ValueError: a name stands twice.
    """
    for name, count in Counter(filter(None, names)).items():
        if count > 1:
            raise ValueError(f"{count} columns have the name {escape_for_message(name)}")
