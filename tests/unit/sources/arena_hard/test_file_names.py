"""benchbuilder.sources.arena_hard.file_names: any name gives a safe file name, and no two the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.sources.arena_hard.file_names import file_names_of


@pytest.mark.parametrize("name", ["gpt-4.1", "o3-mini-2025-01-31", "gpt-4o (screenshots)", "battles file", "a_b+c"])
def test_plain_names_stay(name: str) -> None:
    """So that arena-hard's own programs find a model by its name."""
    assert file_names_of([name]) == {name: name}


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("org/model", "org_model"),
        ("..", "model"),
        ("../../etc/passwd", "etc_passwd"),
        (".hidden", "hidden"),
        ("a\nb\x1b[31m", "a_b_31m"),
        ("what*?[x]", "what_x"),
        ("con", "con"),
        ("ends.", "ends"),
        ("modèle", "mod_le"),
        ("模型", "model"),
        ("x" * 150, "x" * 80),
    ],
)
def test_other_names_become_safe_ones(name: str, stem: str) -> None:
    """They keep what can be read of them, and a digest tells them apart."""
    assert re.fullmatch(rf"{re.escape(stem)}-[0-9a-f]{{12}}", file_names_of([name])[name])


def test_capitals_do_not_tell_files_apart() -> None:
    """On some systems they would overwrite each other."""
    names = file_names_of(["GPT", "gpt", "toad"])
    assert names["toad"] == "toad"
    assert len({name.casefold() for name in names.values()}) == 3


@given(st.lists(st.text(min_size=1, max_size=120)))
def test_any_names(names: list[str]) -> None:
    """Distinct names get distinct files, in their folder, short enough for every file system."""
    given_names = file_names_of(names)
    assert given_names.keys() == set(names)
    assert len({name.casefold() for name in given_names.values()}) == len(set(names))
    for name in given_names.values():
        assert re.fullmatch(r"[A-Za-z0-9._@+=,()~ -]{1,100}", name)
        assert not name.startswith((".", "-"))
