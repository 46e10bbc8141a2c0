"""A cheap annotator before the strong one: who is asked about what, and what selection makes of it."""

import pytest

from tests.fakes.nights import COUNT_CROWD, Told, run_night
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene

pytestmark = pytest.mark.flow

CASCADE = {"count_sample": 40, "max_share_sample": 0.5, "min_picks": 5, "wanted_recall": 0.9}


def use_cascade(scene: Scene, **table: object) -> None:
    """Another strong annotator, so that nothing is paid yet, behind a cheap one."""
    scene.change("models", **{"annotator-2": {"endpoint": "scripted"}, "annotator-small": {"endpoint": "scripted"}})
    scene.change("annotator", model="annotator-2", cascade={**CASCADE, **table})
    scene.change(
        "selection", seed=5
    )  # the two strong annotators agree: with the same seed it would be the same version


def count(scene: Scene, query: str) -> int:
    """The number that a query gives."""
    return int(scene.snapshot.read(query).item())


@pytest.fixture(scope="module")
def cascaded(first_night: Told, server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The crowd of the first night, marked by a small model first."""
    scene = first_night.scene.branch(tmp_path_factory.mktemp("cascade") / "night")
    use_cascade(scene, model="annotator-small")
    return Told(scene, run_night(scene, server))


def test_the_strong_one_sees_the_sample_and_what_has_passed(cascaded: Told) -> None:
    """The small model marks every member of a topic, seven calls each; the strong one far fewer, one call each."""
    scene, night = cascaded
    assert night.state.name == "Completed"
    members = count(scene, "select count(*) from cascade_members")
    looked_at = count(scene, "select count(*) from cascade_members where is_sampled or is_passed")
    assert night.calls["annotator-small"] == 7 * members
    assert night.calls["annotator-2"] == looked_at < members <= COUNT_CROWD


def test_what_was_turned_away_says_so(cascaded: Told) -> None:
    """With the least expectation that passes, and what was expected of the prompt."""
    told = cascaded.scene.snapshot.read(
        "select threshold, measured from prompt_outcomes where reason = 'turned_away_by_cascade'"
    )
    assert told.height == count(
        cascaded.scene, "select count(*) from cascade_members where not (is_sampled or is_passed)"
    )
    assert (told["measured"] < told["threshold"]).all()


def test_recall_is_told_with_its_interval(cascaded: Told) -> None:
    """One row per fit: what the sample held, and how sure that is."""
    (fit,) = cascaded.scene.snapshot.read("from cascades").rows(named=True)
    assert fit["cheap_kind"] == "model"
    assert fit["count_kept"] >= 0.9 * fit["count_picks"] >= 0.9 * 5
    assert fit["recall_lower"] < fit["recall"] <= fit["recall_upper"]


def test_the_card_compares_the_two(cascaded: Told) -> None:
    """Per criterion, both ways, on the sample; and what each of them cost."""
    card = cascaded.scene.snapshot.read("from annotator_card where compared_with is not null")
    assert card.height > 0
    assert card["kappa"].is_between(-1, 1).all()
    assert set(card["annotator"]) >= {"annotator-2", "annotator-small (cascade)"}


def test_the_same_night_again_asks_nothing(cascaded: Told, server: RunningServer) -> None:
    """The fit stands, the sample is paid, the version is the same."""
    night = run_night(cascaded.scene, server)
    assert (night.state.name, night.calls.total()) == ("Completed", 0)
    assert count(cascaded.scene, "select count(*) from cascades") == 1


def test_the_embeddings_turn_away_too(branch: Scene, server: RunningServer) -> None:
    """With half of the picks wanted; the strong one is asked about the sample and what is left, and a version comes."""
    use_cascade(branch, wanted_recall=0.5)
    night = run_night(branch, server)
    assert night.state.name == "Completed"
    (fit,) = branch.snapshot.read("from cascades").rows(named=True)
    assert fit["cheap_kind"] == "embeddings"
    assert fit["count_kept"] < fit["count_picks"]
    looked_at = count(branch, "select count(*) from cascade_members where is_sampled or is_passed")
    assert night.calls["annotator-2"] == looked_at < fit["count_members"]
    turned_away = count(branch, "select count(*) from turned_away where reason = 'turned_away_by_cascade'")
    assert turned_away == fit["count_members"] - looked_at
    under = "select count(*) from cascade_members where not is_passed and cheap_score < $threshold"
    assert branch.snapshot.read(under, threshold=fit["threshold"]).item() >= turned_away


def test_the_embeddings_make_no_call(branch: Scene, server: RunningServer) -> None:
    """Without a small model a regression on the stored vectors marks; where its sample tells too little, all pass."""
    use_cascade(branch, min_picks=1000)
    night = run_night(branch, server)
    assert night.state.name == "Completed"
    assert night.calls["annotator-small"] == 0
    assert night.calls["annotator-2"] == count(branch, "select count(*) from cascade_members where is_passed")
    assert branch.snapshot.read("select cheap_kind, threshold from cascades").rows() == [("embeddings", None)]
