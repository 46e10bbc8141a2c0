"""Data of arena-hard-auto in: every layout leads to the same board, and what comes later attaches by its reference."""

from pathlib import Path

import polars as pl
import pytest

from benchbuilder.boards import read_contest
from benchbuilder.errors import NothingToRunError, SourceError
from benchbuilder.exchange.arena_hard import Imported, import_arena_hard
from benchbuilder.rating.bias import judge_bias
from benchbuilder.rating.options import RatingSettings
from tests.fakes import small_arena as arena
from tests.unit.exchange.conftest import NewState, board_rows, contents, has_changed

ONE_JUDGE = arena.games(judges=["owl"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Questions, answers, and judgments of two judges, of whom one model gives them half to read; v2.0."""
    return arena.write_v20(tmp_path_factory.mktemp("v20") / "small", arena.games((*arena.MODELS, arena.MUTE)))


@pytest.fixture(scope="module")
def imported(folder: Path, new_state: NewState) -> Imported:
    """That folder, imported. Shared: import nothing more into it."""
    return import_arena_hard(new_state("shared"), folder)


def test_a_folder_becomes_a_version_with_a_board(imported: Imported) -> None:
    """Every record counts once, the version is named after the folder, and its board is published."""
    assert imported.counts == {"imported_questions": 16, "given_answers": 16 * 5, "imported_judgments": 4 * 2 * 16 * 2}
    assert (imported.count_records, imported.count_known, imported.count_rejected) == (16 + 16 * 5 + 16 * 4 * 2, 0, 0)
    assert imported.note is None
    version = imported.snapshot.read("select benchmark_id, name, is_imported, count_questions from benchmarks")
    assert version.rows() == [(imported.benchmark_id, "small", True, 16)]
    assert imported.snapshot.read("select model from board").height == 5


def test_what_is_stored_is_what_is_fitted(imported: Imported) -> None:
    """The board in the mart and the one fitted from the judgments are the same to the last bit."""
    columns = ("model", "win_rate", "lower", "upper", "rank_low", "rank_high", "is_ranked", "reason", "count_questions")
    stored = imported.snapshot.read(f"select {', '.join(columns)} from board")  # noqa: S608 - our own names
    assert stored.rows() == board_rows(imported.snapshot, *columns)


def test_texts_and_labels_stand_beside_the_judgments(imported: Imported) -> None:
    """Question, both answers, the judge's words, topic and category, as they came in; nobody's prompt of a crowd."""
    row = imported.snapshot.read(
        "from judged_games where question_ref = 'q12' and model = 'able' and judge = 'owl' and baseline_first"
    ).row(0, named=True)
    assert row["question"] == arena.text_of("q12")
    assert (row["answer"], row["baseline_answer"]) == (arena.answer_of("able", "q12"), arena.answer_of("base", "q12"))
    assert row["judge_text"] == f"[[{row['verdict']}]]"
    assert (row["topic_name"], row["category"]) == ("Rhymes", "hard_prompt")
    assert imported.snapshot.read("select count(*) from prompts").item() == 0


def test_answers_are_measured(imported: Imported) -> None:
    """Length and Markdown are there for a style to be held equal, also where the file does not say them."""
    styles = imported.snapshot.read("select count_tokens, count_headers, count_lists, count_bold from all_answers")
    assert (styles["count_tokens"] > 5).all()
    assert styles.select("count_headers", "count_lists", "count_bold").unique().height == 8
    contest = read_contest(imported.snapshot)
    board = contest.fit(RatingSettings(styles=("length", "markdown")))
    assert board.style["style"].to_list() == ["length", "headers", "lists", "bold"]
    assert board.rows.filter("is_ranked").height == 4


def test_unreadable_judgments_are_counted_and_not_scored(imported: Imported) -> None:
    """Of one model half could be read: its win-rate is of that half, it has no rank, and the others are as without."""
    (mute,) = imported.snapshot.read(
        "select count_planned, count_judgments, share_readable, is_ranked, rank_low, reason from board"
        " where model = 'mute'"
    ).rows()
    assert mute == (64, 32, 0.5, False, None, "not ranked: 50 % read")
    unread = imported.snapshot.read("select distinct model, model_verdict, reason from judged_games where reason > ''")
    assert unread.rows() == [("mute", None, "no_verdict")]
    contest = read_contest(imported.snapshot)
    without = contest._replace(games=contest.games.filter(pl.col("model") != "mute")).fit().rows
    assert board_rows(imported.snapshot)[:4] == [row[:8] for row in without.select(_seen()).iter_rows()]


def _seen() -> list[str]:
    return ["model", "win_rate", "lower", "upper", "rank_low", "rank_high", "count_judgments", "share_readable"]


def test_importing_twice_changes_nothing(folder: Path, new_state: NewState) -> None:
    """No new row in any relation, the same snapshot, the same version; all that is known is counted."""
    warehouse = new_state("twice")
    first = import_arena_hard(warehouse, folder)
    before = contents(warehouse)
    second = import_arena_hard(warehouse, folder)
    assert has_changed(before, contents(warehouse)) == []
    assert second.snapshot.path == first.snapshot.path
    assert second.benchmark_id == first.benchmark_id
    assert sum(second.counts.values()) == 0
    assert second.count_known == sum(first.counts.values())


def test_every_layout_leads_to_the_same_board(new_state: NewState, tmp_path: Path) -> None:
    """Judgments of v0.1 and v2.0, a table of verdicts, and the battles made of them: one version, one board, each."""
    v01 = arena.write_v01(tmp_path / "v01", ONE_JUDGE, parts="qj")
    done = [
        import_arena_hard(new_state("v01"), v01, baseline=arena.BASE),
        import_arena_hard(new_state("v20"), arena.write_v20(tmp_path / "v20", ONE_JUDGE, parts="qj")),
        import_arena_hard(new_state("verdicts"), arena.write_verdicts(tmp_path / "verdicts.jsonl", ONE_JUDGE)),
        import_arena_hard(new_state("battles"), arena.write_battles(tmp_path / "battles.jsonl", ONE_JUDGE)),
    ]
    assert len({one.benchmark_id for one in done}) == 1
    boards = [board_rows(one.snapshot) for one in done]
    assert boards[0] == boards[1] == boards[2] == boards[3]
    assert [row[0] for row in boards[0]] == ["able", "even-1", "base", "even-2"]


def test_v01_without_a_named_baseline_is_against_that_of_its_time(new_state: NewState, tmp_path: Path) -> None:
    """Its judgments do not name whom they are against; told otherwise, it is that one."""
    v01 = arena.write_v01(tmp_path / "v01", ONE_JUDGE, parts="j")
    board = import_arena_hard(new_state("default"), v01).snapshot.read("select distinct baseline from board")
    assert board.rows() == [("gpt-4-0314",)]


def test_battles_have_no_order(new_state: NewState, tmp_path: Path) -> None:
    """Who stood first is unknown, so there are no figures about positions; no prompt stands beside a reference."""
    done = import_arena_hard(new_state("order"), arena.write_battles(tmp_path / "battles.jsonl", ONE_JUDGE))
    games = done.snapshot.read("from judged_games")
    assert games["baseline_first"].null_count() == games.height == 96
    assert games.select("prompt_id", "question", "answer").null_count().row(0) == (96, 96, 96)
    assert sorted(games["question_ref"].unique()) == list(arena.QUESTIONS)
    assert done.snapshot.read("from questions")["prompt_id"].null_count() == 16
    bias = judge_bias(read_contest(done.snapshot).games).row(0, named=True)
    assert (bias["judge"], bias["count_judgments"]) == ("battles file", 96)
    assert (bias["share_first_wins"], bias["share_orders_agree"]) == (None, None)


def test_verdicts_know_their_order(new_state: NewState, tmp_path: Path) -> None:
    """A table of verdicts has a judge's name and both orders, so positions can be spoken of."""
    done = import_arena_hard(new_state("ordered"), arena.write_verdicts(tmp_path / "verdicts.jsonl", ONE_JUDGE))
    bias = judge_bias(read_contest(done.snapshot).games).row(0, named=True)
    assert (bias["judge"], bias["count_judgments"]) == ("owl", 96)
    assert bias["share_first_wins"] > 0.5


def test_several_baselines_are_one_board(new_state: NewState, tmp_path: Path) -> None:
    """Against the one that most games are against; the other stands among the models, and no judgment counts twice."""
    questions = arena.QUESTIONS
    played = arena.games(questions=questions[:9])
    played += arena.games(baseline=arena.OTHER_BASE, questions=questions[9:])
    done = import_arena_hard(new_state("baselines"), arena.write_v20(tmp_path / "two", played, parts="j"))
    rows = {row[0]: row for row in board_rows(done.snapshot)}
    assert rows.keys() == {*arena.MODELS, arena.BASE, arena.OTHER_BASE}
    assert rows[arena.BASE][1:4] == (0.5, 0.5, 0.5)
    assert rows[arena.OTHER_BASE][6] == 3 * 7 * 2 * 2
    board = done.snapshot.read("select baseline, count_judgments, share_readable from leaderboards")
    assert board.rows() == [(arena.BASE, 3 * 16 * 2 * 2, 1.0)]
    other = read_contest(done.snapshot, baseline=arena.OTHER_BASE).fit().rows
    assert other.filter(pl.col("model") == arena.OTHER_BASE)["win_rate"].item() == 0.5
    mine, theirs = rows[arena.OTHER_BASE][1], other.filter(pl.col("model") == arena.BASE)["win_rate"].item()
    assert mine + theirs == pytest.approx(1, abs=1e-9)


def test_what_says_something_else_than_before_is_rejected(new_state: NewState, tmp_path: Path) -> None:
    """Another verdict or text for a known key: the first stays, each other one is told apart and counted."""
    warehouse = new_state("differs")
    first = import_arena_hard(warehouse, arena.write_v20(tmp_path / "one" / "small", ONE_JUDGE, parts="qj"))
    board = board_rows(first.snapshot)
    other = arena.write_v20(tmp_path / "two" / "small", [game._replace(score="A=B") for game in ONE_JUDGE], parts="qj")
    said = (other / "question.jsonl").read_text(encoding="utf-8")
    (other / "question.jsonl").write_text(said.replace("case q03", "fall q03"), encoding="utf-8")
    second = import_arena_hard(warehouse, other)
    count_ties = sum(game.score == "A=B" for game in ONE_JUDGE)
    assert count_ties
    assert second.count_rejected == 96 - count_ties + 1
    assert second.count_known == 15 + count_ties
    assert board_rows(second.snapshot) == board
    rejected = second.snapshot.read(
        "select location, reason, sum(count_records)::int as n from import_rejections group by all order by all"
    )
    by_file = dict(zip(rejected["location"], rejected["n"], strict=True))
    assert set(rejected["reason"]) == {"differs_from_first"}
    assert by_file["small/question.jsonl"] == 1
    assert sum(by_file.values()) == second.count_rejected
    text = second.snapshot.read("select text from imported_questions where question_ref = 'q03'").item()
    assert text == arena.text_of("q03")


def test_a_rejection_is_told_once_and_by_what_it_says(new_state: NewState, tmp_path: Path) -> None:
    """The same difference again is no news, another one on the same line of a file of that name is."""
    warehouse, path = new_state("told once"), tmp_path / "verdicts.jsonl"
    for score in ("A>B", "A=B", "A=B", "B>A"):
        arena.write_verdicts(path, [game._replace(score=score) for game in ONE_JUDGE[:2]])
        done = import_arena_hard(warehouse, path)
    rejected = done.snapshot.read("select line, excerpt from import_rejections order by excerpt")
    assert rejected["line"].to_list() == [1, 1, 1, 1]
    assert rejected["excerpt"].to_list() == [
        f"q00 able base owl {baseline_first} True 0 {score}"
        for baseline_first in (False, True)
        for score in ("A=B", "B>A")
    ]


def test_unreadable_records_are_rejected_with_their_reasons(new_state: NewState, tmp_path: Path) -> None:
    """Lines that are nothing stand in import_rejections with an excerpt, masked; the rest is imported."""
    path = arena.write_verdicts(tmp_path / "verdicts.jsonl", ONE_JUDGE)
    with path.open("a", encoding="utf-8") as file:
        file.write('no JSON, but jane.doe@example.org\n{"question_id": "q1", "model": "able"}\n')
    warehouse = new_state("unreadable")
    done = import_arena_hard(warehouse, path)
    assert (done.count_records, done.count_rejected, done.counts["imported_judgments"]) == (50, 2, 96)
    rejected = done.snapshot.read("select location, line, reason, excerpt from import_rejections order by line")
    assert rejected["line"].to_list() == [49, 50]
    assert rejected["reason"].n_unique() == 2
    assert "jane.doe" not in rejected["excerpt"][0]
    before = contents(warehouse)
    assert import_arena_hard(warehouse, path).count_rejected == 2
    assert has_changed(before, contents(warehouse)) == []


def test_questions_attach_to_judgments_that_were_there_before(new_state: NewState, tmp_path: Path) -> None:
    """By reference: text and topic appear on the same version, and the board is fitted anew with its topics."""
    warehouse = new_state("attach")
    verdicts = import_arena_hard(warehouse, arena.write_verdicts(tmp_path / "verdicts.jsonl", ONE_JUDGE))
    seen = "select text, topic_name from benchmark_questions order by question_ref limit 1"
    assert verdicts.snapshot.read(seen).rows() == [(None, None)]
    questions = import_arena_hard(warehouse, arena.write_v01(tmp_path / "v01", ONE_JUDGE, parts="qa"))
    assert questions.benchmark_id == verdicts.benchmark_id
    assert questions.snapshot.path != verdicts.snapshot.path
    assert questions.snapshot.read(seen).rows() == [(arena.text_of("q00"), "Sums")]
    games = questions.snapshot.read(
        "select count(*) as n, count(question) as n_question, count(topic_name) as n_topic, count(answer) as n_answer"
        " from judged_games join latest_leaderboards using (leaderboard_id)"
    )
    assert games.rows() == [(96, 96, 96, 96)]
    assert board_rows(questions.snapshot) == board_rows(verdicts.snapshot)
    assert read_contest(questions.snapshot).games["topic_id"].null_count() == 0


def test_answers_alone_make_no_version(new_state: NewState, tmp_path: Path) -> None:
    """They wait for the questions that they are of; a version comes with questions or judgments."""
    warehouse = new_state("answers")
    folder = arena.write_v20(tmp_path / "small", ONE_JUDGE, parts="a")
    alone = import_arena_hard(warehouse, folder)
    assert (alone.benchmark_id, alone.note) == (None, "answers alone make no version")
    assert alone.snapshot.read("select count(*) from given_answers").item() == 64
    assert alone.snapshot.read("select count(*) from benchmarks").item() == 0
    judged = import_arena_hard(warehouse, arena.write_verdicts(tmp_path / "verdicts.jsonl", ONE_JUDGE))
    assert judged.snapshot.read("select count(answer) from judged_games").item() == 96


def test_questions_alone_have_no_board_yet(new_state: NewState, tmp_path: Path) -> None:
    """A version without judgments is there, and says that it has no board."""
    done = import_arena_hard(new_state("questions"), arena.write_v20(tmp_path / "small", ONE_JUDGE, parts="q"))
    assert done.note == "no judgments yet, so no board"
    assert done.snapshot.read("select count(*) from benchmark_questions").item() == 16
    with pytest.raises(NothingToRunError, match="No board yet"):
        read_contest(done.snapshot)


def test_where_nothing_can_be_read_nobody_is_ranked(new_state: NewState, tmp_path: Path) -> None:
    """The board lists everybody with the reason, and is withheld from the mart."""
    path = arena.write_verdicts(tmp_path / "verdicts.jsonl", [game._replace(score=None) for game in ONE_JUDGE])
    done = import_arena_hard(new_state("nothing"), path)
    assert done.note == "no model has 99% of its judgments read"
    assert [row[1:6] for row in board_rows(done.snapshot)][1:] == [(None, 0.0, 1.0, None, None)] * 3
    assert done.snapshot.read("from board").is_empty()


def test_settings_of_the_board_are_kept_with_it(folder: Path, new_state: NewState) -> None:
    """What it was fitted with is what it is fitted with again."""
    settings = RatingSettings(strong_weight=1.0, min_share_readable=0.4, ensemble="median", cluster="topic")
    done = import_arena_hard(new_state("settings"), folder, settings)
    contest = read_contest(done.snapshot)
    assert contest.settings == settings
    assert done.snapshot.read("select count(*) from board where is_ranked").item() == 5
    stored = done.snapshot.read("select model, win_rate, lower, upper, count_judgments from board").rows()
    assert stored == board_rows(done.snapshot, "model", "win_rate", "lower", "upper", "count_judgments")
    assert done.snapshot.read("select count_judgments from leaderboards").item() == 3 * 32 + 16


def test_a_path_that_is_nothing_leaves_the_warehouse_as_it_was(new_state: NewState, tmp_path: Path) -> None:
    """An error that names the path; nothing is appended and nothing published."""
    warehouse = new_state("empty")
    with pytest.raises(SourceError, match="no such file"):
        import_arena_hard(warehouse, tmp_path / "gone")
    assert all(frame.is_empty() for frame in contents(warehouse).values())
    assert list((warehouse.state_dir / "snapshots").iterdir()) == []
