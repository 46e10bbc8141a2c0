"""What follows from the settings: who plays, what makes a reply another one, what a call costs, which key is sent."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchbuilder.errors import SettingsError
from benchbuilder.settings import Settings, load_settings
from tests.unit.settings.conftest import Write

Load = Callable[[dict[str, Any]], Settings]
DECIDES_THE_REPLY = {
    "models/one/revision": "checkpoint-2",
    "models/one/served_model": "one-of-them",
    "models/one/system_prompt": "Be brief.",
    "models/one/temperature": 0.5,
    "models/one/max_tokens": 7,
    "models/one/seed": 3,
    "models/one/extra_body": {"top_k": 1},
}
DECIDES_NOTHING = {
    "endpoints/ours/base_url": "http://127.0.0.1:9000/v1",
    "endpoints/ours/key_variable": "OUR_KEY",
    "endpoints/ours/limits": {"concurrency": 2, "timeout_seconds": 5.0},
    "models/one/usd_per_million_tokens_in": 3.0,
    "models/one/usd_per_million_tokens_out": 9.0,
    "budget/usd": 1.0,
    "state_dir": "elsewhere",
}


@pytest.fixture
def load(write: Write) -> Load:
    """Settings with keys changed."""
    return lambda changes: load_settings(write(changes))


def digests(settings: Settings) -> list[str]:
    """What annotations, answers and judgments of model `one` are filed under."""
    (judge,) = settings.judges
    return [settings.digest_of_model("one"), settings.digest_of_annotator(), settings.digest_of_judge(judge)]


@pytest.mark.parametrize("key", DECIDES_THE_REPLY)
def test_what_shapes_the_reply_changes_the_digests(load: Load, key: str) -> None:
    """Answers, marks and verdicts before and after are told apart."""
    before, after = digests(load({})), digests(load({key: DECIDES_THE_REPLY[key]}))
    assert not set(before) & set(after)


@pytest.mark.parametrize("key", DECIDES_NOTHING)
def test_address_key_limits_and_prices_change_no_digest(load: Load, key: str) -> None:
    """Moving to another server or a new price asks nothing again."""
    assert digests(load({})) == digests(load({key: DECIDES_NOTHING[key]}))


def test_the_digest_of_one_model_is_not_that_of_another(load: Load) -> None:
    """Two names that the same endpoint serves under themselves are two models."""
    settings = load({})
    assert settings.digest_of_model("one") != settings.digest_of_model("two-2.5")


@pytest.mark.parametrize(
    ("key", "value", "changed"),
    [
        ("judges/0/reads", "digits", [False, False, True]),
        ("judges/0/max_characters", 500, [False, False, True]),
        ("selection/marks", "logprobs", [False, True, False]),
        ("annotator/max_characters", 500, [False, True, False]),
        ("selection/min_score", 3.0, [False, False, False]),
    ],
)
def test_how_it_is_asked_and_read_changes_the_digest_of_its_role_alone(
    load: Load, key: str, value: Any, changed: list[bool]
) -> None:
    """In the order model, annotator, judge: another template or another cut is another instrument."""
    pairs = zip(digests(load({})), digests(load({key: value})), strict=True)
    assert [before != after for before, after in pairs] == changed


def test_sampling_holds_what_was_set_and_nothing_else(load: Load) -> None:
    """The name of the table is what is asked for unless the settings say otherwise; a role may add its own."""
    settings = load({"models/one/temperature": 0.0, "models/two-2.5/served_model": "two"})
    assert settings.sampling_of("one") == {"served_model": "one", "temperature": 0.0, "extra_body": {}}
    assert settings.sampling_of("two-2.5", max_tokens=1) == {"served_model": "two", "extra_body": {}, "max_tokens": 1}


def test_small_models_say_one_token(load: Load) -> None:
    """Who is read by log-probabilities says no more, whatever the model's own limit is."""
    changes = {"judges/0/reads": "digits", "selection/marks": "logprobs", "models/one/max_tokens": 500}
    settings = load(changes)
    for sampling in (settings.sampling_of_judge(settings.judges[0]), settings.sampling_of_annotator()):
        assert (sampling["max_tokens"], sampling["logprobs"], sampling["top_logprobs"]) == (1, True, 20)
    assert settings.sampling_of("one")["max_tokens"] == 500
    assert (settings.judges[0].template, settings.strong_annotator.template) == ("judge_digit", "criterion")
    assert (load({}).judges[0].template, load({}).strong_annotator.template) == ("judge", "criteria")


def test_structured_output_asks_for_the_form_of_what_is_read_as_data(load: Load) -> None:
    """Marks, verdicts and names; not answers, and not where one token is read. Off, nothing of it is in a key."""
    settings = load({"models/one/structured_output": True})
    for sampling, name in (
        (settings.sampling_of_annotator(), "criteria"),
        (settings.sampling_of_judge(settings.judges[0]), "judge"),
        (settings.sampling_of("one", "topic_name"), "topic_name"),
    ):
        assert sampling["response_format"]["json_schema"]["name"] == name
    small = load({"models/one/structured_output": True, "judges/0/reads": "digits", "selection/marks": "logprobs"})
    for sampling in (
        settings.sampling_of("one"),
        load({}).sampling_of_annotator(),
        small.sampling_of_annotator(),
        small.sampling_of_judge(small.judges[0]),
    ):
        assert "response_format" not in sampling


@pytest.mark.parametrize(
    ("told", "counts"),
    [((5.0, 10), (5.0, 7)), ((None, None), (20.0, 7)), ((30.0, None), (20.0, 7)), ((0.0, 0), (0.0, 0))],
)
def test_of_two_caps_the_lower_counts(
    load: Load, told: tuple[float | None, int | None], counts: tuple[float, int]
) -> None:
    """The nightly deployment has a cap of its own, and never lifts that of the settings."""
    budget = load({"budget/usd": 20.0, "budget/calls": 7}).budget.at_most(*told)
    assert (budget.usd, budget.calls) == counts
    assert load({}).budget.at_most(None, 3).usd is None


def test_the_baseline_plays_wherever_it_is_named(load: Load) -> None:
    """Once, in the order of the settings; roles name who else is asked."""
    assert load({"evaluation/models": ["two-2.5"]}).contestants == ("two-2.5", "one")
    assert load({}).contestants == ("one", "two-2.5")
    assert load({}).roles == {
        "embedder.model": "one",
        "namer.model": "one",
        "annotator.model": "one",
        "evaluation.baseline": "one",
        "evaluation.models.0": "one",
        "evaluation.models.1": "two-2.5",
        "judges.0.model": "one",
    }


def test_a_call_costs_what_its_tokens_cost(load: Load) -> None:
    """Per million, each direction by its own price; what was not counted costs nothing."""
    prices = {"models/one/usd_per_million_tokens_in": 2.0, "models/one/usd_per_million_tokens_out": 8.0}
    model = load(prices).models["one"]
    assert model.cost_usd(1_000_000, 500_000) == pytest.approx(6.0)
    assert model.cost_usd(None, None) == 0.0


def test_a_key_that_is_not_set_is_named(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """File, key and variable; an empty one is none. Who needs no key has none."""
    settings = load({"endpoints/ours/key_variable": "OUR_KEY", "endpoints/free/base_url": "http://127.0.0.1:1/v1"})
    monkeypatch.delenv("OUR_KEY", raising=False)
    told = r"benchbuilder\.toml: endpoints\.ours\.key_variable: OUR_KEY is not set"
    with pytest.raises(SettingsError, match=told):
        settings.check_keys(("two-2.5", "one"))
    monkeypatch.setenv("OUR_KEY", "")
    with pytest.raises(SettingsError, match=told):
        settings.key_of("ours")
    assert settings.key_of("free") is None


@pytest.mark.parametrize("key", ["sk-one\n", "sk-one ", " sk-one", "sk-\u2026", "sk-\x1b"])
def test_a_key_that_no_header_can_hold_is_named_and_not_shown(
    load: Load, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """A file read into a variable ends with a line break."""
    monkeypatch.setenv("OUR_KEY", key)
    with pytest.raises(SettingsError, match="OUR_KEY holds a line break") as caught:
        load({"endpoints/ours/key_variable": "OUR_KEY"}).key_of("ours")
    assert "sk-" not in str(caught.value)


def test_a_key_is_read_when_it_is_needed_and_never_shown(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a rotated key works and no log holds one."""
    settings = load({"endpoints/ours/key_variable": "OUR_KEY"})
    monkeypatch.setenv("OUR_KEY", "not-a-real-key")
    key = settings.key_of("ours")
    assert key is not None
    assert key.get_secret_value() == "not-a-real-key"
    assert "not-a-real-key" not in f"{key} {key!r} {settings!r}"
    settings.check_keys(("one", "two-2.5"))


def test_a_source_may_be_a_public_benchmark(load: Load) -> None:
    """Then its texts are what no question may repeat."""
    assert load({}).public_benchmarks == ()
    assert load({"sources/0/public_benchmark": True}).public_benchmarks == ("logs",)


def test_vetoes_lie_beside_the_settings(load: Load, tmp_path: Path) -> None:
    """A path is relative to the file that names it; no path, no vetoes; a missing file is told with its key."""
    assert load({}).load_vetoes() == {}
    settings = load({"vetoes": "vetoes.csv"})
    with pytest.raises(SettingsError, match=r"benchbuilder.toml: vetoes: .*vetoes.csv: cannot be read"):
        settings.load_vetoes()
    (tmp_path / "vetoes.csv").write_text("prompt_id,text,reason,by\n,Who am I?,rude,Ana\n", encoding="utf-8")
    assert [veto.said_by for veto in settings.load_vetoes().values()] == ["Ana"]


def test_a_cascade_is_off_until_its_table_stands(load: Load) -> None:
    """Then a regression on the embeddings is cheap, or the model that is named, read by log-probabilities."""
    assert load({}).annotator.cascade is None
    settings = load({"annotator/cascade/wanted_recall": 0.9})
    assert settings.cheap_annotator is None
    assert settings.builders == ("one", "one", "one")
    settings = load({"annotator/cascade/model": "two-2.5"})
    assert settings.cheap_annotator is not None
    assert (settings.cheap_annotator.model, settings.cheap_annotator.template) == ("two-2.5", "criterion")
    assert settings.builders[-1] == settings.roles["annotator.cascade.model"] == "two-2.5"
    assert settings.sampling_of_annotator(settings.cheap_annotator)["max_tokens"] == 1
    assert settings.digest_of_annotator(settings.cheap_annotator) != settings.digest_of_annotator()
    assert settings.digest_of_annotator() == load({}).digest_of_annotator()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"selection/marks": "logprobs"}, "annotator.cascade: needs a strong annotator that is read by its list"),
        ({"selection/min_score_quantile": 0.5}, "annotator.cascade: needs selection.min_score, not min_score_quantile"),
        ({"annotator/cascade/model": "gone"}, "annotator.cascade.model: unknown name 'gone'"),
        ({"annotator/cascade/wanted_recall": 1.0}, "annotator.cascade.wanted_recall: Input should be less than 1"),
    ],
)
def test_what_a_cascade_cannot_do_is_told(load: Load, changes: dict[str, Any], message: str) -> None:
    """Before anything is asked, and with the key."""
    with pytest.raises(SettingsError, match=re.escape(message)):
        load({"annotator/cascade/seed": 1, **changes})
