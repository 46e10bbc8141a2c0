"""Keywords of topics."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.topics.keywords import find_keywords

COOKING = [
    "How long do I cook brown rice?",
    "Please write a recipe for rice with lentils.",
    "Can you give me a vegan recipe with lentils?",
    "What's a good recipe for brown rice pudding?",
    "Which spices go into a lentil curry?",
]
CODE = [
    "Write a Python function that sorts a list.",
    "Why does my python function return None?\n```python\ndef f(x):\n    recipe = x\n    recipe += 1\n```",
    "Explain decorators in Python 3.11 please",
    "I have a C++ function, translate it to Python",
    "Give me a unit test for this python function https://example.com/python_recipe/function",
]


def test_keywords_say_what_the_topic_is_about() -> None:
    """Words of one topic, no stop words, no words that are asked of anything, no numbers, no code, no addresses."""
    found = find_keywords({"cooking": COOKING, "code": CODE})
    assert {"recipe", "lentils", "brown rice"} <= set(found["cooking"])
    assert found["code"] == ["python function"]


def test_a_prompt_counts_once_however_often_it_repeats_a_word() -> None:
    """A pasted log does not speak for its topic."""
    found = find_keywords({"cooking": [*COOKING, "timeout " * 500], "code": CODE})
    assert "timeout" not in found["cooking"]


def test_a_pair_replaces_its_words_and_nothing_is_said_twice() -> None:
    """Neither the words of a listed pair nor plurals of listed words are listed again."""
    texts = [
        "machine learning model",
        "machine learning models",
        "a machine learning exam",
        "the model of machine learning",
    ]
    assert find_keywords({"a": texts, "b": ["cats", "dogs"]})["a"] == ["machine learning", "model", "exam"]


def test_pairs_do_not_span_sentences_or_left_out_words() -> None:
    """Only neighbours in the text are a pair; a hyphen keeps them neighbours."""
    found = find_keywords({"a": ["red wine. Blue cheese", "red-wine and cheese"] * 2})["a"]
    assert sorted(found) == ["cheese", "red wine"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["Какая погода в Москве?", "погода завтра"], "погода"),
        (["हिन्दी कविता लिखो", "हिन्दी में एक कविता"], "हिन्दी"),
        (["كتابة قصيدة عن البحر", "قصيدة جديدة"], "قصيدة"),
        (["天气预报", "明天天气怎么样"], "天气"),
        (["Wie wird das Wetter morgen?", "Das Wetter in Köln"], "wetter"),
        (["C# or C++?", "learn C++ now"], "c++"),
        (["what\u2019s KUBERNETES", "Kubernetes isn't running"], "kubernetes"),
    ],
)
def test_words_of_other_scripts_are_whole(texts: list[str], expected: str) -> None:
    """Signs on letters do not cut a word, scripts without spaces give runs of signs, case is no matter."""
    assert expected in find_keywords({"a": texts})["a"]


def test_topics_without_words_have_no_keywords() -> None:
    """Numbers, stop words and nothing at all give an empty list, and no topics give nothing."""
    assert find_keywords({"a": ["1 + 1 = ?", ""], "b": [], "c": ["What is it?"]}) == {"a": [], "b": [], "c": []}
    assert find_keywords({"a": [], "b": ["rice pudding"]}) == {"a": [], "b": ["pudding", "rice"]}
    assert find_keywords({}) == {}


def test_no_more_keywords_than_asked_for() -> None:
    """The best ones stay."""
    few, many = (find_keywords({"cooking": COOKING, "code": CODE}, count)["cooking"] for count in (2, 8))
    assert len(few) == 2
    assert few == many[:2]


@given(texts=st.lists(st.text(max_size=200), max_size=8))
def test_any_text_has_keywords_that_repeat(texts: list[str]) -> None:
    """Whatever people send, nothing breaks, and the same texts have the same keywords, each once."""
    found = find_keywords({"a": texts[::2], "b": texts[1::2]})
    assert found == find_keywords({"a": texts[::2], "b": texts[1::2]})
    assert all(len(set(words)) == len(words) <= 8 for words in found.values())
