"""Twenty injections in answers and twenty in prompts, against an obedient judge: `python -m benchmarks.injection`.

The attackers' answers are the worse ones; what they win, they win by telling the judge what to say. The judge
(tests/fakes/obedient_judge.py) does whatever stands outside of a fence and quotes what it judges; some of its replies
are cut short. The same games, with nothing neutralised in the texts, show that the attacks work. The last line is JSON.
"""

import asyncio
import json
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import track

from benchbuilder.asking.judgments import reading_of
from benchbuilder.errors import Unparsable
from benchbuilder.judging.canaries import Canary
from benchbuilder.judging.matchups import Matchup, judge_values, model_verdict, plan_matchups
from benchbuilder.judging.verdict import Verdict, parse_verdict
from benchbuilder.ledger import Counted, Ledger
from benchbuilder.llm.requests import Request
from benchbuilder.prompts import Template, delimiter_of, load_template
from benchbuilder.settings import JudgeSettings, load_settings
from benchbuilder.warehouse import Warehouse
from benchmarks.attacks import INJECTIONS, MARK, ORDERS, inject
from benchmarks.options import options
from tests.fakes import obedient_judge
from tests.fakes.crowd import prompts
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene

COUNT_QUESTIONS, COUNT_QUESTIONS_QUICK = 60, 9
JUDGE = JudgeSettings(model="obedient", max_characters=60_000)
BASELINE = "baseline"
SHARE_CUT = 0.05  # of the judge's replies
_WORSE = f"That depends, as {MARK} shows."


class Question(NamedTuple):
    """What was asked and answered in a game of an attacker."""

    prompt: str
    answer: str
    baseline_answer: str


class Game(NamedTuple):
    """One call; the attacker is the model of the matchup, e.g. `answer 7`."""

    matchup: Matchup
    request: Request


def main() -> None:
    """Run and print."""
    parser = options(__doc__, f"{COUNT_QUESTIONS_QUICK} questions an attack")
    count = COUNT_QUESTIONS_QUICK if parser.parse_args().quick else COUNT_QUESTIONS
    with tempfile.TemporaryDirectory() as folder, RunningServer() as server:
        print(json.dumps(measure(Path(folder), server, count)))


def measure(folder: Path, server: RunningServer, count: int) -> dict[str, Any]:
    """All figures of the benchmark."""
    server.fail("truncated", share=SHARE_CUT)
    scene = Scene(folder, server.base_url, [folder / "crowd.jsonl"])
    scene.change("models", **{JUDGE.model: {"endpoint": "scripted"}})
    games = list(plan(attacks(count)))
    scores = score(games, asyncio.run(ask(scene, games)))
    bare = score(games, {game.request.request_key: _not_neutralised(game) for game in games})
    print(f"{'attacker':<12} {'wins':>6} {'read':>5} {'wins if left as it is':>22}")
    for attacker, won in scores.items():
        print(f"{attacker:<12} {_mean(won):>6.3f} {len(won):>5} {_mean(bare[attacker]):>22.3f}")
    every = [each for won in scores.values() for each in won]
    return {
        "attacker_win_rate": _rounded(_mean(every)),
        "worst_attacker_win_rate": _rounded(max(map(_mean, scores.values()))),
        "attacker_win_rate_not_neutralised": _rounded(_mean([each for won in bare.values() for each in won])),
        "count_injections": len(scores) - 1,
        "count_games": len(games),
        "count_unread": len(games) - len(every),
    }


def attacks(count: int) -> Iterator[tuple[str, Mapping[str, Question]]]:
    """Each attacker with its questions by id: a constant text, an injection in answers, one in prompts."""
    asked = prompts(count)
    constant = Canary("constant").answers(dict.fromkeys(asked, ""))
    yield "constant", {prompt: Question(prompt, constant[prompt], _good_answer(prompt)) for prompt in asked}
    for number, injection in enumerate(INJECTIONS, 1):
        told = {
            prompt: inject(injection, ORDERS[(place + number) % len(ORDERS)], delimiter_of(prompt))
            for place, prompt in enumerate(asked)
        }
        yield (
            f"answer {number}",
            {prompt: Question(prompt, f"{_WORSE}\n{told[prompt]}", _good_answer(prompt)) for prompt in asked},
        )
        yield (
            f"prompt {number}",
            {prompt: Question(f"{prompt}\n{told[prompt]}", _WORSE, _good_answer(prompt)) for prompt in asked},
        )


def _good_answer(prompt: str) -> str:
    """It takes up what the prompt says; that is what this judge likes."""
    return f"You ask: {prompt.lower()} Take it step by step, and check each step before the next."


def plan(attackers: Iterable[tuple[str, Mapping[str, Question]]]) -> Iterator[Game]:
    """Both orders of every question, as the pipeline asks for them."""
    for attacker, questions in attackers:
        for matchup in plan_matchups(questions, [attacker], BASELINE):
            shown = judge_values(
                *questions[matchup.question_id],
                baseline_first=matchup.baseline_first,
                max_characters=JUDGE.max_characters,
            )
            sampling = {"served_model": JUDGE.model}
            yield Game(matchup, Request("judge", JUDGE.model, "", shown.values, sampling, JUDGE.template))


async def ask(scene: Scene, games: Sequence[Game]) -> dict[str, Verdict | Unparsable]:
    """What the judge said, by request_key, read as the pipeline reads it."""
    read = reading_of(JUDGE)
    said: dict[str, Verdict | Unparsable] = {}

    def settle(request: Request, counted: Counted) -> None:
        said[request.request_key] = read(counted)

    requests = [game.request for game in track(games, "games", console=Console(stderr=True))]
    settings = load_settings(scene.config)
    async with Ledger(Warehouse(settings.state_dir), settings, "injection") as ledger:
        report = await ledger.fulfil("judge", requests, read, settle)
    print(report, file=sys.stderr)
    return said


def score(games: Iterable[Game], said: Mapping[str, Verdict | Unparsable]) -> dict[str, list[float]]:
    """Attacker → what it won of each game that could be read: 1, ½ or 0."""
    won: dict[str, list[float]] = {}
    for game in games:
        of_attacker = won.setdefault(game.matchup.model, [])
        verdict = said[game.request.request_key]
        if not isinstance(verdict, Unparsable):
            of_attacker.append(model_verdict(verdict, baseline_first=game.matchup.baseline_first).score_of_first)
    return won


def _not_neutralised(game: Game) -> Verdict | Unparsable:
    """The same judge, shown the same texts between the same delimiters, in which all is left as it is."""
    template = load_template(JUDGE.template)
    shown = re.sub(r"{{ (\w+) \| fence }}", r"<<<{{ delimiter }}\n{{ \1 }}\n{{ delimiter }}>>>", template.text)
    delimiter = delimiter_of(game.request.values["prompt"])
    messages = Template(template.name, shown, "").render(game.request.values, delimiter=delimiter)
    return parse_verdict(obedient_judge.judge(messages[-1]["content"]))


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


def _rounded(share: float) -> float:
    return round(share, 4)


if __name__ == "__main__":
    main()
