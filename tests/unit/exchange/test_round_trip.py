"""Out and in again: an exported version, imported into a fresh state folder, has the same board to the last bit."""

from pathlib import Path

import pytest

from benchbuilder.boards import read_contest
from benchbuilder.errors import NothingToRunError, SourceError, UsageError
from benchbuilder.exchange.arena_hard import Imported, import_arena_hard
from benchbuilder.exchange.export import export_arena_hard
from benchbuilder.rating.options import RatingSettings
from benchbuilder.text import prompt_id_of
from benchbuilder.warehouse import Warehouse
from tests.fakes import small_arena as arena
from tests.unit.exchange.conftest import NewState, board_rows, build_native

EVERYBODY = (*arena.MODELS, arena.MUTE)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, new_state: NewState) -> Imported:
    """Two judges, and one model of which half was read."""
    folder = arena.write_v20(tmp_path_factory.mktemp("round") / "small", arena.games(EVERYBODY))
    return import_arena_hard(new_state("imported"), folder)


@pytest.fixture(scope="module")
def out(imported: Imported, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that it was exported to."""
    folder = tmp_path_factory.mktemp("exported") / "out"
    assert export_arena_hard(imported.snapshot, folder).benchmark_id == imported.benchmark_id
    return folder


@pytest.fixture(scope="module")
def again(out: Path, new_state: NewState) -> Imported:
    """That folder, imported into a fresh state."""
    return import_arena_hard(new_state("again"), out)


def test_an_import_comes_back(imported: Imported, out: Path, again: Imported) -> None:
    """With two judges and unreadable verdicts: the same version, board, judgments and answers."""
    assert sorted(path.relative_to(out).parts[0] for path in out.rglob("*.jsonl")) == [
        *["model_answer"] * 5,
        *["model_judgment"] * 8,
        "question.jsonl",
    ]
    assert again.benchmark_id == imported.benchmark_id
    assert board_rows(again.snapshot) == board_rows(imported.snapshot)
    for query in (
        "select question_ref, text, category, topic from imported_questions order by all",
        "select question_ref, model, text, count_tokens, count_lists from all_answers order by all",
        "select * exclude (location, line, imported_at) from imported_judgments order by all",
    ):
        assert again.snapshot.read(query).rows() == imported.snapshot.read(query).rows()


@pytest.mark.parametrize(
    "settings",
    [
        RatingSettings(styles=("length", "markdown")),
        RatingSettings(cluster="topic"),
        RatingSettings(ensemble="median", min_share_readable=0.5),
        RatingSettings(method="bootstrap", count_rounds=50, seed=3),
    ],
    ids=["style", "topic", "median", "bootstrap"],
)
def test_it_comes_back_however_it_is_fitted(imported: Imported, again: Imported, settings: RatingSettings) -> None:
    """Answers, topics and orders come along, so every other board is the same too."""
    theirs = read_contest(again.snapshot).fit(settings).rows
    assert theirs.rows() == read_contest(imported.snapshot).fit(settings).rows.rows()


def test_battles_come_back(new_state: NewState, tmp_path: Path) -> None:
    """Without texts and without an order; both stay unknown."""
    path = arena.write_battles(tmp_path / "battles.jsonl", arena.games(judges=["owl"]))
    imported = import_arena_hard(new_state("battles"), path)
    export_arena_hard(imported.snapshot, tmp_path / "out")
    again = import_arena_hard(new_state("again"), tmp_path / "out")
    assert board_rows(again.snapshot) == board_rows(imported.snapshot)
    games = again.snapshot.read("from judged_games")
    assert games.select("baseline_first", "question").null_count().row(0) == (96, 96)


def test_several_baselines_come_back(new_state: NewState, tmp_path: Path) -> None:
    """Each record names its own."""
    played = arena.games(questions=arena.QUESTIONS[:9])
    played += arena.games(baseline=arena.OTHER_BASE, questions=arena.QUESTIONS[9:])
    imported = import_arena_hard(new_state("two"), arena.write_v20(tmp_path / "two", played, parts="j"))
    export_arena_hard(imported.snapshot, tmp_path / "out")
    again = import_arena_hard(new_state("again"), tmp_path / "out")
    assert board_rows(again.snapshot) == board_rows(imported.snapshot)


def test_names_that_are_no_file_names_come_back(new_state: NewState, tmp_path: Path) -> None:
    """The true name stands in the records, whatever the file is called."""
    models = ("org/able v1", "../up", "even|1*")
    path = arena.write_verdicts(tmp_path / "verdicts.jsonl", arena.games(models, judges=["a/judge: one"]))
    imported = import_arena_hard(new_state("names"), path)
    done = export_arena_hard(imported.snapshot, tmp_path / "out")
    assert all(path.is_relative_to(tmp_path / "out") and ".." not in path.parts for path in done.paths)
    again = import_arena_hard(new_state("again"), tmp_path / "out")
    assert board_rows(again.snapshot) == board_rows(imported.snapshot)
    assert {row[0] for row in board_rows(again.snapshot)} == {*models, arena.BASE}


def _native_games() -> list[arena.Game]:
    """Two judges; of `mute` half is unreadable, and one game of `even-2` was never judged."""
    return [game for game in arena.games(EVERYBODY) if game[:4] != ("q03", "even-2", "base", "owl")]


def test_a_version_built_here_comes_back(new_state: NewState, tmp_path: Path) -> None:
    """Also what was wanted and never judged, by one judge or of a whole model: it still counts against the gate."""
    warehouse = new_state("native")
    snapshot = build_native(warehouse, _native_games(), models=["absent"])
    ours = board_rows(snapshot)
    assert [(row[0], row[4], row[6]) for row in ours] == [
        ("able", 1, 64),
        ("even-1", 2, 64),
        ("base", 2, 128),
        ("even-2", None, 62),
        ("mute", None, 32),
        ("absent", None, 0),
    ]
    export_arena_hard(snapshot, tmp_path / "out")
    again = import_arena_hard(new_state("again"), tmp_path / "out")
    assert board_rows(again.snapshot) == ours
    texts = "select text from benchmark_questions order by text"
    assert again.snapshot.read(texts).rows() == snapshot.read(texts).rows()
    references = again.snapshot.read("select distinct question_ref from judged_games")
    assert set(references["question_ref"]) == {prompt_id_of(arena.text_of(question)) for question in arena.QUESTIONS}
    reasons = again.snapshot.read("select model, reason, count(*) from judged_games where reason > '' group by all")
    assert sorted(reasons.rows()) == [("absent", "missing", 64), ("even-2", "missing", 2), ("mute", "no_verdict", 32)]


def test_a_version_built_here_stays_itself_beside_its_import(new_state: NewState, tmp_path: Path) -> None:
    """Brought into the same warehouse, the export is a version of its own; neither board, text nor label mixes."""
    warehouse = new_state("both")
    snapshot = build_native(warehouse, _native_games())
    questions = "from benchmark_questions where benchmark_id = $id order by question_ref"
    ours, native = board_rows(snapshot), snapshot.read(questions, id="b" * 32)
    export_arena_hard(snapshot, tmp_path / "out")
    done = import_arena_hard(warehouse, tmp_path / "out")
    assert done.benchmark_id
    assert board_rows(done.snapshot, benchmark_id="b") == board_rows(done.snapshot, benchmark_id=done.benchmark_id)
    assert board_rows(done.snapshot) == ours
    assert done.snapshot.read(questions, id="b" * 32).equals(native)
    counts = done.snapshot.read("select benchmark_id, count(*) as n from judged_games group by all")
    assert dict(counts.iter_rows()) == {"b" * 32: 254, done.benchmark_id: 256}


def test_canaries_stay_at_home(new_state: NewState, tmp_path: Path) -> None:
    """Elsewhere nobody would know that they are no models: the models come back with the ranks that they had."""
    warehouse = new_state("canary")
    snapshot = build_native(warehouse, arena.games((*arena.MODELS, "even-3")), canaries={"even-3": "canary: of a test"})
    ours = [row for row in board_rows(snapshot) if row[0] != "even-3"]
    assert len(ours) == 4
    done = export_arena_hard(snapshot, tmp_path / "out")
    assert not [path for path in done.paths if "even-3" in path.name]
    again = import_arena_hard(new_state("again"), tmp_path / "out")
    assert board_rows(again.snapshot) == ours


def test_nothing_is_written_over(imported: Imported, out: Path) -> None:
    """A folder with such files stays as it is."""
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(SourceError, match="already holds"):
        export_arena_hard(imported.snapshot, out)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_what_cannot_be_exported_is_told(imported: Imported, new_state: NewState, tmp_path: Path) -> None:
    """An unknown version is usage; a version without a board is nothing to run; neither leaves a folder."""
    with pytest.raises(UsageError, match="benchmark ffff is unknown"):
        export_arena_hard(imported.snapshot, tmp_path / "out", "ffff")
    warehouse: Warehouse = new_state("questions")
    questions = import_arena_hard(warehouse, arena.write_v20(tmp_path / "small", [], parts="q"))
    with pytest.raises(NothingToRunError, match="No board yet"):
        export_arena_hard(questions.snapshot, tmp_path / "out")
    assert not (tmp_path / "out").exists()
