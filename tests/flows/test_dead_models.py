"""One model that cannot be asked: what it costs, what is published without it, and what the next night makes good."""

import pytest

from benchbuilder.errors import EndpointError, EndpointOutError
from tasks.answer import answer
from tests.fakes.crowd import prompts, write_crowd
from tests.fakes.nights import COUNT_CROWD, run_night
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene

pytestmark = pytest.mark.flow

COUNT_QUESTIONS = 30


def board_of(scene: Scene) -> list[tuple[str, int | None, str | None]]:
    """The published board: model, best rank, reason."""
    return scene.snapshot.read("select model, rank_low, reason from board").rows()


def test_dead_model_costs_its_row(branch: Scene, server: RunningServer) -> None:
    """Its answers Failed, all else is done and published, the flow is Partial; the next night asks what was missed."""
    branch.renew("model-30")
    server.fail("401", model="model-30")
    night = run_night(branch, server)
    assert night.state.name == "Partial"
    assert "model-30" in str(night.state.message)
    failed = {step for step, state in night.steps().items() if state != "Completed"}
    assert failed == {"answer model-30"}
    assert night.calls["judge"] == 0
    assert board_of(branch) == [
        ("model-70", 1, None),
        ("model-50", 2, None),
        ("model-30", None, "not ranked: 0 % read"),
    ]

    server.script(rules=[])
    night = run_night(branch, server)
    assert night.state.name == "Completed"
    assert night.calls == {"model-30": COUNT_QUESTIONS, "judge": 2 * COUNT_QUESTIONS}
    assert board_of(branch) == [("model-70", 1, None), ("model-50", 2, None), ("model-30", 3, None)]


@pytest.mark.parametrize("model", ["model-50", "judge"])
def test_without_baseline_or_judge_there_is_no_board(branch: Scene, server: RunningServer, model: str) -> None:
    """A dead baseline, or the only judge dead: Failed with the endpoint's error, and the old snapshot stays."""
    branch.renew(model)
    server.fail("401", model=model)
    old = branch.snapshot.path
    night = run_night(branch, server)
    assert (night.state.name, type(night.error), night.exit_code) == ("Failed", EndpointError, 6)
    assert branch.snapshot.path == old
    assert "publish" not in night.steps()


def test_dead_annotator_stops_the_build_only(branch: Scene, server: RunningServer) -> None:
    """The new prompts wait, evaluation goes on with the newest version, the flow is Partial; then they are marked."""
    branch.files = [*branch.files, write_crowd(branch.folder / "second.jsonl", prompts(20, start=COUNT_CROWD))]
    branch.renew("model-70")
    server.fail("401", model="annotator")
    night = run_night(branch, server, day=1)
    assert (night.state.name, night.error) == ("Partial", None)
    assert "build" in str(night.state.message)
    assert night.steps()["annotate"] == "Failed"
    assert night.calls["model-70"] == COUNT_QUESTIONS
    assert branch.snapshot.read("select count(*) from benchmarks").item() == 1
    assert branch.snapshot.read("select count(*) from funnel where reason = 'not_in_a_version_yet'").item() == 1

    server.script(rules=[])
    night = run_night(branch, server, day=1)
    assert night.state.name == "Completed"
    assert night.calls["annotator"] == 20
    assert branch.snapshot.read("select count(*) from benchmarks").item() == 2


@pytest.mark.parametrize("model", ["embedder", "annotator"])
def test_a_prompt_that_a_model_never_takes_stops_no_build(branch: Scene, server: RunningServer, model: str) -> None:
    """A version is frozen without it, the flow is Partial; with too many of them none is, for it would be another."""
    branch.files = [*branch.files, write_crowd(branch.folder / "second.jsonl", prompts(20, start=COUNT_CROWD))]
    branch.change("embedder", texts_per_call=1)
    branch.change("endpoints", scripted={"base_url": server.base_url, "limits": {"concurrency": 1}})
    branch.renew("annotator")
    server.fail("400", model=model, times=2 * 2)  # two prompts, and each is tried twice
    night = run_night(branch, server, day=1)
    assert (night.state.name, night.error) == ("Partial", None)
    assert "2 still open" in str(night.state.message)
    assert branch.snapshot.read("select count(*) from benchmarks").item() == 2

    done = {"embedder": "embedded", "annotator": "marked"}[model]
    branch.change("models", **{model: {"endpoint": "scripted", "revision": "third"}})
    server.fail("400", model=model, share=0.5)
    night = run_night(branch, server, day=2)
    assert night.state.name == "Partial"
    assert f"prompts are not {done} yet" in str(night.state.message)
    assert branch.snapshot.read("select count(*) from benchmarks").item() == 2


def test_model_that_is_out_for_a_moment(branch: Scene, server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past its deadline Prefect tries the step again, which asks only what is missing: the night is Completed."""
    monkeypatch.setattr(answer, "retry_delay_seconds", [0.5, 0.5])
    limits = {"deadline_seconds": 0.2, "concurrency": 1}  # while others are answered, one that fails is no outage
    branch.change("endpoints", scripted={"base_url": server.base_url, "limits": limits})
    branch.renew("model-30")
    server.fail("dead", model="model-30", after=10, times=1)
    night = run_night(branch, server)
    assert night.state.name == "Completed"
    assert branch.snapshot.read("select max(attempt) from completions where model = 'model-30'").item() == 0


def test_nobody_answers(branch: Scene, server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the endpoint is down the error says which one and for how long; the exit code is 6, the old board stays."""
    monkeypatch.setattr(answer, "retry_delay_seconds", [0, 0])
    with RunningServer() as gone:
        pass
    limits = {"deadline_seconds": 0.2}
    branch.change("endpoints", scripted={"base_url": gone.base_url, "limits": limits})
    branch.renew("model-50")
    old = branch.snapshot.path
    night = run_night(branch, server)
    assert (type(night.error), night.exit_code) == (EndpointOutError, 6)
    assert str(night.error).startswith("endpoint scripted: nobody answered for 0.2 s")
    assert branch.snapshot.path == old
