"""200,000 prompts from some thousand real ones, in words and in vectors: what `benchmarks.scale` is fed with.

The real ones come as they are. A made one is two passages of words, one of a real prompt and one of one of its thirty
nearest, each half as long as its prompt; its vector lies between the two, with noise at a cosine of about 0.8. So
topics are as many and as wide as in the real crowd, only denser; some of the made ones nearly repeat another one.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from benchbuilder.topics.neighbours import find_neighbours
from benchmarks.topic_crowds import Crowd, around

COUNT_NEAREST = 30
MAX_WORDS = 120
COSINE = 0.8


class Made(NamedTuple):
    """One prompt a line of `path`; the vector of line n is row n - 1 of `vectors`."""

    path: Path
    vectors: NDArray[np.float32]


def make_crowd(real: Crowd, count: int, folder: Path, seed: int = 20240617) -> Made:
    """Write `count` prompts, the real ones first.

    Args:
        real: what they are made from.
        count: of all of them; where it is smaller than the real crowd, the first of that.
        folder: where `crowd.jsonl` is written.
        seed: of what is drawn.
    """
    random = np.random.default_rng(seed)
    count_made = max(count - len(real.texts), 0)
    firsts = random.integers(0, len(real.texts), count_made)
    nearest = find_neighbours(real.vectors, COUNT_NEAREST).indices
    seconds = nearest[firsts, random.integers(1, nearest.shape[1], count_made)]
    shares = random.random(count_made, np.float32)[:, None]
    between = shares * real.vectors[firsts] + (1 - shares) * real.vectors[seconds]
    words = [text.split() for text in real.texts]
    path = folder / "crowd.jsonl"
    with path.open("wb") as file:
        for text in real.texts[:count]:
            file.write(orjson.dumps({"prompt": text}) + b"\n")
        for pair in zip(firsts.tolist(), seconds.tolist(), strict=True):
            text = " ".join(word for one in pair for word in _passage(words[one], random))
            file.write(orjson.dumps({"prompt": text}) + b"\n")
    made = around(between / np.linalg.norm(between, axis=1, keepdims=True), COSINE, random)
    return Made(path, np.concatenate([real.vectors[:count], made]))


def _passage(words: list[str], random: np.random.Generator) -> list[str]:
    """Half of the words, in a row, from anywhere."""
    length = min((len(words) + 1) // 2, MAX_WORDS)
    start = int(random.integers(0, len(words) - length + 1))
    return words[start : start + length]
