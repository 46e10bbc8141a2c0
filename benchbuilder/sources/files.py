"""Which files a source means."""

import glob
from pathlib import Path
from typing import NamedTuple

from benchbuilder.errors import SourceError
from benchbuilder.sources.source import Source

FORMATS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
}


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
        and (source.format != "auto" or path.suffix.lower() in FORMATS)
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
        raise SourceError(f"source {source.name!r}: {path}: {lack}")
    return found


def _format_of(path: Path, source: Source) -> str:
    if source.format != "auto":
        return source.format
    if path.suffix.lower() not in FORMATS:
        known = ", ".join(FORMATS)
        raise SourceError(f"source {source.name!r}: {path}: set format, the ending is none of {known}")
    return FORMATS[path.suffix.lower()]


def find_files(source: Source, base: Path) -> list[Located]:
    """The files of `source`, each once, sorted by name; links keep theirs.

    Args:
        source: its paths may be files, globs (`**` too) and folders (with what is below them).
        base: the folder that relative paths start from.

    Raises:
        SourceError: a path does not exist, a glob or folder gives nothing, or a file's format cannot be told.
    """
    base = base.absolute()
    try:
        found = {path.resolve(): path for pattern in source.paths for path in _matching(pattern, source, base)}
    except OSError as error:
        raise SourceError(f"source {source.name!r}: cannot look for its files: {error}") from error
    located = [Located(path, _name_of(path, base), _format_of(path, source)) for path in found.values()]
    return sorted(located, key=lambda file: file.name)
