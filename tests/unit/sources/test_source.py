"""benchbuilder.sources.Source: what the settings file may say."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from benchbuilder.sources import FieldMap, Source

READER = TypeAdapter(Source)


def test_a_table_of_the_settings_is_a_source() -> None:
    """The mapping stands over the preset, field by field."""
    source = READER.validate_python(
        {"name": "a", "paths": ["x/*.jsonl"], "preset": "arena_conversation", "mapping": {"sender": "user_id"}}
    )
    assert source.paths == ("x/*.jsonl",)
    assert source.field_map == FieldMap(
        prompt="conversation_a", id="question_id", seen_at="tstamp", sender="user_id", language="language"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"paths": []},
        {"preset": "promt"},
        {"preset": None},
        {"mapping": {"promt": "x"}},
        {"format": "xml"},
        {"kind": "http"},
        {"max_prompt_bytes": 0},
        {"unknown": 1},
    ],
)
def test_a_wrong_source_is_refused_when_the_settings_are_read(wrong: dict[str, Any]) -> None:
    """A typing mistake never becomes a night without prompts."""
    with pytest.raises(ValidationError):
        READER.validate_python({"name": "a", "paths": ["x"], "preset": "prompt"} | wrong)
