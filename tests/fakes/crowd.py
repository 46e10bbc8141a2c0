"""A crowd small enough for a run of seconds: distinct prompts in a few topics that the scripted embedder keeps apart.

Written by rule: each topic has a frame whose words are its own, and the prompts of a topic are the pairs of its
subjects and details. Every prompt is English, long enough, and no near duplicate of another.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import islice, product
from pathlib import Path
from typing import NamedTuple


class _Topic(NamedTuple):
    frame: str
    subjects: tuple[str, ...]
    details: tuple[str, ...]


_TOPICS = (
    _Topic(
        "My sourdough bread has a dense crumb: which fermentation of the dough {subject} {detail}",
        (
            "lifts a rye loaf from grandmother's cast iron pot",
            "suits wheat baguettes shaped by tired hands",
            "keeps spelt rolls soft for school lunches",
            "opens up an oat batard topped with seeds",
            "carries heavy focaccia full of olives",
            "gives walnut rounds their glossy blistered skin",
        ),
        (
            "when the room stays below eighteen degrees overnight?",
            "if I double every pinch of salt but leave sugar out?",
            "after three days of resting inside a cold fridge?",
            "with stone ground flour absorbing more water than usual?",
            "once my starter missed two feedings last weekend?",
        ),
    ),
    _Topic(
        "Our Postgres database runs a slow SQL query: rewrite the join over {subject} {detail}",
        (
            "orders imported nightly from forty shops",
            "invoices that accountants correct by hand",
            "sessions which expire within minutes",
            "payments split across several currencies",
            "inventory counted twice per season",
            "shipments tracked through noisy scanners",
        ),
        (
            "so that its planner stops scanning all partitions.",
            "without locking writers for longer than one second.",
            "given few distinct keys and very wide rows.",
            "and say how you would measure gains honestly.",
            "while an old report still needs former columns.",
        ),
    ),
    _Topic(
        "In my vegetable garden aphids and poor soil hurt the beds: plan compost for {subject} {detail}",
        (
            "tomatoes trained along rusty wires",
            "courgettes sprawling over neighbouring paths",
            "broad beans sown before winter",
            "strawberries hanging out of old gutters",
            "lettuces bolting far too early",
            "peppers raised on warm windowsills",
        ),
        (
            "where a wall faces north with little light.",
            "through dry summers under strict hosepipe bans.",
            "using nothing harmful to bees or hedgehogs.",
            "as beginners who only have weekends to spare.",
            "above heavy clay that stays wet until April.",
        ),
    ),
    _Topic(
        "Prove a theorem of number theory by induction on primes: it concerns {subject} {detail}",
        (
            "Fibonacci terms divided by their index",
            "perfect squares between consecutive cubes",
            "binomial coefficients taken modulo seven",
            "Mersenne exponents beyond thirty one",
            "triangular sums written backwards",
            "Egyptian fractions having odd denominators",
        ),
        (
            "; then give some smallest counterexample to its converse.",
            "using only congruences that schoolchildren know.",
            "and point out where your argument fails at zero.",
            "first through contradiction, afterwards counting directly.",
            "so each lemma could be verified with a machine.",
        ),
    ),
    _Topic(
        "Harmonise the violin melody of my string quartet and notate its rhythm: {subject} {detail}",
        (
            "a slow lament set in D minor",
            "some cheerful waltz around A flat",
            "one Dorian chant heard at dusk",
            "the hunting call from Saxony",
            "two lullabies woven together",
            "an angry march without drums",
        ),
        (
            "that amateurs can sight read before supper.",
            "whose fugue subject enters four bars early.",
            "keeping parallel fifths away from inner voices.",
            "for players who have never used vibrato.",
            "in late Haydn's manner rather than Brahms'.",
        ),
    ),
)


def prompts(count: int, *, start: int = 0) -> list[str]:
    """`count` distinct prompts, the topics in turn; others than those of another `start` range.

    Raises:
        ValueError: there are not so many.
    """
    found = list(islice(_in_turn(), start, start + count))
    if len(found) < count:
        raise ValueError(f"the crowd knows {start + len(found)} prompts, not {start + count}")
    return found


def _in_turn() -> Iterator[str]:
    by_topic = [
        [
            topic.frame.format(subject=subject, detail=detail)
            for detail, subject in product(topic.details, topic.subjects)
        ]
        for topic in _TOPICS
    ]
    for of_each in zip(*by_topic, strict=True):
        yield from of_each


def write_crowd(path: Path, texts: Iterable[str]) -> Path:
    """A file of one `{"prompt": …}` a line."""
    path.write_text("".join(json.dumps({"prompt": text}) + "\n" for text in texts), encoding="utf-8")
    return path
