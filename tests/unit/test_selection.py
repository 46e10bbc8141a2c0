"""Which prompts become questions, and that a version does not churn."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import Any

import hypothesis
import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from benchbuilder.selection import Reason, Selection, SelectionSettings, select_questions
from benchbuilder.text import digest_of

QUICK = hypothesis.settings(max_examples=40, deadline=None)  # each example is some 20 ms of polars
CRITERIA = ("first", "second", "third")
ANY_SCORE = SelectionSettings(min_score=0, min_topic_mean=0, count_topics=3, count_per_topic=2, keep_share=0.0)
Row = tuple[str, str | None, bool, Sequence[float | None]]


def frame_of(rows: Sequence[Row]) -> pl.DataFrame:
    """Candidates of (prompt_id, topic_id, is_outlier, one reading per criterion)."""
    schema = {"prompt_id": pl.String, "topic_id": pl.String, "is_outlier": pl.Boolean}
    records = [(prompt_id, topic_id, is_outlier, *marks) for prompt_id, topic_id, is_outlier, marks in rows]
    return pl.DataFrame(records, {**schema, **dict.fromkeys(CRITERIA, pl.Float64)}, orient="row")


def chosen(selection: Selection) -> set[str]:
    """The prompt_ids of a version."""
    return set(selection.questions["prompt_id"])


def turned_away(selection: Selection) -> dict[str, list[Any]]:
    """Reason, threshold and measured by prompt_id."""
    return {prompt_id: told for prompt_id, *told in selection.turned_away.iter_rows()}


def by_hash(prompt_ids: Sequence[str]) -> list[str]:
    """The order of sampling with seed 0."""
    return sorted(prompt_ids, key=lambda prompt_id: digest_of([0, prompt_id]))


TOPICS = st.sampled_from([None, "amber", "birch", "cedar", "delta", "ember"])
MARKS = st.tuples(*[st.sampled_from([0.0, 1.0, 1.0, None])] * len(CRITERIA))


@st.composite
def crowds(draw: st.DrawFn) -> list[Row]:
    """Up to 40 candidates in up to five topics, some outliers, some unreadable."""
    count = draw(st.integers(0, 40))
    return [(f"p{place}", draw(TOPICS), draw(st.integers(0, 9)) == 0, draw(MARKS)) for place in range(count)]


SETTINGS = st.builds(
    SelectionSettings,
    seed=st.integers(0, 3),
    min_score=st.integers(0, 3).map(float),
    min_score_quantile=st.none() | st.floats(0, 1),
    min_topic_mean=st.floats(0, 2),
    min_topic_mean_quantile=st.none() | st.floats(0, 1),
    count_topics=st.integers(1, 5),
    count_per_topic=st.integers(1, 4),
    keep_share=st.sampled_from([0.0, 0.3, 0.8, 1.0]),
)
PREVIOUS = st.sets(st.integers(0, 60).map("p{}".format), max_size=20)


@QUICK
@given(crowds(), SETTINGS, PREVIOUS)
def test_each_candidate_is_a_question_or_turned_away(
    rows: list[Row], settings: SelectionSettings, old: set[str]
) -> None:
    """Nothing is lost and nothing stands in both."""
    selection = select_questions(frame_of(rows), settings, criteria=CRITERIA, previous=old)
    ids = [*selection.questions["prompt_id"], *selection.turned_away["prompt_id"]]
    assert sorted(ids) == sorted(prompt_id for prompt_id, *_ in rows)
    assert set(selection.turned_away["reason"]) <= set(Reason)


@QUICK
@given(crowds(), SETTINGS, PREVIOUS, st.randoms())
def test_the_order_of_rows_changes_nothing(
    rows: list[Row], settings: SelectionSettings, old: set[str], random: Any
) -> None:
    """The same crowd in another order is the same version, frame by frame."""
    one = select_questions(frame_of(rows), settings, criteria=CRITERIA, previous=old)
    shuffled = random.sample(rows, len(rows))
    other = select_questions(frame_of(shuffled), settings, criteria=CRITERIA, previous=sorted(old, reverse=True))
    assert one.benchmark_id == other.benchmark_id
    assert_frame_equal(one.questions, other.questions)
    assert_frame_equal(one.turned_away, other.turned_away)


@QUICK
@given(crowds(), SETTINGS, PREVIOUS)
def test_questions_meet_the_thresholds_and_the_size(
    rows: list[Row], settings: SelectionSettings, old: set[str]
) -> None:
    """No question is an outlier or below a threshold, and there are never more than a full version holds."""
    selection = select_questions(frame_of(rows), settings, criteria=CRITERIA, previous=old)
    members = {prompt_id for prompt_id, topic_id, is_outlier, _ in rows if topic_id and not is_outlier}
    assert chosen(selection) <= members
    assert selection.questions.height <= settings.count_questions
    assert (selection.questions["score"] >= selection.min_score).all()
    assert (selection.questions["topic_mean"] >= selection.min_topic_mean).all()
    assert selection.questions["score"].to_list() == selection.questions["criteria"].list.len().to_list()


@QUICK
@given(crowds(), SETTINGS)
def test_without_a_previous_version_no_topic_has_more_than_its_quota(
    rows: list[Row], settings: SelectionSettings
) -> None:
    """Sampling draws count_topics topics and count_per_topic prompts of each, fewer only where there are fewer."""
    selection = select_questions(frame_of(rows), settings, criteria=CRITERIA)
    sizes = selection.questions.group_by("topic_id").len()["len"]
    assert len(sizes) <= settings.count_topics
    assert (sizes <= settings.count_per_topic).all()
    assert not selection.questions["is_kept"].any()


@QUICK
@given(crowds(), SETTINGS, PREVIOUS)
def test_keep_share_is_a_floor(rows: list[Row], settings: SelectionSettings, old: set[str]) -> None:
    """Of the old questions that are still eligible the lowest hashes stay, up to the share, in whatever topic."""
    settings = replace(settings, seed=0)
    selection = select_questions(frame_of(rows), settings, criteria=CRITERIA, previous=old)
    told = turned_away(selection)
    sampling = {Reason.NOT_SAMPLED_TOPIC, Reason.NOT_SAMPLED_IN_TOPIC}
    eligible = [
        prompt_id for prompt_id in old & {row[0] for row in rows} if told.get(prompt_id, [*sampling])[0] in sampling
    ]
    floor = ceil(round(settings.keep_share * min(len(old), settings.count_questions), 6))
    assert set(by_hash(eligible)[:floor]) <= chosen(selection)
    assert set(selection.questions.filter("is_kept")["prompt_id"]) == chosen(selection) & old


@QUICK
@given(crowds(), st.sampled_from([0.0, 0.8, 1.0]), MARKS)
def test_one_new_prompt_moves_at_most_one_question(rows: list[Row], keep_share: float, marks: Sequence[float]) -> None:
    """With thresholds that it does not change, and in a topic that was eligible, it takes one place at most."""
    before = select_questions(frame_of(rows), ANY_SCORE, criteria=CRITERIA)
    eligible = [row for row in rows if row[1] and not row[2] and None not in row[3]]
    assume(eligible)
    settings = replace(ANY_SCORE, keep_share=keep_share)
    for place in range(3):
        new: Row = (f"new{place}", eligible[0][1], False, marks)
        after = select_questions(frame_of([*rows, new]), settings, criteria=CRITERIA, previous=chosen(before))
        came, went = set(chosen(after)) - set(chosen(before)), set(chosen(before)) - set(chosen(after))
        assert len(went) <= len(came) <= 1
        assert came <= {new[0]}


@QUICK
@given(crowds(), SETTINGS)
def test_the_same_crowd_on_top_of_its_own_version_is_the_same_version(
    rows: list[Row], settings: SelectionSettings
) -> None:
    """A night without anything new changes nothing."""
    first = select_questions(frame_of(rows), settings, criteria=CRITERIA)
    second = select_questions(frame_of(rows), settings, criteria=CRITERIA, previous=chosen(first))
    assert second.benchmark_id == first.benchmark_id
    assert second.questions["is_kept"].all()


@QUICK
@given(crowds(), crowds())
def test_with_keep_share_one_every_eligible_question_stays(rows: list[Row], more: list[Row]) -> None:
    """New prompts only fill what is free."""
    before = select_questions(frame_of(rows), ANY_SCORE, criteria=CRITERIA)
    grown = frame_of([*rows, *((f"new-{row[0]}", *row[1:]) for row in more)])
    after = select_questions(grown, replace(ANY_SCORE, keep_share=1.0), criteria=CRITERIA, previous=chosen(before))
    assert chosen(before) <= chosen(after)


def full(prompt_id: str, topic_id: str | None, count_met: int = 3, *, is_outlier: bool = False) -> Row:
    """A candidate that meets the first `count_met` criteria."""
    return prompt_id, topic_id, is_outlier, [float(place < count_met) for place in range(3)]


def test_every_reason_says_which_threshold_was_missed() -> None:
    """Reason, threshold and what was measured, so that a person can see why a prompt is not there."""
    rows: list[Row] = [
        full("alone", None),
        full("far", "amber", is_outlier=True),
        ("blank", "amber", False, [1.0, None, 1.0]),
        full("low", "amber", 1),
        *(full(f"a{place}", "amber") for place in range(4)),
        *(full(f"b{place}", "birch", 2) for place in range(3)),
        full("c0", "cedar", 2),
        full("c1", "cedar", 0),
    ]
    settings = SelectionSettings(min_score=2, min_topic_mean=2, count_topics=1, count_per_topic=2, keep_share=0)
    told = turned_away(select_questions(frame_of(rows), settings, criteria=CRITERIA))
    first, second = by_hash(["amber", "birch"])
    assert told["alone"] == told["far"] == [Reason.NO_TOPIC, None, None]
    assert told["blank"] == [Reason.UNREADABLE, None, None]
    assert told["low"] == [Reason.SCORE_BELOW, 2.0, 1.0]
    assert told["c0"] == [Reason.TOPIC_MEAN_BELOW, 2.0, 1.0]
    drawn = by_hash([prompt_id for prompt_id in ("a0", "a1", "a2", "a3", "b0", "b1", "b2") if prompt_id[0] == first[0]])
    assert told[drawn[2]] == [Reason.NOT_SAMPLED_IN_TOPIC, 2.0, 3.0]
    assert told[f"{second[0]}0"] == [Reason.NOT_SAMPLED_TOPIC, 1.0, 2.0]


def test_a_topic_mean_is_over_annotated_members_only() -> None:
    """Unreadable prompts are no zeros and outliers no members; members below min_score count."""
    rows: list[Row] = [full("p", "amber"), full("q", "amber", 0), full("far", "amber", 0, is_outlier=True)]
    rows.append(("blank", "amber", False, [None, None, None]))
    selection = select_questions(frame_of(rows), replace(ANY_SCORE, min_score=3), criteria=CRITERIA)
    assert selection.questions.rows() == [("p", "amber", 3, 1.5, list(CRITERIA), False, 1)]


def test_probabilities_are_met_above_the_quantile_of_the_crowd() -> None:
    """What an uncalibrated annotator says is compared with what it says about the others."""
    rows: list[Row] = [(f"p{place}", "amber", False, [place / 100, 0.9, 1 - place / 10]) for place in range(5)]
    settings = replace(ANY_SCORE, marks="logprobs", quantile=0.5, count_per_topic=5)
    met = select_questions(frame_of(rows), settings, criteria=CRITERIA).questions
    assert dict(met.select("prompt_id", "criteria").iter_rows()) == {
        "p0": ["third"],
        "p1": ["third"],
        "p2": [],
        "p3": ["first"],
        "p4": ["first"],
    }


def test_thresholds_may_be_quantiles_of_the_crowd() -> None:
    """An observed value is the threshold: of all members' scores, and of the topics' means, one value each."""
    rows = [full(f"a{place}", "amber", 1) for place in range(4)]
    rows += [full("b", "birch", 2), full("c", "cedar", 3), full("far", "cedar", 0, is_outlier=True)]
    settings = replace(ANY_SCORE, min_score_quantile=0.5, min_topic_mean_quantile=0.5)
    selection = select_questions(frame_of(rows), settings, criteria=CRITERIA)
    assert (selection.min_score, selection.min_topic_mean) == (1, 2.0)
    assert chosen(selection) == {"b", "c"}


def test_a_nan_is_no_reading() -> None:
    """Neither met nor not met, as a null is."""
    selection = select_questions(
        frame_of([("p", "amber", False, [1.0, float("nan"), 1.0])]), ANY_SCORE, criteria=CRITERIA
    )
    assert turned_away(selection)["p"][0] == Reason.UNREADABLE


def test_kept_questions_may_stand_in_topics_that_are_not_drawn() -> None:
    """A question that was kept fills its topic's quota, and the rest of the room goes to ordinary sampling."""
    topics = by_hash(["amber", "birch", "cedar", "delta"])
    rows = [full(f"{topic}{place}", topic) for topic in topics for place in range(3)]
    old = [f"{topics[3]}{place}" for place in range(3)]
    settings = replace(ANY_SCORE, count_topics=2, keep_share=1.0)
    selection = select_questions(frame_of(rows), settings, criteria=CRITERIA, previous=old)
    assert set(old) <= chosen(selection)
    assert selection.questions.filter(~pl.col("is_kept"))["topic_id"].to_list() == [topics[0]]


def test_the_floor_is_counted_without_the_noise_of_floats() -> None:
    """0.28 of 25 is 7, though 0.28 * 25 is a hair more: the eighth place is open to a new prompt."""
    old = by_hash([f"old{place}" for place in range(25)])
    rows = [full(prompt_id, "amber") for prompt_id in old] + [full(f"new{place}", "amber") for place in range(200)]
    settings = replace(ANY_SCORE, count_topics=1, count_per_topic=25, keep_share=0.28)
    selection = select_questions(frame_of(rows), settings, criteria=CRITERIA, previous=old)
    expected = old[:7] + by_hash([row[0] for row in rows if row[0] not in old[:7]])[:18]
    assert chosen(selection) == set(expected)


def test_an_empty_crowd_has_an_empty_version() -> None:
    """No candidates is no error here; whoever asked says what it means."""
    settings = replace(ANY_SCORE, min_score_quantile=0.5, min_topic_mean_quantile=0.5)
    selection = select_questions(frame_of([]), settings, criteria=CRITERIA, previous=["gone"])
    assert selection.questions.is_empty()
    assert selection.turned_away.is_empty()


def test_the_identity_is_of_questions_and_settings() -> None:
    """The same on every machine; another question or another setting is another version, turned-away ones are not."""
    rows = [full("p", "amber"), full("q", "birch")]
    one = select_questions(frame_of(rows), ANY_SCORE, criteria=CRITERIA)
    assert (
        one.benchmark_id
        == select_questions(frame_of([*rows, full("r", None)]), ANY_SCORE, criteria=CRITERIA).benchmark_id
    )
    assert one.benchmark_id != select_questions(frame_of(rows[:1]), ANY_SCORE, criteria=CRITERIA).benchmark_id
    assert (
        one.benchmark_id != select_questions(frame_of(rows), replace(ANY_SCORE, seed=1), criteria=CRITERIA).benchmark_id
    )
    assert by_hash(["amber", "birch", "cedar", "delta"]) == ["birch", "delta", "amber", "cedar"]


def test_a_prompt_that_stands_twice_is_an_error() -> None:
    """It would count twice in its topic's mean."""
    with pytest.raises(ValueError, match="more than once"):
        select_questions(frame_of([full("p", "amber")] * 2), ANY_SCORE, criteria=CRITERIA)


def gated_frame(rows: Sequence[tuple[Row, float | None, bool, bool]]) -> pl.DataFrame:
    """Candidates of (row, cheap_score, is_sampled, is_marked)."""
    more = {"cheap_score": pl.Float64, "is_sampled": pl.Boolean, "is_marked": pl.Boolean}
    told = pl.DataFrame([list(others) for _, *others in rows], more, orient="row")
    return frame_of([row for row, *_ in rows]).hstack(told)


UNMARKED = [None, None, None]


def test_what_the_cheap_annotator_turned_away_says_so() -> None:
    """With what it expected and what it should have; a prompt that it could not read, or that was marked, is not it."""
    rows: list[tuple[Row, float | None, bool, bool]] = [
        (("away", "amber", False, UNMARKED), 0.5, False, False),
        (("waiting", "amber", False, UNMARKED), 2.5, False, False),
        (("unread", "amber", False, UNMARKED), 0.5, True, True),
        (("unknown", "amber", False, UNMARKED), None, False, False),
        (("far", "amber", True, UNMARKED), 0.5, False, False),
        (full("sampled", "amber"), 0.5, True, True),
        (full("passed", "amber"), 2.0, False, True),
    ]
    selection = select_questions(gated_frame(rows), ANY_SCORE, criteria=CRITERIA, gate=2.0)
    assert chosen(selection) == {"sampled", "passed"}
    assert turned_away(selection) == {
        "away": [Reason.TURNED_AWAY_BY_CASCADE, 2.0, 0.5],
        "far": [Reason.NO_TOPIC, None, None],
        "unknown": [Reason.UNREADABLE, None, None],
        "unread": [Reason.UNREADABLE, None, None],
        "waiting": [Reason.UNREADABLE, None, None],
    }


def test_in_a_topic_mean_the_turned_away_count_with_what_is_expected_of_them() -> None:
    """Put right by the errors about the sample: those of their own topic, or of the crowd where it has none."""
    rows: list[tuple[Row, float | None, bool, bool]] = [
        (full("a1", "amber"), 3.0, False, True),
        (full("a2", "amber", 2), 1.0, True, True),  # expected 1, met 2: an error of 1
        (("a3", "amber", False, UNMARKED), 0.5, False, False),
        (full("b1", "birch"), 3.0, True, True),  # above the gate, so it says nothing about those below
        (("b2", "birch", False, UNMARKED), 0.0, False, False),
        (full("c1", "cedar"), 3.0, False, True),
        (full("c2", "cedar", 0), 1.0, True, True),  # an error of -1
    ]
    selection = select_questions(gated_frame(rows), replace(ANY_SCORE, min_score=3), criteria=CRITERIA, gate=2.0)
    assert dict(selection.questions.select("prompt_id", "topic_mean").iter_rows()) == {
        "a1": pytest.approx((3 + 2 + (0.5 + 1)) / 3),
        "b1": pytest.approx((3 + (0 + 0)) / 2),
        "c1": pytest.approx((3 + 0) / 2),
    }


def test_a_topic_mean_is_without_bias() -> None:
    """Over many random samples the mean comes to that of the crowd, though the cheap annotator errs in each topic."""
    random = np.random.default_rng(3)
    scores = random.integers(0, 4, 120)
    topics = np.array(["amber", "birch"])[np.arange(120) % 2]
    cheap = np.clip(scores + random.normal(np.where(topics == "amber", 0.8, -0.4), 0.7), 0, 3)
    truth = {topic: scores[topics == topic].mean() for topic in ("amber", "birch")}
    means: dict[str, list[float]] = {"amber": [], "birch": []}
    for _ in range(150):
        is_sampled = np.isin(np.arange(120), random.choice(120, 40, replace=False))
        is_marked = is_sampled | (cheap >= 2)
        rows = [
            (
                full(f"p{place}", topics[place], scores[place])
                if is_marked[place]
                else (f"p{place}", topics[place], False, UNMARKED),
                float(cheap[place]),
                bool(is_sampled[place]),
                bool(is_marked[place]),
            )
            for place in range(120)
        ]
        settings = replace(ANY_SCORE, count_per_topic=100)
        questions = select_questions(gated_frame(rows), settings, criteria=CRITERIA, gate=2.0).questions
        for topic, mean in questions.select("topic_id", "topic_mean").unique().iter_rows():
            means[topic].append(mean)
    for topic, found in means.items():
        assert np.mean(found) == pytest.approx(truth[topic], abs=4 * np.std(found) / len(found) ** 0.5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"marks": "digits"},
        {"quantile": 1.1},
        {"keep_share": -0.1},
        {"min_score_quantile": 2.0},
        {"min_topic_mean_quantile": float("nan")},
        {"count_topics": 0},
        {"count_per_topic": 0},
    ],
)
def test_settings_out_of_range_are_named(wrong: dict[str, Any]) -> None:
    """The message names the key."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SelectionSettings(**wrong)
