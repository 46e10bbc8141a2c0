"""Questions to a published snapshot that was imported: boards, comparisons, pairs, judges."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import small_arena as arena
from tests.fakes.scene import Scene
from tests.unit.cli.conftest import EVIL, Rows, Run

IN_MARKDOWN = r"\[red\]e\|v\_i\*l\[/red\] \`\<b\>\#\\x1b\[31m \\u202ethe \\end"
BOARD_KEYS = {"model", "win_rate", "lower", "upper", "rank_low", "rank_high", "count_judgments", "share_readable"}


def without(board: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    """The rows without some of their fields."""
    return [{key: value for key, value in row.items() if key not in names} for row in board]


def test_a_board_is_an_array_of_rows(rows: Rows) -> None:
    """Shares from 0 to 1, the baseline ½ without width, no rank where there is none and the numbers all the same."""
    board = rows("board")
    assert [row["model"] for row in board] == ["able", EVIL, "even-1", "base", "even-2", "mute"]
    for row in board:
        assert row.keys() >= BOARD_KEYS
        assert 0 <= row["lower"] <= row["win_rate"] <= row["upper"] <= 1
    base, mute = board[3], board[5]
    assert (base["win_rate"], base["lower"], base["upper"]) == (0.5, 0.5, 0.5)
    assert (mute["rank_low"], mute["rank_high"]) == (None, None)
    assert (mute["count_judgments"], mute["share_readable"]) == (32, 0.5)
    assert mute["reason"] == "not ranked: 50 % read"
    assert mute["win_rate_if_lost"] < mute["win_rate"] < mute["win_rate_if_won"]
    assert all(1 <= row["rank_low"] <= row["rank_high"] <= 5 for row in board[:5])


def test_a_board_as_csv_has_the_same_numbers(rows: Rows, ask: Run) -> None:
    """Nothing where JSON has null."""
    read = list(csv.DictReader(io.StringIO(ask("board", "--format", "csv").out)))
    board = rows("board")
    assert [row["model"] for row in read] == [row["model"] for row in board]
    assert [float(row["win_rate"]) for row in read] == [row["win_rate"] for row in board]
    assert read[5]["rank_low"] == ""


@pytest.mark.parametrize("words", [["board"], ["pairs"], ["board", "--by", "topic"]])
def test_markdown_takes_no_orders_from_a_name(ask: Run, words: list[str]) -> None:
    """What would end a cell, begin markup or steer a terminal is escaped; every line has as many cells as the first."""
    told = ask(*words, "--format", "md").out
    assert told.isprintable() or all(letter.isprintable() or letter == "\n" for letter in told)
    lines = [line.replace(r"\|", "") for line in told.splitlines()]
    assert {line.count("|") for line in lines} == {lines[0].count("|")}
    assert IN_MARKDOWN in told
    assert lines[1].startswith("| ---")


def test_a_board_for_people(ask: Run) -> None:
    """Percent, rank ranges, who judged and by which rule, how intervals and ranks were made; no control characters."""
    told = ask("board")
    assert told.code == 0
    text = " ".join(told.out.split())
    for part in (
        "win-rate against base",
        "94.4%",
        "2-5",
        "not ranked: 50 % read",
        "judged by org/heron, owl; each judgment counts; a strong verdict weighs 3",
        "how much does the score move when one question is left out; ranks: all pairs tested together (Holm)",
        "│ [red]e|v_i*l[/red]",
    ):
        assert part in text
    assert all(letter.isprintable() or letter == "\n" for letter in told.out)


@pytest.mark.parametrize(
    ("words", "said", "interval"),
    [
        (["--method", "questions"], "when one question is left out", "95 %"),
        (["--method", "bootstrap"], "bootstrap over questions", "95 %"),
        (["--method", "glm"], "logistic regression clustered by question (statsmodels)", "95 %"),
        (["--method", "rows"], "rows resampled as arena-hard-auto does: too narrow, for comparison only", "95 %"),
        (["--method", "rows", "--percentiles", "5,95"], "rows resampled", "90 %"),
        (["--cluster", "topic"], "when one topic is left out", "95 %"),
    ],
)
def test_a_board_says_how_its_intervals_were_made(ask: Run, words: list[str], said: str, interval: str) -> None:
    """By each method, with the confidence that they have: an interval of 90 % is never printed as one of 95."""
    told = ask("board", *words)
    assert told.code == 0
    assert said in told.out
    assert f" {interval} " in told.out.splitlines()[2]


@pytest.mark.parametrize("method", ["bootstrap", "glm", "rows"])
def test_a_method_changes_intervals_alone(rows: Rows, method: str) -> None:
    """Scores, ranks and counts stay; each interval holds its score."""
    ours, theirs = rows("board"), rows("board", "--method", method)
    assert without(theirs, "lower", "upper") == without(ours, "lower", "upper")
    assert [row["lower"] for row in theirs] != [row["lower"] for row in ours]
    assert all(row["lower"] <= row["win_rate"] <= row["upper"] for row in theirs)


def test_rounds_are_seeded(rows: Rows) -> None:
    """The same seed is the same board, another seed another one; percentiles 5 and 95 are narrower."""
    words = ("board", "--method", "bootstrap", "--rounds", "200")
    first = rows(*words, "--seed", "7")
    assert rows(*words, "--seed", "7") == first
    assert rows(*words, "--seed", "8") != first
    narrow = rows(*words, "--seed", "7", "--percentiles", "5,95")
    for wide, narrower in zip(first[:2], narrow[:2], strict=True):
        assert wide["lower"] < narrower["lower"] <= narrower["upper"] < wide["upper"]


def test_topics_may_be_what_is_independent(rows: Rows) -> None:
    """Two topics say less than sixteen questions do; scores stay."""
    ours, by_topic = rows("board"), rows("board", "--cluster", "topic")
    assert [row["win_rate"] for row in by_topic] == [row["win_rate"] for row in ours]
    assert by_topic[0]["upper"] - by_topic[0]["lower"] > ours[0]["upper"] - ours[0]["lower"]


def test_style_is_held_equal(rows: Rows, ask: Run) -> None:
    """Scores move, the coefficients are printed, and who has no known answer has no rank and costs nobody theirs."""
    plain, styled = rows("board"), rows("board", "--style", "length,markdown")
    assert {row["model"] for row in styled} == {row["model"] for row in plain}
    assert styled[0]["win_rate"] != plain[0]["win_rate"]
    evil = next(row for row in styled if row["model"] == EVIL)
    assert (evil["win_rate"], evil["rank_low"], evil["reason"]) == (None, None, "not ranked: 0 % read")
    assert max(row["rank_high"] or 0 for row in styled) == 4
    told = ask("board", "--style", " length , markdown").out
    assert "at equal length and markdown" in told
    for style in ("length", "headers", "lists", "bold"):
        assert f"│ {style} " in told
    assert "headers" not in ask("board", "--style", "length").out


@pytest.mark.parametrize("group", ["topic", "category"])
def test_win_rates_within_groups(rows: Rows, group: str) -> None:
    """With an interval from eight questions on, without one below; the baseline has no row."""
    told = rows("board", "--by", group)
    assert set(told[0]) == {*("group", "model", "win_rate", "lower", "upper", "count_questions", "count_judgments")}
    counts = {row["group"]: row["count_questions"] for row in told}
    assert counts == ({"Sums": 10, "Rhymes": 6} if group == "topic" else {"hard_prompt": 16})
    assert all((row["lower"] is None) == (row["count_questions"] < 8) for row in told)
    assert {row["model"] for row in told} == {*arena.MODELS, arena.MUTE, EVIL}


def test_one_judge_alone(rows: Rows, ask: Run) -> None:
    """Half of the judgments, another board; the two judges' counts add up to that of both."""
    both, owl, heron = (rows("board", *words) for words in ([], ["--judge", "owl"], ["--judge", "org/heron"]))
    counts = [{row["model"]: row["count_judgments"] for row in board} for board in (both, owl, heron)]
    assert all(counts[0][name] == counts[1][name] + counts[2][name] for name in counts[0])
    assert [row["win_rate"] for row in owl] != [row["win_rate"] for row in heron]
    assert "judged by owl;" in ask("board", "--judge", "owl").out


def test_another_baseline(rows: Rows) -> None:
    """Any model of the board can be the one that all are measured against; two win-rates are each other's rest."""
    against_even = {row["model"]: row for row in rows("board", "--baseline", "even-1")}
    assert [against_even["even-1"][key] for key in ("win_rate", "lower", "upper")] == [0.5, 0.5, 0.5]
    against_base = {row["model"]: row for row in rows("board")}
    assert against_even["base"]["win_rate"] == pytest.approx(1 - against_base["even-1"]["win_rate"], abs=1e-6)
    assert against_even["able"]["win_rate"] < against_base["able"]["win_rate"]


def test_a_version_is_named_by_the_beginning_of_its_id(rows: Rows, ask: Run) -> None:
    """As long as that fits one version alone."""
    (version,) = json.loads(ask("sql", "select benchmark_id from benchmarks", "--format", "json").out)
    assert rows("board", "--benchmark", version["benchmark_id"][:6]) == rows("board")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("board --judge nobody", "judge nobody is not on this board; known: org/heron, owl"),
        ("board --baseline nobody", "baseline nobody is not on this board; known: "),
        ("board --benchmark ffff", "benchmark ffff is unknown"),
        ("board --style wide", "styles must be one of length, markdown, not 'wide'"),
        ("board --percentiles 5", "--percentiles wants two numbers like 5,95, not 5"),
        ("board --percentiles 95,5", "percentiles must rise between 0 and 100"),
        ("board --rounds 0", "count_rounds must be 1 or more"),
        ("board --method rows --style length", "method rows copies whole rows and knows no style"),
        ("compare able nobody", "two different models that played are needed, not 'able' and 'nobody'"),
        ("compare able able", "two different models that played are needed"),
        ("compare able base --detect 0", "detect must be over 0"),
        ("compare able base --judge nobody", "judge nobody is not on this board"),
        ("pairs --benchmark ffff", "benchmark ffff is unknown"),
        ("judges --benchmark ffff", "benchmark ffff is unknown"),
        ("export arena-hard out --benchmark ffff", "benchmark ffff is unknown"),
        ("export questions out.parquet --benchmark ffff", "benchmark ffff is unknown"),
    ],
)
def test_what_is_not_there_is_usage(ask: Run, words: str, told: str) -> None:
    """One line on stderr that says what is known, exit code 2; nothing is written."""
    finished = ask(*words.split())
    assert (finished.code, finished.out) == (2, "")
    assert finished.err.startswith(f"benchbuilder: {told}")
    assert finished.err.count("\n") == 1
    assert not list(Path().glob("out*"))


@pytest.mark.parametrize("words", ["board --method newton", "board --by judge", "pairs --format xml", "compare able"])
def test_words_that_no_command_knows_are_usage(ask: Run, words: str) -> None:
    """Refused before anything is read."""
    finished = ask(*words.split())
    assert (finished.code, finished.out) == (2, "")


@pytest.mark.parametrize(
    "words", ["board", "compare a b", "pairs", "judges", "export arena-hard out", "export questions out"]
)
def test_without_any_state_nothing_was_published(run: Run, tmp_path: Path, words: str) -> None:
    """Exit code 6 and the folder that was looked in; none is made."""
    told = run(*words.split(), "--state-dir", str(tmp_path / "state"))
    assert (told.code, told.out) == (6, "")
    assert told.err.startswith(f"benchbuilder: {tmp_path / 'state'}: nothing was published yet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("output", "told"), [("table", "No board yet.\n"), ("json", "[]\n")])
def test_a_version_without_judgments_has_no_board_yet(run: Run, without_board: Path, output: str, told: str) -> None:
    """That is an answer: exit code 0, an empty array for scripts."""
    for words in (["board"], ["board", "--by", "topic"]):
        finished = run(*words, "--format", output, "--state-dir", str(without_board))
        assert (finished.code, finished.out, finished.err) == (0, told, "")


@pytest.mark.parametrize("output", ["csv", "md"])
def test_no_board_yet_has_its_columns(run: Run, without_board: Path, output: str) -> None:
    """And no row below them."""
    told = run("board", "--format", output, "--state-dir", str(without_board))
    assert told.code == 0
    lines = told.out.splitlines()
    assert len(lines) == (1 if output == "csv" else 2)
    assert all(key in lines[0] for key in BOARD_KEYS)


@pytest.mark.parametrize("words", ["compare able base", "pairs", "judges", "export arena-hard out"])
def test_what_needs_a_board_has_nothing_to_run(run: Run, without_board: Path, words: str) -> None:
    """Exit code 6."""
    told = run(*words.split(), "--state-dir", str(without_board))
    assert (told.code, told.out) == (6, "")
    assert told.err.startswith("benchbuilder: No board yet: nothing was judged")


def test_two_models_are_compared(rows: Rows, ask: Run) -> None:
    """Over all questions first, then by topic, without an interval where there are too few questions."""
    overall, rhymes, sums = rows("compare", "able", "even-1")
    board = {row["model"]: row["win_rate"] for row in rows("board")}
    assert (overall["win_rate_x"], overall["win_rate_y"]) == (board["able"], board["even-1"])
    assert overall["difference"] == pytest.approx(board["able"] - board["even-1"])
    assert overall["lower"] < overall["difference"] < overall["upper"]
    assert (rhymes["group"], rhymes["lower"], rhymes["p_value"]) == ("Rhymes", None, None)
    assert (sums["group"], sums["count_questions"]) == ("Sums", 10)
    finer = rows("compare", "able", "even-1", "--detect", "0.01")[0]
    assert finer["count_questions_needed"] == pytest.approx(25 * overall["count_questions_needed"], rel=0.05)
    (back,) = [row for row in rows("compare", "even-1", "able") if row["group"] is None]
    assert back["difference"] == -overall["difference"]
    told = ask("compare", "able", "even-1")
    assert "to find 5 points it takes" in told.out
    assert "1 topics have too few questions for an interval" in told.out


def test_the_baseline_can_be_compared_too(rows: Rows) -> None:
    """Against it a model's difference is its win-rate less ½."""
    overall = rows("compare", "able", "base", "--judge", "owl", "--cluster", "question")[0]
    assert overall["win_rate_y"] == 0.5
    assert overall["difference"] == overall["win_rate_x"] - 0.5


def test_every_pair_stands_once(rows: Rows, ask: Run) -> None:
    """The higher model first, those without a rank left out; separated is what Holm says, and it makes the ranks."""
    told, board = rows("pairs"), rows("board")
    ranked = [row["model"] for row in board if row["rank_low"]]
    assert [(row["model"], row["other"]) for row in told] == [
        (higher, lower) for place, higher in enumerate(ranked) for lower in ranked[place + 1 :]
    ]
    for row in told:
        assert row["p_value"] <= row["p_holm"] <= 1
        assert row["is_separated"] == (row["p_holm"] <= 0.05)
    beaten = sum(row["is_separated"] for row in told if row["model"] == "able")
    assert board[0]["rank_high"] == 5 - beaten
    count = sum(row["is_separated"] for row in told)
    assert f"{count} of 10 pairs are separated" in ask("pairs").out


def test_judges_are_examined(rows: Rows, ask: Run) -> None:
    """Habits of each; with whom it agrees stands in its row; the same figures in each format."""
    told = rows("judges")
    assert [row["judge"] for row in told] == ["org/heron", "owl"]
    for row in told:
        assert (row["count_judgments"], row["count_unreadable"], row["share_unreadable"]) == (160, 16, 0.1)
        assert row["share_first_lower"] < row["share_first_wins"] < row["share_first_upper"]
        (agreement,) = row["agreement"]
        assert (agreement["judge"], agreement["other_judge"]) == ("org/heron", "owl")
        assert agreement["count_games"] == 160 - 16
        assert 0 < row["fleiss_kappa"] < 1
    read = list(csv.DictReader(io.StringIO(ask("judges", "--format", "csv").out)))
    assert [float(row["share_first_wins"]) for row in read] == [row["share_first_wins"] for row in told]
    assert ask("judges", "--format", "md").out.count("\n") == 4
    assert "Fleiss' kappa of all judges: 0.6" in ask("judges").out


def test_judges_are_held_against_people(run: Run, measured: Path, tmp_path: Path) -> None:
    """The settings name whose board it is, and whose family a judge is of; each alone orders models as people do."""
    scene = Scene(tmp_path, "http://127.0.0.1:1/v1", [tmp_path / "crowd.jsonl"])
    scene.change("quality", people="people")
    scene.change("models", owl={"endpoint": "scripted", "family": "birds"})
    told = run("judges", "--format", "json", "--config", str(scene.config), "--state-dir", str(measured))
    assert (told.code, told.err) == (0, "")
    judges = json.loads(told.out)
    assert [row["family"] for row in judges] == ["heron", "birds"]
    for row in judges:
        assert row["count_models_people"] == 4
        assert row["spearman_people"] > 0.7


def test_style_needs_answers(run: Run, tmp_path: Path) -> None:
    """Of verdicts alone no style is known: that is told, and there is no board of nobody."""
    arena.write_verdicts(tmp_path / "verdicts.jsonl", arena.games(judges=["owl"]))
    run("import", "arena-hard", "verdicts.jsonl", "--state-dir", "state")
    for words in (["board"], ["pairs"], ["compare", "able", "base"]):
        told = run(*words, "--style", "length", "--state-dir", "state")
        assert (told.code, told.out) == (2, "")
        assert "style cannot be held equal" in told.err


def test_the_rule_of_several_judges_is_kept_and_printed(run: Run, tmp_path: Path) -> None:
    """A setting of the import; every question to its board is answered under the same rule."""
    arena.write_v20(tmp_path / "small", arena.games())
    scene = Scene(tmp_path, "http://127.0.0.1:1/v1", [tmp_path / "crowd.jsonl"])
    scene.change("rating", ensemble="median")
    assert run("import", "arena-hard", "small", "--config", str(scene.config)).code == 0
    over = ("--state-dir", str(scene.state_dir))
    assert "the median verdict of the judges counts, once per game" in " ".join(run("board", *over).out.split())
    board = json.loads(run("board", "--format", "json", *over).out)
    assert {row["count_judgments"] for row in board if row["model"] != "base"} == {32}
    assert {row["share_readable"] for row in board} == {1.0}
    by_topic = json.loads(run("board", "--by", "topic", "--format", "json", *over).out)
    assert {(row["group"], row["count_judgments"]) for row in by_topic} == {("Sums", 20), ("Rhymes", 12)}
    compared = json.loads(run("compare", "able", "base", "--format", "json", *over).out)
    assert [row["group"] for row in compared] == [None, "Rhymes", "Sums"]
    assert run("judges", *over).code == run("pairs", *over).code == 0
