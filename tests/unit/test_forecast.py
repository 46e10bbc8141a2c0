"""The forecast counts the requests that would be sent, and what is paid is not in it."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchbuilder.forecast import TOKENS_PER_MESSAGE, UNKNOWN_OUTPUT, Step, forecast, tokens_of
from benchbuilder.ledger import Ledger
from benchbuilder.llm.requests import Request
from benchbuilder.schemas import frame_of
from benchbuilder.settings import Settings, load_settings
from benchbuilder.text import count_tokens
from benchbuilder.warehouse import Warehouse
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene
from tests.sql.conftest import filled

PRICED = {"endpoint": "scripted", "usd_per_million_tokens_in": 1e6, "usd_per_million_tokens_out": 2e6}


@pytest.fixture
def scene(tmp_path: Path, scripted_server: RunningServer) -> Scene:
    """Three models, one of them with prices and a limit, and a judge."""
    scene = Scene(tmp_path, scripted_server.base_url, [tmp_path / "crowd.jsonl"])
    scene.change("models", **{"model-70": PRICED | {"max_tokens": 9}})
    return scene


@pytest.fixture
def warehouse(scene: Scene) -> Warehouse:
    """One version of two questions."""
    warehouse = Warehouse(scene.state_dir)
    moment = datetime(2026, 5, 4, tzinfo=UTC)
    prompts = [{"prompt_id": name, "text": f"What is the {name} of it?"} for name in ("sum", "root")]
    questions = [
        {"benchmark_id": "v", "prompt_id": one["prompt_id"], "question_ref": one["prompt_id"]} for one in prompts
    ]
    for relation, rows in (
        ("prompts", prompts),
        ("questions", questions),
        ("benchmarks", [{"benchmark_id": "v", "frozen_at": moment, "as_of": moment}]),
    ):
        warehouse.append(relation, frame_of(relation, [filled(relation, row) for row in rows]))
    return warehouse


def answer_all(warehouse: Warehouse, settings: Settings) -> None:
    """Pay for the answers of model-70; no row of them is appended, as after a kill."""
    requests = [
        Request("answer", "model-70", "", {"prompt": text}, settings.sampling_of("model-70"))
        for text in warehouse.read("select text from prompts order by prompt_id")["text"]
    ]

    async def ask() -> None:
        async with Ledger(warehouse, settings, "earlier") as ledger:
            await ledger.fulfil("earlier", requests)

    asyncio.run(ask())


def answers_of_70(warehouse: Warehouse, settings: Settings) -> Step:
    """What its answers would cost."""
    steps = forecast(warehouse, settings, "v")
    return next(step for step in steps if (step.step, step.model) == ("answer", "model-70"))


def test_tokens_are_those_of_the_messages_that_would_be_sent() -> None:
    """A system prompt is one of them; of a text to embed what is cut off is not counted."""
    asked = Request("answer", "m", "", {"prompt": "Why is it so?"}, {"served_model": "m", "system_prompt": "Be brief."})
    assert tokens_of(asked) == count_tokens("Why is it so?") + count_tokens("Be brief.") + 2 * TOKENS_PER_MESSAGE
    embedded = Request("embed", "e", "", {"0000": "one two three four", "0001": "one"}, {"max_input_tokens": 2})
    assert tokens_of(embedded) == 3


def test_answers_cost_what_goes_in_and_at_most_what_may_come_out(scene: Scene, warehouse: Warehouse) -> None:
    """A model that was never asked is taken at its max_tokens, or at a guess where it has none."""
    steps = {(step.step, step.model): step for step in forecast(warehouse, load_settings(scene.config), "v")}
    told = steps["answer", "model-70"]
    tokens_in = sum(count_tokens(f"What is the {name} of it?") + TOKENS_PER_MESSAGE for name in ("sum", "root"))
    assert (told.count_calls, told.count_paid, told.count_tokens_in) == (2, 0, tokens_in)
    assert told.count_tokens_out == 2 * 9
    assert told.cost_usd == pytest.approx(tokens_in + 2 * 18)
    assert steps["answer", "model-30"].count_tokens_out == 2 * UNKNOWN_OUTPUT
    assert steps["answer", "model-30"].cost_usd == 0


def test_what_is_paid_is_not_paid_again(scene: Scene, warehouse: Warehouse) -> None:
    """Also where its row is missing; and what came out before is what will come out."""
    settings = load_settings(scene.config)
    answer_all(warehouse, settings)
    told = next(
        step for step in forecast(warehouse, settings, "v") if (step.step, step.model) == ("answer", "model-70")
    )
    assert (told.count_calls, told.count_paid, told.cost_usd) == (0, 2, 0)
    scene.change("models", **{"model-70": PRICED | {"max_tokens": 9, "revision": "second"}})
    again = answers_of_70(warehouse, load_settings(scene.config))
    mean = warehouse.read("select avg(count_tokens_out) from completions").item()
    assert again.count_calls == 2
    assert again.count_tokens_out == round(2 * mean)


def test_games_of_answers_that_are_not_there_are_estimated_and_say_so(scene: Scene, warehouse: Warehouse) -> None:
    """Both orders of every question, for each model but the baseline."""
    judged = [step for step in forecast(warehouse, load_settings(scene.config), "v") if step.step == "judge"]
    assert [(step.about, step.count_calls) for step in judged] == [("model-70", 4), ("model-30", 4)]
    assert all("not there yet" in step.note and step.count_tokens_in > 4 * 9 for step in judged)


def test_an_answer_that_never_comes_is_judged_in_no_forecast(
    scene: Scene, warehouse: Warehouse, scripted_server: RunningServer
) -> None:
    """A refusal is final, so its games are not made; the answers of the others are still to come."""
    settings = load_settings(scene.config)
    scripted_server.fail("refusal", model="model-70", times=1)
    answer_all(warehouse, settings)
    judged = [step for step in forecast(warehouse, settings, "v") if step.step == "judge"]
    assert [(step.about, step.count_calls) for step in judged] == [("model-70", 2), ("model-30", 4)]


def test_a_judge_that_says_one_token_is_taken_at_one(scene: Scene, warehouse: Warehouse) -> None:
    """Though it was never asked."""
    scene.tables["judges"] = [{"model": "judge", "reads": "digits"}]
    judged = [step for step in forecast(warehouse, load_settings(scene.config), "v") if step.step == "judge"]
    assert [step.count_tokens_out for step in judged] == [4, 4]


def test_both_annotators_of_a_cascade_are_in_it(scene: Scene, warehouse: Warehouse) -> None:
    """Seven calls of the small model a member, one of the strong one for each of the sample; and who may come later."""
    names = [f"p{number:02}" for number in range(30)]
    for relation, rows in (
        ("prompts", [{"prompt_id": name, "text": f"Why {name}?"} for name in names]),
        ("clusterings", [{"clustering_id": "c"}]),
        ("topic_members", [{"clustering_id": "c", "prompt_id": name} for name in names]),
    ):
        warehouse.append(relation, frame_of(relation, [filled(relation, row) for row in rows]))
    scene.change("models", small=PRICED)
    scene.change("annotator", cascade={"model": "small"})
    steps = {step.step: step for step in forecast(warehouse, load_settings(scene.config), None)}
    cheap, strong = steps["annotate cheaply"], steps["annotate"]
    assert (cheap.model, cheap.count_calls, cheap.count_tokens_out, cheap.note) == ("small", 7 * 30, 7 * 30, "")
    assert cheap.cost_usd == pytest.approx(cheap.count_tokens_in + 2 * 7 * 30)
    assert (strong.model, strong.count_calls) == ("annotator", 3)
    assert strong.note == "of 27 more prompts, those that the cascade lets pass once it has marked them"
    scene.change("annotator", cascade={})
    alone = [step for step in forecast(warehouse, load_settings(scene.config), None) if "annotate" in step.step]
    assert [(step.count_calls, bool(step.note)) for step in alone] == [(3, True)]


def test_without_a_version_nobody_is_asked(scene: Scene) -> None:
    """Nothing is in the warehouse, so nothing can be planned."""
    steps = forecast(Warehouse(scene.state_dir), load_settings(scene.config), None)
    assert [(step.step, step.count_calls, step.cost_usd) for step in steps] == [
        ("embed", 0, 0),
        ("name topics", 0, 0),
        ("annotate", 0, 0),
    ]
