"""benchbuilder.curation.rules: one verdict per prompt, and one reason."""

import polars as pl
import pytest
from pydantic import TypeAdapter, ValidationError

from benchbuilder.curation.privacy import mask
from benchbuilder.curation.rules import CurationSettings, curate

ENGLISH = "Explain to a beginner how a relational database finds a row by its key."
GERMAN = "Erkläre einem Anfänger bitte, wie eine Datenbank eine Zeile findet."
NOBODY = pl.DataFrame(schema={"prompt_id": pl.String, "text": pl.String})


def crowd(*prompts: tuple[str, str]) -> pl.DataFrame:
    """A frame of (prompt_id, text), masked as ingest masks."""
    frame = pl.DataFrame(prompts, {"prompt_id": pl.String, "text": pl.String}, orient="row")
    masked = [mask(text) for text in frame["text"]]
    return frame.with_columns(
        pl.Series("text", [found.text for found in masked], pl.String),
        pl.Series("count_masked", [sum(found.counts.values()) for found in masked], pl.Int32),
    )


def reasons(frame: pl.DataFrame) -> dict[str, str | None]:
    """prompt_id → reason, in the order of the frame."""
    return dict(frame.select("prompt_id", "reason").iter_rows())


def test_each_rule_gives_its_reason() -> None:
    """Every prompt has one outcome; those turned away say by which rule."""
    frame = crowd(
        ("good", ENGLISH),
        ("short", "Why so?"),
        ("one_word", "Supercalifragilisticexpialidocious!"),
        ("dots", "?! ... !!! --- ??? ... *** ((( )))"),
        ("long", ENGLISH * 200),
        ("german", GERMAN),
        ("copy", ENGLISH.replace("beginner", "novice")),
    )
    curated = curate(frame, NOBODY, CurationSettings(max_tokens=500))
    assert reasons(curated) == {
        "good": None,
        "short": "too_short",
        "one_word": "too_short",
        "dots": "too_short",
        "long": "too_long",
        "german": "language",
        "copy": "near_duplicate",
    }
    assert curated["outcome"].to_list() == ["accepted"] + ["rejected"] * 6


def test_a_verdict_shows_what_it_rests_on() -> None:
    """Language, tokens and the repeated prompt stand beside the outcome."""
    rows = curate(crowd(("a", ENGLISH), ("b", ENGLISH.upper())), NOBODY, CurationSettings()).to_dicts()
    assert rows[0]["language"] == "en"
    assert rows[0]["language_confidence"] > 0.5
    assert rows[0]["count_tokens"] == 15
    assert (rows[0]["duplicate_of"], rows[0]["similarity"]) == (None, None)
    assert (rows[1]["duplicate_of"], rows[1]["similarity"]) == ("a", 1.0)


def test_an_accepted_prompt_of_an_earlier_night_stays_the_representative() -> None:
    """A new prompt repeats the old one, and the old one gets no second verdict."""
    accepted = pl.DataFrame({"prompt_id": ["old"], "text": [ENGLISH]})
    curated = curate(crowd(("new", ENGLISH.replace("row", "record"))), accepted, CurationSettings())
    assert curated.select("prompt_id", "duplicate_of").rows() == [("new", "old")]


def test_nobody_is_turned_away_for_resembling_a_prompt_that_was_turned_away() -> None:
    """A prompt that is too long represents no one."""
    frame = crowd(("long", ENGLISH * 3), ("first", ENGLISH.upper()))
    assert reasons(curate(frame, NOBODY, CurationSettings(max_tokens=20))) == {"long": "too_long", "first": None}


def test_the_first_in_the_given_order_represents_a_group() -> None:
    """Order is the caller's: by when a prompt was first seen, not by its id."""
    frame = crowd(("z", ENGLISH), ("a", ENGLISH.upper()))
    assert reasons(curate(frame, NOBODY, CurationSettings())) == {"z": None, "a": "near_duplicate"}


def test_all_languages_are_a_setting() -> None:
    """An empty list turns nobody away for the language, and still says which it is."""
    curated = curate(crowd(("a", GERMAN)), NOBODY, CurationSettings(languages=()))
    assert curated.select("outcome", "language").rows() == [("accepted", "de")]


def test_an_uncertain_language_is_given_the_benefit_of_the_doubt() -> None:
    """Under the asked confidence a prompt of Latin letters is not turned away."""
    settings = CurationSettings(languages=("fr",), min_language_confidence=1.0)
    assert reasons(curate(crowd(("a", "Add gitlab-ci to arduino uno adalah, web analytics")), NOBODY, settings)) == {
        "a": None
    }


def test_no_prompts_give_a_frame_of_the_same_shape() -> None:
    """An empty night has the columns and types of any other."""
    empty, full = (curate(frame, NOBODY, CurationSettings()) for frame in (crowd(), crowd(("a", ENGLISH))))
    assert empty.schema == full.schema
    assert empty.is_empty()


MAIL = "Write to jane.doe@example.org and ask her politely when the library opens."
KEY = "Why does my client refuse the key sk-" + "a8F3kQ92mZx7Lp0Rt5Vw when the server accepts it?"
PLACEHOLDER = "What should stand in place of [email] and [key] in my template of a letter?"


def test_masked_prompts_go_on_unless_they_shall_not() -> None:
    """By default keys and addresses are masked and the prompt is kept."""
    frame = crowd(("mail", MAIL), ("key", KEY))
    assert set(curate(frame, NOBODY, CurationSettings())["outcome"]) == {"accepted"}


def test_what_was_masked_can_be_a_reason() -> None:
    """Keys and personal data are two settings; a placeholder that the crowd wrote itself is neither."""
    frame = crowd(("mail", MAIL), ("key", KEY), ("placeholder", PLACEHOLDER))
    both = CurationSettings(keys="reject", personal_data="reject")
    assert reasons(curate(frame, NOBODY, both)) == {"mail": "personal_data", "key": "key", "placeholder": None}
    only_keys = CurationSettings(keys="reject")
    assert reasons(curate(frame, NOBODY, only_keys)) == {"mail": None, "key": "key", "placeholder": None}


def test_offensive_words_are_a_reason_where_they_shall_be() -> None:
    """Off by default; a word inside another one is none."""
    frame = crowd(
        ("rude", "Tell me how this fucking oven works, please."), ("town", "Where is Scunthorpe, and why there?")
    )
    assert set(curate(frame, NOBODY, CurationSettings())["outcome"]) == {"accepted"}
    found = reasons(curate(frame, NOBODY, CurationSettings(offensive="reject")))
    assert found == {"rude": "offensive", "town": None}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("min_tokens", -1),
        ("max_tokens", 2),
        ("near_duplicate_threshold", 0),
        ("min_language_confidence", 2),
        ("keys", "keep"),
        ("personal_data", False),
        ("offensive", "mask"),
        ("lang", "en"),
    ],
)
def test_wrong_settings_are_refused_when_they_are_read(key: str, value: object) -> None:
    """A wrong or unknown key of the settings file never reaches a prompt."""
    with pytest.raises(ValidationError):
        TypeAdapter(CurationSettings).validate_python({key: value})
