"""Judges against each other and against people."""

from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.rating.agreement import agreement_with_people, fleiss, judges_agreement, rank_agreement
from tests.fakes.judgments import flip_sides, frame_of, judgment_frames

WIN, MUCH, TIE, LOSS = "A>B", "A>>B", "A=B", "B>A"
RENAMED = {"j1": "judge c", "j2": "judge b", "j3": "judge a"}
VOTES = st.lists(
    st.tuples(
        st.sampled_from(["q1", "q2", None]),
        st.sampled_from(["M1", "m2", "Base"]),
        st.sampled_from(["m1", "base", "other base"]),
        st.sampled_from(["model_a", "model_b", "tie", "both_bad"]),
    )
)


def _read(judge: str, *verdicts: str | None) -> pl.DataFrame:
    """One verdict per question, all of one model against one baseline in one order."""
    return frame_of((f"q{number}", "m", "base", judge, True, 0, verdict) for number, verdict in enumerate(verdicts))


def _votes(*rows: tuple[str | None, str, str, str]) -> pl.DataFrame:
    columns = ("prompt_id", "model_a", "model_b", "winner")
    return pl.DataFrame(list(rows), schema=dict.fromkeys(columns, pl.String), orient="row")


def _with_prompts(judgments: pl.DataFrame) -> pl.DataFrame:
    return judgments.with_columns(prompt_id=pl.col("question_id"))


def test_two_judges_worked_by_hand() -> None:
    """Ten games: both win 4, both lose 2, both tie 1, and in three they differ: agreement .7.

    One says win 5, tie 2, loss 3 and the other win 6, tie 2, loss 2; by chance they agree in
    (5·6 + 2·2 + 3·2)/100 = .40, so kappa is (.7 - .4)/(1 - .4) = .5. How strong a verdict is does not matter to it.
    """
    one = _read("one", WIN, MUCH, WIN, WIN, LOSS, LOSS, TIE, WIN, TIE, LOSS, WIN)
    other = _read("other", MUCH, WIN, WIN, WIN, LOSS, LOSS, TIE, TIE, WIN, WIN, None)
    row = judges_agreement(pl.concat([other, one])).row(0, named=True)
    assert (row["judge"], row["other_judge"], row["count_games"]) == ("one", "other", 10)
    assert row["share_agree_winner"] == pytest.approx(0.7)
    assert row["kappa_winner"] == pytest.approx(0.5)


def test_kappa_of_the_five_steps_worked_by_hand() -> None:
    """Quadratic weights: the squared distance that was seen over the one that chance would give.

    Steps 0, 1, 2, 3 against 1, 1, 2, 4: distances 1, 0, 0, 1, in the mean ½. Every step of the one against every step
    of the other: 1+1+4+16, 0+0+1+9, 1+1+0+4, 4+4+1+1 = 48 over 16, in the mean 3. Kappa is 1 - ½/3.
    """
    one, other = _read("one", MUCH, WIN, TIE, LOSS), _read("other", WIN, WIN, TIE, "B>>A")
    row = judges_agreement(pl.concat([one, other])).row(0, named=True)
    assert row["kappa_verdict"] == pytest.approx(1 - 0.5 / 3)


def test_only_the_same_game_is_compared() -> None:
    """Another order, replicate, model, baseline or question is another game; an unknown order meets its own kind."""
    game = ("q", "m", "base", "one", None, 0, WIN)
    others = [
        ("q2", "m", "base", "other", None, 0, LOSS),
        ("q", "m2", "base", "other", None, 0, LOSS),
        ("q", "m", "base2", "other", None, 0, LOSS),
        ("q", "m", "base", "other", True, 0, LOSS),
        ("q", "m", "base", "other", False, 0, LOSS),
        ("q", "m", "base", "other", None, 1, LOSS),
    ]
    row = judges_agreement(frame_of([game, *others])).row(0)
    assert row == ("one", "other", 0, None, None, None)
    met = judges_agreement(frame_of([game, *others, ("q", "m", "base", "other", None, 0, WIN)])).row(0)
    assert met[2:4] == (1, 1.0)


def test_chance_explains_who_always_says_the_same() -> None:
    """Two judges with one answer throughout agree in all, and kappa is not defined; with two answers it is 0."""
    assert judges_agreement(pl.concat([_read("a", WIN, WIN), _read("b", MUCH, WIN)])).row(0)[3:5] == (1.0, None)
    assert judges_agreement(pl.concat([_read("a", WIN, WIN), _read("b", WIN, WIN)])).row(0)[4:] == (None, None)
    assert judges_agreement(pl.concat([_read("a", WIN, WIN), _read("b", LOSS, LOSS)])).row(0)[3:] == (0.0, 0.0, 0.0)
    assert fleiss(pl.concat([_read("a", WIN, WIN), _read("b", MUCH, WIN)])) == (None, 2, 2)


def test_fleiss_worked_by_hand() -> None:
    """Three judges, four games that all read: two of one mind, two with one against.

    Agreeing pairs 1, 1, ⅓, ⅓, in the mean ⅔; of 12 verdicts 5 win, 4 lose, 3 tie: chance (25 + 16 + 9)/144 = 50/144.
    The fifth game was not read by all.
    """
    judgments = pl.concat(
        [
            _read("a", WIN, LOSS, WIN, TIE, WIN),
            _read("b", WIN, LOSS, MUCH, TIE, LOSS),
            _read("c", MUCH, "B>>A", TIE, LOSS, None),
        ]
    )
    kappa, count_games, count_judges = fleiss(judgments)
    assert kappa == pytest.approx((2 / 3 - 50 / 144) / (1 - 50 / 144))
    assert (count_games, count_judges) == (4, 3)


def test_too_few_judges_or_games() -> None:
    """One judge agrees with nobody; a judge that could never be read has no game in common with any."""
    assert judges_agreement(_read("a", WIN)).height == 0
    assert fleiss(_read("a", WIN, LOSS)) == (None, 2, 1)
    unread = pl.concat([_read("a", WIN, LOSS), _read("b", None, None)])
    assert judges_agreement(unread).rows() == [("a", "b", 0, None, None, None)]
    assert fleiss(unread) == (None, 0, 2)
    assert judges_agreement(unread.clear()).height == 0
    assert fleiss(unread.clear()) == (None, 0, 0)


def test_a_game_judged_twice_is_refused() -> None:
    """Which of two verdicts would count? A second reading is a replicate."""
    twice = pl.concat([_read("a", WIN), _read("a", LOSS), _read("b", WIN)])
    with pytest.raises(ValueError, match="in 1 games a judge has two verdicts"):
        judges_agreement(twice)
    with pytest.raises(ValueError, match="in 1 games a judge has two verdicts"):
        fleiss(twice)


@settings(deadline=None, max_examples=50)
@given(judgment_frames(), st.randoms(use_true_random=False))
def test_neither_order_nor_names_nor_sides_matter(judgments: pl.DataFrame, random: Random) -> None:
    """Rows shuffled and sides named the other way round: the same bits. Judges renamed: the same pairs."""
    expected, kappa = judges_agreement(judgments), fleiss(judgments)
    order = list(range(judgments.height))
    random.shuffle(order)
    assert judges_agreement(judgments[order]).equals(expected)
    assert fleiss(judgments[order]) == kappa
    flipped = judges_agreement(flip_sides(judgments))
    assert flipped.rows() == [pytest.approx(row, nan_ok=False) for row in expected.rows()]
    assert fleiss(flip_sides(judgments)) == pytest.approx(kappa)

    renamed = judges_agreement(judgments.with_columns(pl.col("judge").replace(RENAMED)))
    pairs = {frozenset(row[:2]): row[2:] for row in renamed.rows()}
    for row in expected.rows():
        assert pairs[frozenset(RENAMED[judge] for judge in row[:2])] == pytest.approx(row[2:])


@settings(deadline=None, max_examples=50)
@given(judgment_frames())
def test_a_judge_agrees_with_itself(judgments: pl.DataFrame) -> None:
    """Its copy under another name: kappa is 1 as soon as it has said two different things, else not defined."""
    one = judgments.filter(pl.col("judge") == pl.col("judge").first())
    pair = pl.concat([one, one.with_columns(judge=pl.lit("its copy"))])
    row = judges_agreement(pair).row(0, named=True)
    verdicts = one["verdict"].drop_nulls()
    assert row["count_games"] == len(verdicts)
    assert row["share_agree_winner"] == (1.0 if len(verdicts) else None)
    assert row["kappa_verdict"] == (1.0 if verdicts.n_unique() > 1 else None)
    winners = verdicts.str.replace(">>", ">").n_unique()
    assert row["kappa_winner"] == fleiss(pair).kappa == (1.0 if winners > 1 else None)


@settings(deadline=None, max_examples=50)
@given(judgment_frames())
def test_kappas_against_counting_in_a_loop(judgments: pl.DataFrame) -> None:
    """Each pair again from two dictionaries of games and the definition of kappa."""
    read: dict[str, dict[tuple[object, ...], int]] = {}
    for *key, verdict in judgments.drop_nulls().iter_rows():
        judge = key.pop(3)
        read.setdefault(judge, {})[tuple(key)] = [WIN, TIE, LOSS].index(verdict.replace(">>", ">"))
    known = judgments.drop_nulls("baseline_first")
    for judge, other, count, share, kappa, _ in judges_agreement(known).iter_rows():
        games = read.get(judge, {}).keys() & read.get(other, {}).keys()
        assert count == len(games)
        if not games:
            continue
        pairs = np.array([(read[judge][game], read[other][game]) for game in games])
        assert share == pytest.approx(np.mean(pairs[:, 0] == pairs[:, 1]))
        chance = sum(np.mean(pairs[:, 0] == winner) * np.mean(pairs[:, 1] == winner) for winner in range(3))
        assert kappa == (None if chance > 1 - 1e-9 else pytest.approx((share - chance) / (1 - chance)))


def test_people_worked_by_hand() -> None:
    """Two orders of one game against three votes, one of them cast with the models the other way round.

    The judge says win and tie, people say win, loss and both bad: six comparisons, of which win/win and tie/both bad
    agree; two have a winner in both, and agree once. By chance (½·⅓ + ½·⅓) agree: kappa is 0.
    """
    judgments = _with_prompts(
        frame_of([("q", "M", "Base", "j", True, 0, MUCH), ("q", "M", "Base", "j", False, 0, TIE)])
    )
    votes = _votes(("q", "m", "base", "model_a"), ("q", "BASE", "m", "model_a"), ("q", "m", "base", "both_bad"))
    row = agreement_with_people(judgments, votes).row(0, named=True)
    assert row == {
        "judge": "j",
        "count_compared": 6,
        "share_agree": pytest.approx(1 / 3),
        "count_both_decisive": 2,
        "share_agree_decided": 0.5,
        "kappa": pytest.approx(0.0),
    }


def test_what_cannot_be_compared_is_not() -> None:
    """Prompts that are not known do not even meet each other; nor do other models; unread verdicts are left out."""
    judgments = frame_of([("q", "m", "base", "a", True, 0, WIN), ("q", "m", "base", "b", True, 0, None)])
    unknown = judgments.with_columns(prompt_id=pl.lit(None, pl.String))
    votes = _votes((None, "m", "base", "model_a"), ("q", "m", "x", "tie"), ("q", "m", "m", "tie"))
    nothing = [("a", 0, None, 0, None, None), ("b", 0, None, 0, None, None)]
    assert agreement_with_people(unknown, votes).rows() == nothing
    assert agreement_with_people(_with_prompts(judgments), votes).rows() == nothing
    assert agreement_with_people(_with_prompts(judgments), votes.clear()).rows() == nothing
    some = _votes(("q", "base", "m", "model_b"))
    assert agreement_with_people(_with_prompts(judgments), some).rows() == [("a", 1, 1.0, 1, 1.0, None), nothing[1]]


def test_case_is_folded_and_not_only_lowered() -> None:
    """Names are compared as Python folds them: ß is ss."""
    judgments = _with_prompts(frame_of([("q", "GROSS", "base", "a", True, 0, WIN)]))
    assert agreement_with_people(judgments, _votes(("q", "groß", "Base", "model_a")))["count_compared"].item() == 1


def test_an_unknown_winner_is_named() -> None:
    """A vote that says something else is an error, never a tie."""
    judgments = _with_prompts(_read("a", WIN))
    with pytest.raises(ValueError, match="1 unknown winners of votes, such as 'model_c'"):
        agreement_with_people(judgments, _votes(("q0", "m", "base", "model_c")))
    with pytest.raises(ValueError, match="no column winner"):
        agreement_with_people(judgments, _votes().drop("winner"))
    with pytest.raises(ValueError, match="no column prompt_id"):
        agreement_with_people(_read("a", WIN), _votes())


@settings(deadline=None, max_examples=50)
@given(judgment_frames(), VOTES, st.randoms(use_true_random=False))
def test_people_against_comparing_one_by_one(
    judgments: pl.DataFrame, rows: list[tuple[str | None, str, str, str]], random: Random
) -> None:
    """Every judgment with every vote in a loop; the order of votes and on which side a model stood change nothing."""
    judgments = _with_prompts(judgments)
    agreement = agreement_with_people(judgments, _votes(*rows))
    for judge, count, share, count_decided, share_decided, _ in agreement.iter_rows():
        pairs = []
        for read in judgments.filter(pl.col("judge") == judge).drop_nulls("verdict").iter_rows(named=True):
            for prompt, model_a, model_b, winner in rows:
                names = (model_a.casefold(), model_b.casefold())
                if prompt == read["prompt_id"] and set(names) == {read["model"], read["baseline"]}:
                    side = {"model_a": names[0], "model_b": names[1]}.get(winner)
                    ours = (
                        None if read["verdict"] == TIE else read["model" if read["verdict"][0] == "A" else "baseline"]
                    )
                    pairs.append((ours, side))
        assert count == len(pairs)
        decided = [pair for pair in pairs if None not in pair]
        assert count_decided == len(decided)
        assert share == (pytest.approx(sum(a == b for a, b in pairs) / count) if pairs else None)
        assert share_decided == (pytest.approx(sum(a == b for a, b in decided) / count_decided) if decided else None)

    other_side = {"model_a": "model_b", "model_b": "model_a"}
    turned = [(prompt, b, a, other_side.get(winner, "tie")) for prompt, a, b, winner in rows]
    random.shuffle(turned)
    assert agreement_with_people(judgments, _votes(*turned)).equals(agreement)


def _ranking(**scores: float | None) -> pl.DataFrame:
    return pl.DataFrame({"model": list(scores), "score": pl.Series(scores.values(), dtype=pl.Float64)})


def test_rank_agreement_worked_by_hand() -> None:
    """Four models, the middle two exchanged: 1 - 6·2/(4·15) = .8. Case, scale and models of one side do not matter."""
    board = _ranking(A=0.9, B=0.7, C=0.5, D=0.1, mine=0.3)
    people = _ranking(a=1300.0, b=1100.0, c=1200.0, d=900.0, theirs=1000.0, mine=None)
    assert rank_agreement(board, people) == (4, pytest.approx(0.8))
    assert rank_agreement(people, board) == (4, pytest.approx(0.8))


def test_rank_agreement_needs_three_models_that_differ() -> None:
    """Two ranks always agree in full or not at all; equal scores rank nothing; a score that is no number is none."""
    board, people = _ranking(a=0.1, b=0.2, c=0.3), _ranking(a=1.0, b=2.0, c=3.0)
    assert rank_agreement(board, people) == (3, pytest.approx(1.0))
    assert rank_agreement(board.head(2), people) == (2, None)
    assert rank_agreement(board, _ranking(a=1.0, b=2.0, c=float("nan"))) == (2, None)
    assert rank_agreement(board, _ranking(a=1.0, b=1.0, c=1.0)) == (3, None)
    assert rank_agreement(board.clear(), people) == (0, None)


def test_a_ranking_names_a_model_once() -> None:
    """Two rows that differ in case only are one name, and which score would count is not known."""
    with pytest.raises(ValueError, match="1 models stand twice"):
        rank_agreement(_ranking(a=0.1, A=0.2, c=0.3), _ranking(a=1.0))
