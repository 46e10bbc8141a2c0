"""Which files a source means."""

import glob
from pathlib import Path
from typing import NamedTuple

from benchbuilder.errors import SourceError
from benchbuilder.sources.source import Source
from benchbuilder.text import clean_text, escape_for_message

FORMATS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
}
COMPRESSIONS = frozenset({".gz", ".zst"})  # of JSONL and CSV; Parquet compresses its own columns
_WIDTH_PATH = 200


def format_of_name(path: Path) -> str | None:
    """The format that a file's ending tells, `.gz` and `.zst` left out; None where it tells none."""
    is_compressed = path.suffix.lower() in COMPRESSIONS
    found = FORMATS.get(Path(path.stem).suffix.lower() if is_compressed else path.suffix.lower())
    return None if is_compressed and found == "parquet" else found


class Located(NamedTuple):
    """A file to read: where it is, the name it goes by in the warehouse, and its format."""

    path: Path
    name: str
    format: str


def _name_of(path: Path, base: Path) -> str:
    """Relative to the base folder where it lies inside, so that the folder can be moved without being read again."""
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()


def _in_folder(folder: Path, source: Source) -> list[Path]:
    """Every file in it and below that can be meant; hidden ones never are."""
    return [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and (source.format != "auto" or format_of_name(path))
    ]


def _matching(pattern: str, source: Source, base: Path) -> list[Path]:
    path = base / pattern
    if path.is_dir():
        found, lack = _in_folder(path, source), f"the folder holds no {', '.join(FORMATS)} file"
    elif path.exists() or not glob.has_magic(pattern):
        found, lack = [path] if path.exists() else [], "there is no such file"
    else:
        matches = (Path(match) for match in glob.glob(str(path), recursive=True))  # noqa: PTH207 - takes absolute ones
        found, lack = [match for match in matches if match.is_file()], "no file matches"
    if not found:
        raise SourceError(f"{path}: {lack}")
    return found


def _locate(path: Path, source: Source, base: Path) -> Located:
    file_format = source.format if source.format != "auto" else format_of_name(path)
    if file_format is None:
        known = ", ".join(FORMATS)
        raise SourceError(f"{path}: set format, the ending is none of {known} (JSONL and CSV also with .gz or .zst)")
    name = _name_of(path, base)
    if clean_text(name) != name:  # no hash and no database takes it
        raise SourceError(f"{escape_for_message(str(path), _WIDTH_PATH)}: the file's name is not UTF-8; rename it")
    return Located(path, name, file_format)


def find_files(source: Source, base: Path) -> tuple[list[Located], list[str]]:
    """The files of `source`, each once, sorted by name; links keep theirs.

    Args:
        source: its paths may be files, globs (`**` too) and folders (with what is below them).
        base: the folder that relative paths start from.

    Returns:
        The files; and what is wrong with paths that lead to none: one does not exist, a glob or folder gives nothing,
        or a file's format cannot be told.
    """
    base = base.absolute()
    located: dict[Path, Located] = {}
    faults: list[str] = []
    for pattern in source.paths:
        try:
            found = {path.resolve(): path for path in _matching(pattern, source, base)}
        except SourceError as error:
            faults.append(str(error))
            continue
        except OSError as error:
            faults.append(f"{base / pattern}: cannot look for it: {error}")
            continue
        for real, path in found.items():
            try:
                located[real] = _locate(path, source, base)
            except SourceError as error:
                faults.append(str(error))
    return sorted(located.values(), key=lambda file: file.name), faults
