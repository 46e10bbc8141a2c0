"""What people do not want among the questions: a table that the owner keeps, one row per prompt.

A header `prompt_id,text,reason,by`, then rows with a prompt_id or a text, why, and who says so.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from benchbuilder.curation.privacy import mask
from benchbuilder.errors import SettingsError
from benchbuilder.text import LENGTH_PROMPT_ID, escape_for_message, prompt_id_of

COLUMNS = ("prompt_id", "text", "reason", "by")
_PROMPT_ID = re.compile(rf"[0-9a-f]{{{LENGTH_PROMPT_ID}}}")


class Veto(NamedTuple):
    """One prompt that somebody does not want, whether it has been seen yet or not."""

    prompt_id: str
    reason: str
    said_by: str


def read_vetoes(content: bytes, name: str) -> dict[str, Veto]:
    """The vetoes of a CSV file by prompt_id; of two rows about one prompt the first counts.

    Args:
        content: of the file.
        name: of the file, for messages.

    Raises:
        SettingsError: something is wrong with it; names file, line and value.
    """
    vetoes: dict[str, Veto] = {}
    for line, row in _rows(content, name):
        try:
            veto = _veto(row)
        except ValueError as error:
            raise SettingsError(f"{name}: line {line}: {error}") from error
        vetoes.setdefault(veto.prompt_id, veto)
    return vetoes


def _rows(content: bytes, name: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows that are not empty, each with the line on which it ends."""
    try:
        lines = io.StringIO(content.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(
            f"{name}: line {line}: not UTF-8: {_shown(repr(error.object[error.start :][:1]))}"
        ) from error
    reader = csv.reader(lines, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if sorted(header) != sorted(COLUMNS):
            raise SettingsError(
                f"{name}: line 1: must be the header {','.join(COLUMNS)} (got {_shown(','.join(header))})"
            )
        for cells in reader:
            if len(cells) > len(header):
                raise SettingsError(
                    f"{name}: line {reader.line_num}: more cells than the header (got {_shown(cells[-1])})"
                )
            if any(cell.strip() for cell in cells):
                yield reader.line_num, dict(zip(header, [*cells, *[""] * len(header)], strict=False))
    except csv.Error as error:
        raise SettingsError(f"{name}: line {reader.line_num}: no valid CSV: {error}") from error


def _veto(row: Mapping[str, str]) -> Veto:
    """One row.

    Raises:
        ValueError: it does not say which prompt, why, or who; or says two different prompts.
    """
    given, text = row["prompt_id"].strip(), row["text"]
    if given and not _PROMPT_ID.fullmatch(given):
        raise ValueError(f"prompt_id: must be {LENGTH_PROMPT_ID} hex digits (got {_shown(given)})")
    of_text = prompt_id_of(mask(text).text) if text.strip() else ""
    if not (given or of_text):
        raise ValueError("prompt_id or text: one of them must say which prompt (got neither)")
    if given and of_text and given != of_text:
        raise ValueError(f"prompt_id: is not that of the text (got {given}, the text's is {of_text})")
    for column in ("reason", "by"):
        if not row[column].strip():
            raise ValueError(f"{column}: must not be empty")
    return Veto(given or of_text, mask(row["reason"].strip()).text, mask(row["by"].strip()).text)


def _shown(value: str) -> str:
    return escape_for_message(mask(value).text)
