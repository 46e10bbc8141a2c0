"""benchbuilder.curation.language: which language, and when that is certain."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.curation.language import detect_language, prose_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Please explain how a hash table resolves collisions.", "en"),
        ("Erkläre mir bitte, wie ein Wärmetauscher funktioniert.", "de"),
        ("Escribe un breve poema sobre conejos en la Luna.", "es"),
        ("请用三句话解释什么是量子纠缠。", "zh"),
        ("Напиши короткую сказку про медведя и лису.", "ru"),
    ],
)
def test_a_sentence_is_certain(text: str, code: str) -> None:
    """One sentence is enough, in any script."""
    [language] = detect_language([text])
    assert (language.code, language.is_certain) == (code, True)
    assert 0.5 <= language.confidence <= 1


@pytest.mark.parametrize("text", ["", "ok", "Thank you!", "12345", "...", "\x00", "\ud83d"])
def test_a_short_text_keeps_its_confidence_but_is_not_certain(text: str) -> None:
    """Two words may be any language; whatever the model says of them is not acted upon."""
    [language] = detect_language([text])
    assert not language.is_certain
    assert language.confidence > 0


def test_code_does_not_speak_for_who_asks() -> None:
    """A question around a code block has the language of the question."""
    code = "```python\n" + "for element in collection: print(element)\n" * 20 + "```"
    [language] = detect_language([f"Kannst du mir bitte diesen Code erklären?\n{code}\nVielen Dank im Voraus!"])
    assert (language.code, language.is_certain) == ("de", True)


def test_a_text_of_code_alone_is_read_as_it_is() -> None:
    """Where no prose is left, something is still detected."""
    assert prose_of("```\nx = 1\n```") == "```\nx = 1\n```"
    assert prose_of("Fix foo(bar) and a_b in /etc/hosts now") == "Fix and in now"


def test_the_script_alone_can_make_it_certain() -> None:
    """A low confidence between two languages of another script is still certainly not English."""
    [language] = detect_language(
        ["while 문과 Scanner의 nextLine() 메소드를 이용해서 프로그램을 작성해보세요"], min_confidence=1.0
    )
    assert (language.code, language.is_certain) == ("ko", True)


def test_a_low_confidence_is_not_certain() -> None:
    """Latin letters and a confidence under the setting: no verdict."""
    [language] = detect_language(["how do I convert a dictionary to a dataframe in pandas?"], min_confidence=0.99)
    assert not language.is_certain


@settings(deadline=None)  # the first one loads the model
@given(st.lists(st.text(st.characters()), max_size=3))
def test_every_text_has_a_language(texts: list[str]) -> None:
    """Whatever comes in, one language per text comes out, with a probability."""
    languages = detect_language(texts)
    assert len(languages) == len(texts)
    assert all(0 <= language.confidence <= 1 for language in languages)
