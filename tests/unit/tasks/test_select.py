"""A version that comes again after another one is the newest again, and is asked about."""

import asyncio
from types import SimpleNamespace

import pytest

from benchbuilder.criteria import CRITERIA, PARSER_VERSION
from benchbuilder.text import digest_of
from tasks import Run, benchmark_of
from tasks.select import is_build_due, select
from tests.fakes.scene import Scene
from tests.unit.tasks.conftest import FIRST_DAY, Append, Open

COUNT_EACH_DAY = 8


@pytest.fixture(autouse=True)
def _sampling_alone(scene: Scene) -> None:
    """One topic, three questions, none of them kept for its own sake."""
    scene.change("selection", count_per_topic=3, keep_share=0.0)
    scene.change("cadence", rebuild_every_days=7)


@pytest.fixture
def come(append: Append, open_run: Open) -> None:
    """The prompts of two days, all good; those of the second day are vetoed at first."""
    for day in range(2):
        arrive(append, open_run(), day)
    append(clusterings=[{"clustering_id": "c", "as_of": FIRST_DAY}], topics=[{"clustering_id": "c", "topic_id": "t"}])
    append(exclusions=decisions(1, decision=0, is_lifted=False))


def ids_of(day: int) -> list[str]:
    """The prompts that came on a day."""
    return [digest_of([day, number])[:32] for number in range(COUNT_EACH_DAY)]


def arrive(append: Append, run: Run, day: int) -> None:
    """Prompts accepted, in the topic, and marked with all criteria."""
    ids = ids_of(day)
    marks = {
        "annotator": run.settings.annotator.model,
        "annotator_digest": run.settings.digest_of_annotator(),
        "parser_version": PARSER_VERSION,
        "is_readable": True,
        **{criterion.name: 1.0 for criterion in CRITERIA},
    }
    accepted = {"curation_digest": digest_of(run.settings.curation), "outcome": "accepted"}
    append(
        prompts=[{"prompt_id": one, "text": one} for one in ids],
        curations=[{"prompt_id": one, **accepted} for one in ids],
        topic_members=[{"clustering_id": "c", "prompt_id": one, "topic_id": "t"} for one in ids],
        annotations=[{"prompt_id": one, **marks} for one in ids],
    )


def decisions(day: int, *, decision: int, is_lifted: bool) -> list[dict[str, object]]:
    """Vetoes of all prompts of a day, or their end."""
    return [{"prompt_id": one, "decision": decision, "is_lifted": is_lifted, "reason": "vetoed"} for one in ids_of(day)]


def choose(run: Run) -> str:
    """The version of this run."""
    return asyncio.run(select.fn(run))


def key_of(run: Run) -> str:
    """What Prefect would remember the step by."""
    assert select.cache_key_fn is not None
    return str(select.cache_key_fn(SimpleNamespace(task=select), {"run": run}))  # pyright: ignore[reportArgumentType]


@pytest.mark.usefixtures("come")
def test_a_veto_brings_the_older_version_back(append: Append, open_run: Open) -> None:
    """It is the newest again for whoever asks models, its rows stay, and the run after it stays with it."""
    first = choose(open_run())
    append(exclusions=decisions(1, decision=1, is_lifted=True))
    second = choose(open_run(1))
    assert second != first
    append(exclusions=decisions(1, decision=2, is_lifted=False))
    run = open_run(2)
    assert choose(run) == first
    assert benchmark_of(run, None) == first
    assert choose(open_run(3)) == first
    choices = run.warehouse.read("select benchmark_id, previous_id from choices order by chosen_at").rows()
    assert choices == [(first, None), (second, first), (first, second)]
    assert run.warehouse.read("select count(*) from questions").item() == 2 * 3


@pytest.mark.usefixtures("come")
def test_the_next_build_is_due_from_the_latest_choice_on(append: Append, open_run: Open) -> None:
    """Not from the day on which the version was frozen first."""
    assert is_build_due(open_run())
    choose(open_run())
    append(exclusions=decisions(1, decision=1, is_lifted=True))
    choose(open_run(7))
    append(exclusions=decisions(1, decision=2, is_lifted=False))
    choose(open_run(14))
    assert [is_build_due(open_run(day)) for day in (14, 20, 21)] == [False, False, True]


@pytest.mark.usefixtures("come")
def test_what_comes_again_is_not_remembered_but_chosen(append: Append, open_run: Open) -> None:
    """Prompts and newest version are as they were before, and yet Prefect must not skip the step."""
    choose(open_run())
    append(exclusions=decisions(1, decision=1, is_lifted=True))
    before = key_of(open_run())
    second = choose(open_run(1))
    append(exclusions=decisions(1, decision=2, is_lifted=False))
    choose(open_run(2))
    append(exclusions=decisions(1, decision=3, is_lifted=True))
    assert key_of(open_run()) != before
    assert choose(open_run(3)) == second
    key = key_of(open_run())
    assert choose(open_run(4)) == second
    assert key_of(open_run()) == key
