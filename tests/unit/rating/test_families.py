"""Families of models, and judges that prefer their own."""

import math
from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.rating.families import WORDS_OF_FAMILIES, family_of, own_family_preference
from tests.fakes.judgments import flip_sides, frame_of, judgment_frames

NAMES = {
    "openai": "gpt-4o-mini openai/gpt-oss-120b gpt4_1106_preview GPT-3.5-Turbo o1-preview o3 o4-mini chatgpt-4o-latest",
    "anthropic": "claude-3-5-sonnet-20241022 anthropic/claude-opus-4 anthropic.claude-v2 claude-instant-1",
    "google": "gemini-1.5-pro google/gemma-2-9b-it palm-2 bard-jan-24",
    "meta": "Meta-Llama-3.1-8B-Instruct llama3:8b llama-2-70b-chat ta_chosen_llama3.1_dpo codellama-34b-instruct",
    "alibaba": "Qwen2.5-72B-Instruct qwq-32b Qwen/QwQ-32B-Preview marco-o1 ta_rejected_Qwen2-7B-Instruct_2048_v2",
    "mistral": "mistral-large-2407 Mixtral-8x22b ministral-8b codestral magistral-medium mistral-nemo",
    "deepseek": "deepseek-r1 deepseek-ai/DeepSeek-R1-Distill-Llama-70B",
    "xai": "grok-2 x-ai/grok-4",
    "microsoft": "Phi-3-small-8k-instruct phi4 wizardlm-70b",
    "01-ai": "Yi-34B-Chat 01-ai/yi-1.5-9b ta_Yi-1.5-9B-Chat_tapo_v2_1000 yi",
    "cohere": "command-r-plus c4ai-aya-expanse",
    "nvidia": "nemotron-4-340b nvidia/nemotron-nano",
    "zhipu": "glm-4 chatglm2-6b",
    "amazon": "nova-pro titan-text amazon.nova-lite-v1:0",
    "huggingface": "SmolLM2-1.7B-Instruct HuggingFaceH4/zephyr-7b-beta",
    "moonshot": "kimi-k2 moonshotai/Kimi-K2",
    "allenai": "tulu-2-dpo-70b ta_chosen_tuluv2_dpo_2048 OLMo-2-7B",
}
FAMILIES = {"j1": "f", "j2": "g", "j3": "f", "m1": "f", "m2": "h", "base": "g", "other base": "f"}


@pytest.mark.parametrize(("family", "name"), [(family, name) for family in NAMES for name in NAMES[family].split()])
def test_family_of_a_name(family: str, name: str) -> None:
    """Names as they stand in settings, on hubs, in published boards and on cloud platforms."""
    assert family_of(name) == family


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("yip-1", "yip"),
        ("gpt4all-13b-snoozy", "nomic"),
        ("gpt-j-6b", "eleutherai"),
        ("dolphin-1", "dolphin"),
        ("skyline-o1", "skyline"),
        ("grokking-7b", "grokking"),
        ("novax", "novax"),
        ("some-org/RWKV-4-Raven-14B", "rwkv"),
        ("koala2-13b", "koala"),
        ("7b-thing", "7b"),
        ("???", "???"),
        ("org/", "org"),
        ("", ""),
    ],
)
def test_what_only_looks_like_a_family(name: str, family: str) -> None:
    """Words count whole; a name without a known word is a family by its leading word."""
    assert family_of(name) == family


def test_overrides_stand_over_the_table() -> None:
    """The owner knows better: by the whole name, in any case."""
    known = {"Our-Qwen": "ours", "org/alpha": "google"}
    assert family_of("our-qwen", known) == "ours"
    assert family_of("our-qwen-2", known) == "alibaba"
    assert family_of("ORG/Alpha", known) == "google"
    assert family_of("alpha", known) == "alpha"


def test_the_table_is_of_one_mind() -> None:
    """No word is of two families, and every word is written as names are compared."""
    words = [word for family in WORDS_OF_FAMILIES.values() for word in family]
    assert len(words) == len(set(words))
    for family, named in WORDS_OF_FAMILIES.items():
        for word in named:
            assert family_of(word.removeprefix("^")) == family
            assert family_of(f"some-org/{word.removeprefix('^')}-x".upper()) == family


@settings(deadline=None)
@given(st.text())
def test_any_text_has_a_family(name: str) -> None:
    """A name comes from a file: no text breaks it, and case does not matter."""
    assert family_of(name) == family_of(name.casefold())


def test_preference_worked_by_hand() -> None:
    """Judge `own` is of the model's family, `a` and `b` are not; the last two games cannot be used.

    q1: own 1, the others 0 and ½, mean ¼. q2: own ½; the other 0, one more could not be read. q3, where the own side
    is the baseline: the model loses, so own 1 and the other 1. Own (1 + ½ + 1)/3 = 5/6, others (¼ + 0 + 1)/3 = 5/12,
    preference 5/12. Differences ¾, ½, 0: the interval of a mean of three, ± t(2)·sd/√3.
    """
    rows: list[tuple[str, str, str, str, bool | None, int, str | None]] = [
        ("q1", "mine", "base", "own", True, 0, "A>>B"),
        ("q1", "mine", "base", "a", True, 0, "B>A"),
        ("q1", "mine", "base", "b", True, 0, "A=B"),
        ("q2", "mine", "base", "own", None, 0, "A=B"),
        ("q2", "mine", "base", "a", None, 0, "B>A"),
        ("q2", "mine", "base", "b", None, 0, None),
        ("q3", "base", "mine", "own", False, 0, "B>A"),
        ("q3", "base", "mine", "a", False, 0, "B>>A"),
        ("q4", "mine", "mine too", "own", True, 0, "A>B"),
        ("q4", "mine", "mine too", "a", True, 0, "B>A"),
        ("q5", "mine", "base", "own", True, 0, "A>B"),
        ("q5", "mine", "base", "a", False, 0, "B>A"),
    ]
    families = {"mine": "x", "mine too": "x", "own": "x", "base": "y", "a": "z", "b": "z"}
    measured = own_family_preference(frame_of(rows), families)
    row = measured.row(2, named=True)
    assert (row["judge"], row["family"], row["count_games"]) == ("own", "x", 3)
    assert (row["share_own"], row["share_others"]) == (pytest.approx(5 / 6), pytest.approx(5 / 12))
    assert row["preference"] == pytest.approx(5 / 12)
    deviations = [3 / 4 - 5 / 12, 1 / 2 - 5 / 12, -5 / 12]
    reach = 4.302653 * math.sqrt(sum(deviation**2 for deviation in deviations) / 2 / 3)
    assert row["lower"] == pytest.approx(5 / 12 - reach)
    assert row["upper"] == 1.0
    assert measured.head(2).rows() == [(judge, "z", 0, None, None, None, None, None) for judge in ("a", "b")]


def test_kin_are_no_witnesses() -> None:
    """Two judges of one family say nothing about what others would say, and one question gives no interval."""
    rows: list[tuple[str, str, str, str, bool | None, int, str | None]] = [
        ("q", "m", "base", judge, True, 0, verdict) for judge, verdict in (("k1", "A>B"), ("k2", "B>A"))
    ]
    families = {"m": "x", "base": "y", "k1": "x", "k2": "x", "other": "z"}
    assert own_family_preference(frame_of(rows), families)["count_games"].to_list() == [0, 0]
    rows.append(("q", "m", "base", "other", True, 0, "A=B"))
    measured = own_family_preference(frame_of(rows), families)
    assert measured["preference"].to_list() == [0.5, -0.5, None]
    assert measured.select(pl.col("lower", "upper").is_null().all()).row(0) == (True, True)


def test_each_name_needs_a_family() -> None:
    """A name that was forgotten is said, and not taken for a stranger."""
    judgments = frame_of([("q", "m", "base", "j", True, 0, "A>B")])
    with pytest.raises(ValueError, match="for 2 names, such as 'base'"):
        own_family_preference(judgments, {"m": "x"})
    assert own_family_preference(judgments.clear(), {}).height == 0


@settings(deadline=None, max_examples=50)
@given(judgment_frames(), st.randoms(use_true_random=False))
def test_neither_order_nor_sides_matter(judgments: pl.DataFrame, random: Random) -> None:
    """Rows shuffled, or sides named the other way round: the same bits."""
    measured = own_family_preference(judgments, FAMILIES)
    order = list(range(judgments.height))
    random.shuffle(order)
    assert own_family_preference(judgments[order], FAMILIES).equals(measured)
    assert own_family_preference(flip_sides(judgments), FAMILIES).equals(measured)


@settings(deadline=None, max_examples=50)
@given(judgment_frames())
def test_renaming_judges_and_families_changes_nothing(judgments: pl.DataFrame) -> None:
    """Names are only names: the measures go with the judge."""
    new = {"j1": "judge c", "j2": "judge b", "j3": "judge a"}
    families = {new.get(name, name): f"family {family}" for name, family in FAMILIES.items()}
    renamed = own_family_preference(judgments.with_columns(pl.col("judge").replace(new)), families)
    rows = {row[0]: row[2:] for row in renamed.iter_rows()}
    for judge, _, *measures in own_family_preference(judgments, FAMILIES).iter_rows():
        assert rows[new[judge]] == tuple(measures)


@settings(deadline=None, max_examples=50)
@given(judgment_frames())
def test_preference_against_counting_in_a_loop(judgments: pl.DataFrame) -> None:
    """Each game of each judge looked up by hand."""
    score = {"A>>B": 1.0, "A>B": 1.0, "A=B": 0.5, "B>A": 0.0, "B>>A": 0.0}
    read: dict[tuple[object, ...], dict[str, float]] = {}
    for question, model, baseline, judge, *game, verdict in judgments.drop_nulls("verdict").iter_rows():
        read.setdefault((question, model, baseline, *game), {})[judge] = score[verdict]
    for row in own_family_preference(judgments, FAMILIES).iter_rows(named=True):
        own, others = [], []
        for (_, model, baseline, *_), scores in read.items():
            is_own = [FAMILIES[str(side)] == row["family"] for side in (model, baseline)]
            strangers = [given for judge, given in scores.items() if FAMILIES[judge] != row["family"]]
            if row["judge"] in scores and sum(is_own) == 1 and strangers:
                mine, theirs = scores[row["judge"]], sum(strangers) / len(strangers)
                own.append(mine if is_own[0] else 1 - mine)
                others.append(theirs if is_own[0] else 1 - theirs)
        assert row["count_games"] == len(own)
        if own:
            assert row["share_own"] == pytest.approx(sum(own) / len(own))
            assert row["share_others"] == pytest.approx(sum(others) / len(own))
            assert row["preference"] == pytest.approx((sum(own) - sum(others)) / len(own))
            assert row["lower"] is None or row["lower"] <= row["preference"] <= row["upper"]
