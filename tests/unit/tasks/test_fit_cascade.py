"""What a fit is learned from, and whom it marks."""

import asyncio
from typing import Any

import pytest

from benchbuilder.asking.cascades import plan_sample
from benchbuilder.criteria import CRITERIA, PARSER_VERSION
from benchbuilder.errors import IncompleteError
from benchbuilder.settings import Annotator
from benchbuilder.text import digest_of
from tasks import Run
from tasks.fit_cascade import fit_cascade
from tests.fakes.scene import Scene
from tests.unit.tasks.conftest import Append, Open

MEMBERS = [digest_of(number)[:32] for number in range(60)]
NEW = [digest_of(number)[:32] for number in range(60, 70)]


@pytest.fixture(autouse=True)
def _cascade(scene: Scene) -> None:
    """A sample of twenty of the sixty, read by a small model."""
    scene.change("models", small={"endpoint": "scripted"})
    use(scene, model="small")


def use(scene: Scene, **table: Any) -> None:
    """The table [annotator.cascade]."""
    scene.change("annotator", cascade={"count_sample": 20, "max_share_sample": 0.5, "min_picks": 2, **table})


def come(append: Append, ids: list[str]) -> None:
    """Prompts stand in a topic."""
    append(
        prompts=[{"prompt_id": one, "text": one} for one in ids],
        topic_members=[{"clustering_id": "c", "prompt_id": one} for one in ids],
    )


def embed(append: Append, run: Run, ids: list[str]) -> None:
    """Vectors of two numbers, one per half of the ids."""
    by = run.settings.embedded_by
    append(embeddings=[{"prompt_id": one, "vector": [float(is_good(one)), 1.0], **by} for one in ids])


def mark(append: Append, run: Run, annotator: Annotator, ids: list[str], *, is_readable: bool = True) -> None:
    """All criteria are met by one half of the ids; the small model is nearly as sure of it as the strong one."""
    told = {
        "annotator": annotator.model,
        "annotator_digest": run.settings.digest_of_annotator(annotator),
        "parser_version": PARSER_VERSION,
        "is_readable": is_readable,
    }
    likelihoods = (0.1, 0.9) if annotator.model == "small" else (0.0, 1.0)
    marks = {one: dict.fromkeys((c.name for c in CRITERIA), likelihoods[is_good(one)]) for one in ids}
    append(annotations=[{"prompt_id": one, **told, **(marks[one] if is_readable else {})} for one in ids])


def is_good(prompt_id: str) -> bool:
    """By its id."""
    return int(prompt_id[-1], 16) % 2 == 0


@pytest.fixture
def run(append: Append, open_run: Open) -> Run:
    """The sample is marked by the strong annotator, nobody by the small model."""
    append(clusterings=[{"clustering_id": "c"}])
    come(append, MEMBERS)
    run = open_run()
    mark(append, run, run.settings.strong_annotator, sample_of(run))
    return run


def sample_of(run: Run) -> list[str]:
    """As the flow draws it."""
    assert run.settings.annotator.cascade is not None
    return plan_sample(run.warehouse, run.settings.annotator.cascade)


def small(run: Run) -> Annotator:
    """The cheap annotator."""
    assert run.settings.cheap_annotator is not None
    return run.settings.cheap_annotator


def fit(run: Run) -> str:
    """The step without Prefect."""
    return asyncio.run(fit_cascade.fn(run))


def passed(run: Run) -> dict[str, bool]:
    """Whether each prompt that was marked passes."""
    return dict(run.warehouse.read("select prompt_id, is_passed from cascade_members").iter_rows())


@pytest.mark.parametrize("count_seen", [0, 10])
def test_nothing_is_fitted_to_a_sample_that_the_small_model_has_not_seen(
    run: Run, append: Append, count_seen: int
) -> None:
    """It was away that night; else all would pass until the next full clustering."""
    mark(append, run, small(run), sample_of(run)[:count_seen])
    with pytest.raises(IncompleteError, match="marked by both annotators"):
        fit(run)
    assert run.warehouse.read("from cascades").is_empty()


def test_nothing_is_fitted_before_the_small_model_has_seen_the_crowd(run: Run, append: Append) -> None:
    """Though it has seen the sample."""
    mark(append, run, small(run), sample_of(run))
    with pytest.raises(IncompleteError, match="40 of 60 prompts are not marked by the cheap annotator"):
        fit(run)
    assert passed(run) == {}


def test_whom_the_small_model_has_not_seen_waits_for_it(run: Run, append: Append, open_run: Open) -> None:
    """One of sixty, and later one of ten; they are marked in the night in which it has."""
    late = next(one for one in MEMBERS if one not in sample_of(run) and not is_good(one))
    mark(append, run, small(run), [one for one in MEMBERS if one != late])
    fit(run)
    assert passed(run).keys() == set(MEMBERS) - {late}
    come(append, NEW)
    mark(append, run, small(run), NEW[:1])
    fit(open_run(day=1))
    assert passed(run).keys() == {*MEMBERS, NEW[0]} - {late}
    mark(append, run, small(run), [late, *NEW[1:]])
    fit(open_run(day=2))
    assert passed(run).keys() == {*MEMBERS, *NEW}
    assert not passed(run)[late]
    assert run.warehouse.read("from cascades").height == 1


def test_whom_the_small_model_could_not_be_read_on_passes(run: Run, append: Append) -> None:
    """It has been asked, and nothing is known."""
    unread = next(one for one in MEMBERS if one not in sample_of(run) and not is_good(one))
    mark(append, run, small(run), [one for one in MEMBERS if one != unread])
    mark(append, run, small(run), [unread], is_readable=False)
    fit(run)
    others = [one for one in MEMBERS if one not in sample_of(run)]
    assert {one for one in others if passed(run)[one]} == {one for one in others if is_good(one)} | {unread}


def test_without_anybody_in_a_topic_there_is_nothing_to_fit(open_run: Open) -> None:
    """A small crowd may be outliers throughout."""
    run = open_run()
    assert fit(run) == "cascade: no prompt stands in a topic"
    assert run.warehouse.read("from cascades").is_empty()


@pytest.mark.parametrize("kind", ["model", "embeddings"])
def test_where_the_strong_one_could_not_be_read_on_the_sample_all_pass(
    scene: Scene, append: Append, open_run: Open, kind: str
) -> None:
    """There is nothing to learn from, and no pick."""
    use(scene, **({"model": "small"} if kind == "model" else {}))
    run = open_run()
    append(clusterings=[{"clustering_id": "c"}])
    come(append, MEMBERS)
    embed(append, run, MEMBERS)
    if kind == "model":
        mark(append, run, small(run), MEMBERS)
    mark(append, run, run.settings.strong_annotator, sample_of(run), is_readable=False)
    assert fit(run) == "cascade: 0 of 0 are picks, too few to turn anybody away"
    assert passed(run) == dict.fromkeys(MEMBERS, True)


@pytest.mark.parametrize("is_readable", [True, False])
def test_the_sample_may_be_the_whole_crowd(scene: Scene, append: Append, open_run: Open, *, is_readable: bool) -> None:
    """Then nobody is left to be marked by what was learned; read or unread."""
    use(scene, count_sample=100, max_share_sample=1.0)
    run = open_run()
    append(clusterings=[{"clustering_id": "c"}])
    come(append, MEMBERS)
    embed(append, run, MEMBERS)
    mark(append, run, run.settings.strong_annotator, MEMBERS, is_readable=is_readable)
    fit(run)
    assert passed(run).keys() == set(MEMBERS)
    assert run.warehouse.read("select count_sample from cascades").item() == len(MEMBERS)


def test_nobody_could_be_read_by_either(run: Run, append: Append) -> None:
    """No likelihood at all: all pass."""
    mark(append, run, small(run), MEMBERS, is_readable=False)
    fit(run)
    assert passed(run) == dict.fromkeys(MEMBERS, True)
