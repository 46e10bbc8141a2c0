"""benchbuilder.sources.Source: what the settings file may say."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from benchbuilder.sources import FieldMap, Source

READER = TypeAdapter(Source)
SQL = {"database": "sqlite:a.db", "query": "select * from t where id > :cursor order by id", "cursor": "id", "start": 0}


def test_a_table_of_the_settings_is_a_source() -> None:
    """The mapping stands over the preset, field by field."""
    source = READER.validate_python(
        {"name": "a", "paths": ["x/*.jsonl"], "preset": "arena_conversation", "mapping": {"sender": "user_id"}}
    )
    assert source.paths == ("x/*.jsonl",)
    assert source.field_map == FieldMap(
        prompt="conversation_a", id="question_id", seen_at="tstamp", sender="user_id", language="language"
    )


def test_pages_and_queries_are_sources_too() -> None:
    """Each says in which variable its secret stands."""
    pages = {"url": "http://127.0.0.1/x", "cursor": "n", "token_variable": "TOKEN"}
    shared = {"name": "a", "preset": "prompt"}
    assert READER.validate_python(shared | {"kind": "http", "http": pages}).secret_variable == "TOKEN"
    query = SQL | {"database": "postgresql://me@host:5433/db", "password_variable": "PASSWORD"}
    assert READER.validate_python(shared | {"kind": "sql", "sql": query}).secret_variable == "PASSWORD"
    assert READER.validate_python(shared | {"kind": "sql", "sql": SQL}).secret_variable is None


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
        {"kind": "sql"},
        {"http": {"url": "http://127.0.0.1/x", "cursor": "n"}},
        {"paths": [], "kind": "http", "http": {"url": "http://me:secret@127.0.0.1/x", "cursor": "n"}},
        {"paths": [], "kind": "http", "http": {"url": "file:///etc/passwd", "cursor": "n"}},
        {"paths": [], "kind": "http", "http": {"url": "http://127.0.0.1/x", "cursor": ""}},
        {"paths": [], "kind": "http", "http": {"url": "http://127.0.0.1/x", "cursor": "n", "token_variable": "sk-1"}},
        {"paths": [], "kind": "http", "http": {"url": "http://127.0.0.1/x", "cursor": "n", "retries": -1}},
        {"paths": [], "kind": "sql", "sql": SQL | {"database": "postgresql://me:secret@host/db"}},
        {"paths": [], "kind": "sql", "sql": SQL | {"database": "postgresql://host/db?password=secret"}},
        {"paths": [], "kind": "sql", "sql": SQL | {"database": "mysql://host/db"}},
        {"paths": [], "kind": "sql", "sql": SQL | {"database": "postgresql://me@one:5432,two:5432/db"}},
        {"paths": [], "kind": "sql", "sql": SQL | {"database": "postgresql://me@one:0/db"}},
        {"paths": [], "kind": "sql", "sql": SQL | {"query": "select * from messages order by id"}},
        {"paths": [], "kind": "sql", "sql": SQL | {"password_variable": "it is s3cret"}},
        {"max_prompt_bytes": 0},
        {"unknown": 1},
    ],
)
def test_a_wrong_source_is_refused_when_the_settings_are_read(wrong: dict[str, Any]) -> None:
    """A typing mistake never becomes a night without prompts."""
    with pytest.raises(ValidationError):
        READER.validate_python({"name": "a", "paths": ["x"], "preset": "prompt"} | wrong)
