"""Which prompts a name stands for, before anything is removed."""

import pytest

from benchbuilder.curation.privacy import mask_reference
from benchbuilder.errors import UsageError
from benchbuilder.forgetting import find_touched
from benchbuilder.schemas import frame_of
from benchbuilder.warehouse import Warehouse
from tests.sql.conftest import filled

ADDRESS = "anna.smith@example.org-17"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Two sources that both have a record 42, a conversation, an import, near duplicates, a version and its board."""
    warehouse = Warehouse(tmp_path_factory.mktemp("named") / "state")
    relations = {
        "prompts": [{"prompt_id": one} for one in ("aa1", "aa2", "bb1", "cc1", "cc2", "dd1")],
        "sightings": [
            {"source": "a", "source_ref": "42", "prompt_id": "aa1"},
            {"source": "b", "source_ref": "42", "prompt_id": "bb1"},
            {"source": "a", "source_ref": "chat", "conversation_ref": "chat", "prompt_id": "cc1"},
            {"source": "a", "source_ref": mask_reference(ADDRESS), "prompt_id": "dd1"},
            {"source": "a", "source_ref": "chat#2", "conversation_ref": "chat", "prompt_id": "cc2"},
        ],
        "imported_questions": [{"question_ref": "uid", "prompt_id": "ee1"}],
        "curations": [
            {"prompt_id": "aa2", "curation_digest": "c", "duplicate_of": "aa1"},
            {"prompt_id": "dd1", "curation_digest": "c", "duplicate_of": "aa1"},
        ],
        "benchmarks": [{"benchmark_id": "v1"}, {"benchmark_id": "v2"}],
        "questions": [{"benchmark_id": "v1", "prompt_id": "aa1"}, {"benchmark_id": "v2", "prompt_id": "bb1"}],
        "leaderboards": [
            {"leaderboard_id": "l1", "benchmark_id": "v1"},
            {"leaderboard_id": "l2", "benchmark_id": "v2"},
        ],
    }
    for relation, rows in relations.items():
        warehouse.append(relation, frame_of(relation, [filled(relation, row) for row in rows]))
    return warehouse


def test_a_source_ref_of_two_sources_names_nobody(warehouse: Warehouse) -> None:
    """A stranger's prompt must not go with it; with its source it is found."""
    with pytest.raises(UsageError, match="source_ref 42 stands in a, b: say which with --source"):
        find_touched(warehouse, ["42"], [])
    touched = find_touched(warehouse, ["42"], [], source="a")
    assert touched == (("aa1",), ("aa2", "dd1"), ("v1",), ("l1",))


def test_a_conversation_is_all_its_turns(warehouse: Warehouse) -> None:
    """And an imported question is found by its uid."""
    assert find_touched(warehouse, ["chat"], []).prompt_ids == ("cc1", "cc2")
    assert find_touched(warehouse, ["uid"], []).prompt_ids == ("ee1",)


def test_an_id_that_was_stored_as_its_digest_is_found_by_itself(warehouse: Warehouse) -> None:
    """Some products know a message by an address."""
    assert find_touched(warehouse, [ADDRESS], []).prompt_ids == ("dd1",)


def test_near_duplicates_go_with_it_only_if_asked(warehouse: Warehouse) -> None:
    """Those that repeat it, the one that it repeats, and what repeats that one."""
    assert find_touched(warehouse, [], ["aa2"]).near == ("aa1", "dd1")
    touched = find_touched(warehouse, [], ["aa2"], is_near=True)
    assert touched == (("aa1", "aa2", "dd1"), (), ("v1",), ("l1",))


@pytest.mark.parametrize(
    ("prompt_id", "lack"), [("aa", "fits 2 prompts"), ("zz", "no prompt is known"), ("", "no prompt")]
)
def test_a_beginning_that_fits_several_or_none(warehouse: Warehouse, prompt_id: str, lack: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(UsageError, match=lack):
        find_touched(warehouse, [], [prompt_id])
