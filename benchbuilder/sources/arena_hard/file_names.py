"""File names out of names of models and judges, which may hold anything."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

# No separators, no control characters, nothing that a shell's pattern means (arena-hard looks for judges by glob), and
# neither a dot nor a blank at an end.
_SAFE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._@+=,()~ -]{0,98}[A-Za-z0-9_+)-])?")
_UNSAFE_CHARACTERS = re.compile(r"[^A-Za-z0-9._@+=()-]+")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)  # devices, on Windows
MAX_STEM = 80


def _with_digest(name: str) -> str:
    stem = _UNSAFE_CHARACTERS.sub("_", name)[:MAX_STEM].strip("._-") or "model"
    return f"{stem}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def file_names_of(names: Iterable[str]) -> dict[str, str]:
    """Name → file name without its ending: the name itself where it is safe, else a readable form with a digest.

    No two are equal, not even where capitals do not count.
    """
    distinct = sorted(set(names))
    plain = {name: name if _SAFE.fullmatch(name) and not _RESERVED.fullmatch(name) else "" for name in distinct}
    wanted = {name: plain[name] or _with_digest(name) for name in distinct}
    counts = Counter(file_name.casefold() for file_name in wanted.values())
    return {
        name: file_name if counts[file_name.casefold()] == 1 else _with_digest(name)
        for name, file_name in wanted.items()
    }
