"""What the interval cannot do. Printed beside the study and not part of its lowest and highest."""

from dataclasses import replace

import numpy as np

from benchbuilder.rating.battles import Matrix, Sums
from benchmarks.coverage.games import BASE, Played, Scenario, play, strengths_for
from benchmarks.coverage.study import COUNT_REPETITIONS, Cell, by_questions, cover, of_independent, share_inside

RARE = (0.002, 0.005, 0.009, 0.991, 0.995, 0.998)
RARELY_WON = replace(BASE, name="win rates under 1 %")
MOSTLY_STRONG = Scenario("88 % strong verdicts", strong_beyond=0.3)
COUNT_TOPICS, COUNT_PER_TOPIC = 50, 5
SHARE_OF_TOPIC = 0.5  # of the variance of a question's effect, what its topic explains
TOPIC_RATES = (0.1, 0.3, 0.5, 0.7, 0.9)


def cover_rare(seed: int) -> Cell:
    """A model that wins one game in 500 has won nothing on most boards of 50 questions."""
    return cover(RARELY_WON, 50, seed, RARE)


def cover_mostly_strong(seed: int) -> Cell:
    """The few verdicts that are not strong are the few that are won, so one win hardly moves the spread."""
    return cover(MOSTLY_STRONG, 50, seed, (0.02, 0.98))


def cover_topics(seed: int) -> Cell:
    """Questions that share a topic are not independent: clustered as if they were, and by topic."""
    random = np.random.default_rng(seed)
    shares: dict[str, list[float]] = {"questions": [], "by topic": []}
    for rate, strength in zip(TOPIC_RATES, strengths_for(BASE, TOPIC_RATES), strict=True):
        topic = random.standard_normal((COUNT_TOPICS, COUNT_REPETITIONS)).repeat(COUNT_PER_TOPIC, axis=0)
        own = random.standard_normal(topic.shape)
        effects = np.sqrt(SHARE_OF_TOPIC) * topic + np.sqrt(1 - SHARE_OF_TOPIC) * own
        played = play(BASE, np.full(COUNT_REPETITIONS, strength), effects, random)
        shares["questions"].append(share_inside(by_questions(played), rate))
        shares["by topic"].append(share_inside(by_questions(_of_topics(played)), rate))
    name = f"{COUNT_TOPICS} topics of {COUNT_PER_TOPIC}"
    measured = {method: of_independent(share) for method, share in shares.items()}
    return Cell(name, COUNT_TOPICS * COUNT_PER_TOPIC, TOPIC_RATES, measured)


def _of_topics(played: Played) -> Played:
    """The same games with topics as clusters."""

    def added(cells: Matrix) -> Matrix:
        return cells.reshape(COUNT_TOPICS, COUNT_PER_TOPIC, -1).sum(axis=1)

    sums = played.sums
    clusters = tuple(map(str, range(COUNT_TOPICS)))
    return played._replace(sums=Sums(sums.models, clusters, added(sums.won), added(sums.weight)))


LIMITS = (cover_rare, cover_mostly_strong, cover_topics)
