"""A crowd in which the truth is planted: near duplicates, copies of published questions, keys and addresses.

The rest is real where real prompts are given, and else, or where they are too few, made by rule: words drawn at random,
so that no two prompts resemble each other.
"""

import json
import random
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchbuilder.curation.privacy import mask
from benchbuilder.curation.words import list_words, similarity_of, words_of
from benchbuilder.sources import Source, read_source
from benchbuilder.text import prompt_id_of
from tests.fakes.scene import CROWD_PRESETS

MIN_WORDS, MAX_WORDS = 20, 120
COUNT_SYLLABLES = 3
THRESHOLD = 0.8  # the default of both settings
FIRST_DAY, SECOND_DAY = "2026-05-01T12:00:00Z", "2026-05-02T12:00:00Z"


@dataclass(frozen=True)
class PlantedCrowd:
    """What is written, and what must be found in it.

    Attributes:
        texts: of the first day: nobody's copy, but for what real people repeat.
        duplicates: near duplicates of some of them, of the second day.
        copies: of some of the items, of the second day.
        items: of the public benchmark.
        secrets: in prompts of the second day, one each.
        carriers: these prompts.
    """

    texts: list[str]
    duplicates: list[str]
    copies: list[str]
    items: list[str]
    secrets: list[str]
    carriers: list[str]

    def write(self, folder: Path) -> tuple[Path, Path]:
        """The files of the crowd and of the public benchmark; carriers of secrets stand in a broken line too."""
        first = [{"prompt": text, "timestamp": FIRST_DAY} for text in self.texts]
        later = [*self.duplicates, *self.copies, *self.carriers]
        second = [{"prompt": text, "timestamp": SECOND_DAY} for text in later]
        crowd, items = folder / "crowd.jsonl", folder / "exam.jsonl"
        torn = [json.dumps({"prompt": text})[:-1] for text in self.carriers]
        lines = [*map(json.dumps, [*first, *second]), *torn]
        crowd.write_text("\n".join([*lines, ""]), encoding="utf-8")
        items.write_text("".join(f"{json.dumps({'prompt': text})}\n" for text in self.items), encoding="utf-8")
        return crowd, items


def ids_of(texts: Sequence[str]) -> set[str]:
    """The ids that they get when they are ingested."""
    return {prompt_id_of(mask(text).text) for text in texts}


def plant(
    count_prompts: int, count_duplicates: int, count_copies: int, count_secrets: int, real: Path | None
) -> PlantedCrowd:
    """The crowd, the same each time.

    Args:
        count_prompts: of the whole crowd, planted ones included.
        count_duplicates: near duplicates.
        count_copies: of published questions; as many more items are published that nobody copies.
        count_secrets: half of them keys, half addresses.
        real: the folder of real prompts.
    """
    draw = random.Random(20261124)  # noqa: S311 - the same crowd each time
    known = list(_real(real)) if real else []
    draw.shuffle(known)
    vocabulary = sorted({word for text in known for word in list_words(text) if word.isalpha()}) or _vocabulary(draw)
    count_texts = count_prompts - count_duplicates - count_copies - count_secrets
    while len(known) < count_texts + 2 * count_copies:
        known.append(" ".join(draw.choices(vocabulary, k=draw.randint(MIN_WORDS, MAX_WORDS))))
    draw.shuffle(known)
    long = [text for text in known if len(words_of(text)) >= MIN_WORDS and len(list_words(text)) <= MAX_WORDS]
    items = long[: 2 * count_copies]
    texts = sorted(set(known) - set(items))[:count_texts]
    draw.shuffle(texts)
    originals = [text for text in texts if text in set(long)][:count_duplicates]
    secrets = [_secret(number, draw) for number in range(count_secrets)]
    return PlantedCrowd(
        texts=texts,
        duplicates=[_near_duplicate(text, vocabulary, draw) for text in originals],
        copies=[_copy(number, text, vocabulary, draw) for number, text in enumerate(items[:count_copies])],
        items=items,
        secrets=secrets,
        carriers=[_carrier(secret, vocabulary, draw) for secret in secrets],
    )


def _real(folder: Path) -> Iterator[str]:
    """The first turns of all files, each text once."""
    seen: set[str] = set()
    for path in sorted(folder.glob("*.jsonl")):
        source = Source(path.stem, (str(path),), preset=CROWD_PRESETS.get(path.name, "prompt"))  # pyright: ignore[reportArgumentType]
        for batch in read_source(source, {}, base=folder, mask=str):
            for record in batch.records:
                if record.turn == 1 and (prompt_id := prompt_id_of(mask(record.text).text)) not in seen:
                    seen.add(prompt_id)
                    yield record.text


def _vocabulary(draw: random.Random) -> list[str]:
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    return sorted({"".join(draw.choices(syllables, k=COUNT_SYLLABLES)) for _ in range(5_000)})


def _changed(text: str, vocabulary: Sequence[str], draw: random.Random) -> str:
    """With one word changed."""
    words = text.split()
    words[draw.randrange(len(words))] = draw.choice(vocabulary)
    return " ".join(words)


def _near_duplicate(text: str, vocabulary: Sequence[str], draw: random.Random) -> str:
    """One word changed, one left out, two changed places, or one added and all shouted; still near enough."""
    while True:
        words = text.split()
        place = draw.randrange(len(words) - 1)
        changed = draw.choice(
            [
                _changed(text, vocabulary, draw),
                " ".join(words[:place] + words[place + 1 :]),
                " ".join([*words[:place], words[place + 1], words[place], *words[place + 2 :]]),
                f"{draw.choice(vocabulary)}: {text.upper()}",
            ]
        )
        is_near = similarity_of(words_of(text), words_of(changed)) >= THRESHOLD
        if is_near and prompt_id_of(mask(changed).text) != prompt_id_of(mask(text).text):
            return changed


def _copy(number: int, text: str, vocabulary: Sequence[str], draw: random.Random) -> str:
    """Verbatim, in another case, or with one word changed, in turn."""
    return (text, text.swapcase(), _changed(text, vocabulary, draw))[number % 3]


def _secret(number: int, draw: random.Random) -> str:
    tail = "".join(draw.choices(string.ascii_letters + string.digits, k=36))
    shapes = (
        "sk-proj-4" + tail,
        f"maria.{tail[:8].lower()}@example.org",
        "ghp_" + tail,
        f"{tail[:10]}+news@mail.example.net",
    )
    return shapes[number % len(shapes)]


def _carrier(secret: str, vocabulary: Sequence[str], draw: random.Random) -> str:
    """Between blanks, line breaks, tabs or quotation marks: each is written another way in JSON."""
    words = draw.choices(vocabulary, k=MIN_WORDS)
    before, after = draw.choice(((" ", " "), ("\n", "\n"), ("\t", "\r\n"), (' "', '" ')))
    return f"{' '.join(words[: MIN_WORDS // 2])}{before}{secret}{after}{' '.join(words[MIN_WORDS // 2 :])}"
