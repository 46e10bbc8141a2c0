"""Every wrong value is named with file and key, by one line that a person can act on and that tells no secret."""

import re
from pathlib import Path
from typing import Any

import pytest

from benchbuilder.errors import SettingsError
from benchbuilder.settings import STARTER, load_settings
from tests.unit.settings.conftest import Write

SECRET = "sk-proj-Ab3dEf6hIj9kLm2nOp5q"
NUMBER_OF_ITEMS = "at least 1 item"


def faults_in(path: Path) -> list[str]:
    """The lines of the error, without the file's name, which each of them must begin with."""
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    lines = str(caught.value).split("\n")
    assert all(line.startswith(str(path)) for line in lines)
    return [line.removeprefix(f"{path}: ") for line in lines]


@pytest.mark.parametrize(
    "key",
    [
        "bugdet",
        "config_path",
        "_env_file",
        "_cli_parse_args",
        "endpoints/ours/timeout",
        "endpoints/ours/limits/concurency",
        "models/one/tempratur",
        "embedder/texts",
        "namer/x",
        "annotator/x",
        "curation/x",
        "clustering/x",
        "selection/x",
        "evaluation/x",
        "rating/x",
        "cadence/x",
        "budget/eur",
        "attempts/x",
        "prefect/x",
        "sources/0/x",
        "sources/0/mapping/x",
        "judges/0/x",
    ],
)
def test_an_unknown_key_is_named_wherever_it_stands(write: Write, key: str) -> None:
    """A typing mistake is never a setting that does nothing; what it was set to is not shown, it might be a key."""
    assert faults_in(write({key: SECRET})) == [f"{key.replace('/', '.')}: unknown key"]


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("budget/usd", "many", "valid number, unable to parse string as a number (got 'many')"),
        ("endpoints/ours/base_url", "http://me:secret@127.0.0.1/v1", "holds a name or password"),
        ("budget/usd", -1, "greater than or equal to 0 (got -1)"),
        ("budget/usd", float("nan"), "greater than or equal to 0 (got nan)"),
        ("budget/calls", 1.5, "valid integer, got a number with a fractional part (got 1.5)"),
        ("is_demo", "perhaps", "valid boolean"),
        ("models", ["one"], "valid dictionary (got ['one'])"),
        ("models/one/temperature", -0.1, "greater than or equal to 0"),
        ("models/one/max_tokens", 0, "greater than or equal to 1"),
        ("models/one/usd_per_million_tokens_in", -1, "greater than or equal to 0"),
        ("endpoints/ours/kind", "azure", "'openai' or 'embedded' (got 'azure')"),
        ("endpoints/ours/base_url", "127.0.0.1:8000/v1", "must be an address like http://"),
        ("endpoints/ours/base_url", "http://[::1/v1", "Invalid IPv6 URL"),
        ("endpoints/ours/base_url", "http://127.0.0.1:80000", "Port out of range"),
        ("prefect/api_url", "localhost", "must be an address like http://"),
        ("embedder/texts_per_call", 0, "greater than or equal to 1"),
        ("annotator/max_characters", 1, "greater than or equal to 100"),
        ("judges/0/reads", "mind", "'text' or 'digits' (got 'mind')"),
        ("attempts/unparsable", 0, "greater than or equal to 1"),
        ("cadence/max_share_unplaced", 1.5, "less than or equal to 1"),
        ("clustering/count_neighbours", 1, "greater than or equal to 2"),
        ("selection/marks", "stars", "'list' or 'logprobs' (got 'stars')"),
        ("sources/0/format", "xml", "'auto', 'jsonl', 'parquet' or 'csv' (got 'xml')"),
        ("sources/0/preset", "mine", "'sharegpt' or 'otel_genai' (got 'mine')"),
        ("rating/cluster", "model", "'question' or 'topic' (got 'model')"),
        ("evaluation/models", [], NUMBER_OF_ITEMS),
        ("judges", [], NUMBER_OF_ITEMS),
        ("sources", [], NUMBER_OF_ITEMS),
    ],
)
def test_a_wrong_value_is_named_with_its_key(write: Write, key: str, value: Any, told: str) -> None:
    """Wrong type, unknown word, out of range: what was expected and what was there."""
    (fault,) = faults_in(write({key: value}))
    assert fault.startswith(f"{key.replace('/', '.')}: ")
    assert told in fault


@pytest.mark.parametrize(
    ("table", "key", "value", "told"),
    [
        ("endpoints/ours/limits", "concurrency", 0, "concurrency must be at least 1, not 0"),
        ("endpoints/ours/limits", "requests_per_minute", 0, "requests_per_minute must be at least 1, not 0"),
        ("endpoints/ours/limits", "tokens_per_minute", -5, "tokens_per_minute must be at least 1, not -5"),
        ("endpoints/ours/limits", "timeout_seconds", 0, "timeout_seconds must be a number over 0, not 0"),
        ("endpoints/ours/limits", "deadline_seconds", float("inf"), "deadline_seconds must be a number over 0"),
        ("endpoints/ours", "kind", "embedded", "base_url is needed with kind = 'openai' and only there"),
        ("endpoints/ours", "base_url", None, "base_url is needed with kind = 'openai' and only there"),
        ("curation", "min_tokens", -1, "min_tokens must lie between 0 and max_tokens, not -1"),
        ("curation", "near_duplicate_threshold", 0, "near_duplicate_threshold must be above 0 and at most 1"),
        ("selection", "keep_share", 2, "keep_share must lie between 0 and 1, not 2"),
        ("rating", "confidence", 1, "confidence must lie between 0 and 1, not 1"),
        ("sources/0", "preset", None, "source 'logs' needs a preset"),
        ("sources/0", "paths", [], "a source needs a name and at least one path"),
    ],
)
def test_what_does_not_fit_together_is_named_with_its_table(
    write: Write, table: str, key: str, value: Any, told: str
) -> None:
    """The message says which key it is about."""
    (fault,) = faults_in(write({f"{table}/{key}": value}))
    assert fault.startswith(f"{table.replace('/', '.')}: {told}")


@pytest.mark.parametrize("table", ["sources", "endpoints", "models", "embedder", "namer", "annotator", "judges"])
def test_a_missing_table_is_named(write: Write, table: str) -> None:
    """And nothing else is complained about."""
    assert faults_in(write({table: None})) == [f"{table}: Field required"]


def test_every_unknown_name_is_told_with_those_that_are_known(write: Write) -> None:
    """Endpoints of models, models of roles, models of judges; all in one go."""
    changes = {
        "models/one/endpoint": "thiers",
        "embedder/model": "gone",
        "evaluation/models": ["one", "gone-too"],
        "evaluation/baseline": "nobody",
        "judges/-": {"model": "stranger"},
    }
    assert faults_in(write(changes)) == [
        "models.one.endpoint: unknown name 'thiers'; known: ours",
        "embedder.model: unknown name 'gone'; known: one, two-2.5",
        "evaluation.baseline: unknown name 'nobody'; known: one, two-2.5",
        "evaluation.models.1: unknown name 'gone-too'; known: one, two-2.5",
        "judges.1.model: unknown name 'stranger'; known: one, two-2.5",
    ]


def test_a_name_that_stands_twice_is_told(write: Write) -> None:
    """Of two sources with one name the second would never be read; of two judges one would count twice."""
    again = {"name": "logs", "paths": ["x.csv"], "preset": "prompt"}
    assert faults_in(write({"sources/-": again, "judges/-": {"model": "one"}})) == [
        "sources: the name 'logs' stands twice",
        "judges: the name 'one' stands twice",
    ]


def test_broken_toml_is_told_with_its_line(tmp_path: Path) -> None:
    """Where tomllib stopped."""
    path = tmp_path / "broken.toml"
    path.write_text('state_dir = "x"\n[models\n')
    with pytest.raises(SettingsError, match=r"broken\.toml: no valid TOML: .*at line 2"):
        load_settings(path)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A folder, or bytes that are no UTF-8."""
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load_settings(tmp_path)
    path = tmp_path / "latin.toml"
    path.write_bytes(b'state_dir = "caf\xe9"\n')
    with pytest.raises(SettingsError, match=r"latin\.toml: cannot be read: 'utf-8' codec"):
        load_settings(path)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("BENCHBUILDER_BUDGET__USD", "many", "budget.usd: Input should be a valid number"),
        ("BENCHBUILDER_BUDGET", "many", "budget: Input should be a valid dictionary"),
        ("BENCHBUILDER_EVALUATION__MODELS", "one", "evaluation.models: Input should be a valid tuple"),
        ("BENCHBUILDER_EVALUATION__MODELS", '["gone"]', "evaluation.models.0: unknown name 'gone'"),
        ("BENCHBUILDER_MODELS__ONE__SEEED", "1", "models.one.seeed: unknown key"),
        ("BENCHBUILDER_BUGDET__USD", "1", "bugdet.usd: unknown key"),
        ("BENCHBUILDER_CONFIG_PATH", "x.toml", "config_path: unknown key"),
    ],
)
def test_a_wrong_variable_is_named(
    write: Write, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str
) -> None:
    """So that nobody looks for the mistake in the file."""
    path = write()
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert str(caught.value).startswith(f"{path} and {variable}: {told}")


def test_a_variable_that_holds_a_key_may_have_our_prefix(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named by the settings, so it is not unknown."""
    monkeypatch.setenv("BENCHBUILDER_OUR_KEY", SECRET)
    settings = load_settings(write({"endpoints/ours/key_variable": "BENCHBUILDER_OUR_KEY"}))
    key = settings.key_of("ours")
    assert key is not None
    assert key.get_secret_value() == SECRET
    assert SECRET not in repr(settings) + repr(key)


def test_what_is_shown_is_escaped_and_short(write: Write) -> None:
    """No line breaks, no terminal codes, no kilobytes: neither from a value nor from a key or a name."""
    hostile = "ESCAPE me" + "y" * 5000
    for changes in (
        {"budget/usd": hostile},
        {hostile: 1},
        {f"models/{hostile}/seed": 1},
        {"namer/model": hostile},
        {f"models/{hostile}/endpoint": "ours", "namer/model": "gone"},
        {"sources/0/name": hostile, "sources/0/preset": None},
    ):
        path = write(changes)
        path.write_text(path.read_text().replace("ESCAPE", r"\u001b[31m\n\u202e"))
        (fault,) = faults_in(path)
        assert len(fault) < 500
        assert fault.isprintable()


@pytest.mark.parametrize("key", ["budget/usd", "models/one/max_tokens", "endpoints/ours/key_variable"])
def test_a_key_in_the_wrong_place_is_not_shown(write: Write, key: str) -> None:
    """Whoever pastes a key where something else belongs does not find it in a log."""
    (fault,) = faults_in(write({key: SECRET}))
    assert SECRET[8:] not in fault


def test_the_starter_says_what_the_defaults_are(tmp_path: Path) -> None:
    """With every key behind a # brought to life nothing changes; examples are indented."""
    text = STARTER.read_text()
    lines = [
        line.removeprefix("# ") if re.match("# [^ ]", line) and " = " in line and "mapping" not in line else line
        for line in text.splitlines()
    ]
    path = tmp_path / "alive.toml"
    path.write_text("\n".join(line for line in lines if not line.startswith("calls")))
    alive = load_settings(path).model_dump(exclude={"config_path"})
    quiet = load_settings(STARTER).model_dump(exclude={"config_path"})
    limits = alive["endpoints"]["openai"].pop("limits")
    assert limits["requests_per_minute"] == 500
    quiet["endpoints"]["openai"].pop("limits")
    assert alive == quiet
