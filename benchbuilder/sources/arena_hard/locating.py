"""Which files an imported path means."""

from pathlib import Path
from typing import NamedTuple

from benchbuilder.errors import SourceError
from benchbuilder.sources.arena_hard.kinds import Kind, kind_of_file, kind_or_error
from benchbuilder.text import clean_text

QUESTION_FILE, BATTLES_FILE = "question.jsonl", "arena_hard_battles.jsonl"
ANSWER_FOLDER, JUDGMENT_FOLDER = "model_answer", "model_judgment"


class Located(NamedTuple):
    """A file to read.

    Attributes:
        path: where it is.
        name: from the parent of the imported path on.
        kind: of its records.
        judge: by the name of its folder, for records that do not say; None outside model_judgment.
    """

    path: Path
    name: str
    kind: Kind
    judge: str | None = None


def _lines_below(folder: Path) -> list[Path]:
    """JSON lines in a folder and below (`org/model.jsonl`), hidden ones left out."""
    found = folder.rglob("*.jsonl") if folder.is_dir() else []
    return sorted(
        path
        for path in found
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def _is_benchmark(folder: Path) -> bool:
    """Whether it has a benchmark's questions, answers or judgments."""
    has_questions = (folder / QUESTION_FILE).is_file()
    return has_questions or any(_lines_below(folder / name) for name in (ANSWER_FOLDER, JUDGMENT_FOLDER))


def _choose(folder: Path) -> Path:
    """The data folder that is meant: `folder`, or the one inside it."""
    if _is_benchmark(folder):
        return folder
    folders = (path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    inside = sorted(path for path in folders if _is_benchmark(path))
    battles = [folder / BATTLES_FILE] if (folder / BATTLES_FILE).is_file() else []
    if len(inside) + len(battles) > 1:
        names = ", ".join(path.name for path in (*battles, *inside))
        raise SourceError(f"{folder}: holds several data sets ({names}); import one of them by its own path")
    if not inside and not battles:
        layout = f"{QUESTION_FILE}, {ANSWER_FOLDER}/, {JUDGMENT_FOLDER}/JUDGE/ or {BATTLES_FILE}"
        raise SourceError(
            f"{folder}: is no data folder of arena-hard (no {layout}); a single file goes by its own path"
        )
    return inside[0] if inside else folder


def _judge_of(path: Path, folder: Path) -> str | None:
    parts = path.relative_to(folder).parts
    return clean_text("/".join(parts[1:-1])) or None if parts[0] == JUDGMENT_FOLDER else None


def _files_in(folder: Path) -> list[tuple[Path, Kind]]:
    """The files of a data folder with the kinds that their places promise, questions first."""
    places = [
        *((path, Kind.QUESTIONS) for path in [folder / QUESTION_FILE]),
        *((path, Kind.ANSWERS) for path in _lines_below(folder / ANSWER_FOLDER)),
        *((path, Kind.JUDGMENTS) for path in _lines_below(folder / JUDGMENT_FOLDER)),
        *((path, Kind.BATTLES) for path in [folder / BATTLES_FILE]),
    ]
    return [(path, kind) for path, kind in places if path.is_file()]


def locate(path: Path) -> list[Located]:
    """The files that `path` means, questions first; what they hold is told by their fields.

    Args:
        path: a data folder, a folder around a single one, or a file.

    Raises:
        SourceError: nothing is there, nothing in it is known, or there are several data sets to choose from.
        OSError: it cannot be read.
    """
    path = path.resolve()
    if not path.exists():
        raise SourceError(f"{path}: there is no such file or folder")
    base = path.parent
    if not path.is_dir():
        return [Located(path, clean_text(path.name), kind_or_error(path))]
    folder = _choose(path)
    return [
        Located(
            path=file,
            name=clean_text(file.relative_to(base).as_posix()),
            kind=kind_of_file(file) or promised,
            judge=_judge_of(file, folder),
        )
        for file, promised in _files_in(folder)
    ]
