"""benchbuilder.curation.contamination: which prompts are published questions."""

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from benchbuilder.curation.contamination import DecontaminationSettings, Method, match_texts, match_vectors
from benchbuilder.text import prompt_id_of

ITEM = "A farmer crosses a river with a wolf, a goat and a cabbage in a boat for two; list every crossing he must make."
OTHER = "Compose a sonnet on the borrowing of library books, and explain which of its lines carry the turn."
SETTINGS = DecontaminationSettings()


def by_id(*texts: str) -> dict[str, str]:
    """Texts by the ids that prompts and items have."""
    return {prompt_id_of(text): text for text in texts}


def test_each_way_of_repeating_an_item_is_found_by_its_method() -> None:
    """Re-cased, with a word changed, and inside a longer prompt; another question is left alone."""
    changed = ITEM.replace("goat", "sheep")
    inside = (
        "You are a patient teacher of logic for adults. " + ITEM + " Use a table, then say what you learned from it."
    )
    prompts = by_id(ITEM.upper(), changed, inside, OTHER)
    found = list(match_texts(prompts, by_id(ITEM), SETTINGS))
    assert [(match.prompt_id, match.method) for match in found] == [
        (prompt_id_of(ITEM), Method.EXACT),
        (prompt_id_of(changed), Method.WORDS),
        (prompt_id_of(inside), Method.PASSAGE),
    ]
    assert {match.item_id for match in found} == {prompt_id_of(ITEM)}
    assert found[0].similarity == 1.0
    assert all(SETTINGS.min_words <= match.similarity <= 1 for match in found)


def test_without_items_nothing_is_found() -> None:
    """And nothing is compared."""
    assert list(match_texts(by_id(ITEM), {}, SETTINGS)) == []


def test_vectors_that_point_the_same_way_are_found_with_the_nearest_item() -> None:
    """At least the threshold; the similarity never exceeds 1."""
    items = np.eye(3, dtype=np.float32)
    near = np.array([0.1, 0.99, 0.1], np.float32)
    prompts = np.stack([near / np.linalg.norm(near), np.full(3, 3**-0.5, np.float32), items[2]])
    found = list(match_vectors(["near", "between", "same"], prompts, ["x", "y", "z"], items, 0.95))
    assert [(match.prompt_id, match.item_id, match.method) for match in found] == [
        ("near", "y", Method.VECTORS),
        ("same", "z", Method.VECTORS),
    ]
    assert found[1].similarity == 1.0


@pytest.mark.parametrize(("key", "value"), [("min_words", 0), ("min_passage", 1.1), ("min_vectors", -1), ("words", 1)])
def test_wrong_settings_are_refused_when_they_are_read(key: str, value: object) -> None:
    """A threshold of 0 would turn everybody away."""
    with pytest.raises(ValidationError):
        TypeAdapter(DecontaminationSettings).validate_python({key: value})


def test_vectors_can_be_left_out() -> None:
    """A plain switch."""
    assert not TypeAdapter(DecontaminationSettings).validate_python({"use_vectors": False}).use_vectors
