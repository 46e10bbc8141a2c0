"""Judge requests of the paper's size, made from a number when they are needed: a prompt and two answers to it."""

from collections.abc import Iterator
from pathlib import Path

from benchbuilder.llm.requests import Request
from benchbuilder.settings import Settings, load_settings
from tests.fakes.scene import Scene

JUDGE = "judge"
COUNT_CHARACTERS_PROMPT, COUNT_CHARACTERS_ANSWER = 1000, 2000
_WORDS = "a benchmark that a crowd writes, judged by models, trusted by people; number "


def settings_with(folder: Path, base_url: str, concurrency: int) -> Settings:
    """Settings whose judge is asked there, so many calls at a time; the limiter works, and lets through what comes."""
    limits = {
        "concurrency": concurrency,
        "requests_per_minute": 1_000_000,
        "tokens_per_minute": 10_000_000_000,
        "timeout_seconds": 60,
        "deadline_seconds": 120,
    }
    tables = {"endpoints": {"slow": {"base_url": base_url, "limits": limits}}}
    tables["models"] = {JUDGE: {"endpoint": "slow", "temperature": 0, "max_tokens": 4096}}
    scene = Scene(folder, base_url, [folder / "crowd.jsonl"], dict(tables))
    return load_settings(scene.config)


def paper_requests(settings: Settings, numbers: range) -> Iterator[Request]:
    """One request per number, always the same for the same number."""
    judge = settings.judges[0]
    sampling = settings.sampling_of_judge(judge)
    for number in numbers:
        values = {
            "prompt": _text(f"prompt {number}", COUNT_CHARACTERS_PROMPT),
            "answer_a": _text(f"answer A {number}", COUNT_CHARACTERS_ANSWER),
            "answer_b": _text(f"answer B {number}", COUNT_CHARACTERS_ANSWER),
        }
        yield Request("judge", judge.model, "", values, sampling, template=judge.template)


def _text(name: str, count_characters: int) -> str:
    sentence = f"{_WORDS}{name}. "
    return (sentence * (count_characters // len(sentence) + 1))[:count_characters]
