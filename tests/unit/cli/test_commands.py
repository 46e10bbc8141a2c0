"""What the commands understand, what they tell, what they exit with. Whole runs are in tests/flows."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from benchbuilder import errors
from benchbuilder.errors import BenchBuilderError
from benchbuilder.settings import DEMO, STARTER, load_settings
from flows import cli
from flows.commands.options import RunOptions
from flows.parameters import RunParameters
from tests.fakes.running import ROOT, RunningServer
from tests.fakes.scene import Scene
from tests.unit.cli.conftest import AS_OF, HOSTILE, Run

COMMON = {"--config", "--state-dir"}
OF_A_RUN = COMMON | {"--as-of", "--ignore-cache", "--cap-usd", "--cap-calls"}
COMMANDS = {
    "init": {"--path"},
    "refresh": OF_A_RUN | {"--demo"},
    "ingest": OF_A_RUN | {"SOURCES"},
    "build": OF_A_RUN,
    "evaluate": OF_A_RUN | {"MODELS", "--benchmark"},
    "publish": OF_A_RUN | {"--benchmark"},
    "plan": COMMON | {"--benchmark", "--format"},
    "forget": COMMON | {"--source-ref", "--prompt-id", "--source", "--near", "--finish", "--dry-run"},
    "diff": COMMON | {"--format"},
    "board": COMMON,
    "sql": COMMON | {"--query", "--format"},
    "doctor": COMMON,
}
KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, BenchBuilderError)]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_takes(run: Run, command: str) -> None:
    """One line on what it is for, and each of its options."""
    told = run(command, "--help")
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith(f"Usage: benchbuilder {command}")
    assert re.sub(r"\s+", " ", told.out).find(getattr(cli, command).__doc__.splitlines()[0]) > 0
    assert {option for option in COMMANDS[command] if option in told.out} == COMMANDS[command]


def test_help_lists_every_command(run: Run) -> None:
    """With and without asking for it."""
    for words in ([], ["--help"], ["-h"]):
        told = run(*words)
        assert told.code == 0
        assert all(f"│ {command} " in told.out for command in COMMANDS)


def test_the_version_is_that_of_the_project(run: Run) -> None:
    """As installed; from a folder that is not, it says so."""
    assert run("--version").out.strip() in {"0.1.0", "not installed, run from its folder"}


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["sql"],
        ["sql", "from board", "--format", "xml"],
        ["board", "extra"],
        ["refresh", "--as-of", "yesterday"],
        ["refresh", "--budget", "5"],
        ["forget"],
        ["diff", "b1"],
        ["refresh", "--demo", "--config", "x.toml"],
    ],
)
def test_what_it_does_not_understand_is_usage(run: Run, words: list[str]) -> None:
    """Told on stderr; exit code 2."""
    told = run(*words)
    assert (told.code, told.out) == (2, "")
    assert told.err


@pytest.mark.parametrize(
    ("words", "understood"),
    [
        ("ingest logs votes", {"sources": ("logs", "votes")}),
        ("ingest", {}),
        (
            "build --as-of 2026-03-01T04:00:00+00:00 --ignore-cache",
            {"options": RunOptions(as_of=AS_OF, ignore_cache=True)},
        ),
        ("evaluate --cap-usd 2.5 --cap-calls 7", {"options": RunOptions(cap_usd=2.5, cap_calls=7)}),
        ("evaluate one two-2.5 --benchmark b1", {"models": ("one", "two-2.5"), "benchmark": "b1"}),
        ("publish --benchmark b1 --state-dir kept", {"benchmark": "b1", "options": RunOptions(state_dir=Path("kept"))}),
        ("refresh --demo", {"demo": True}),
        ("refresh --config=x.toml", {"options": RunOptions(config=Path("x.toml"))}),
        ("sql 'from board' --format csv", {"query": "from board", "output": "csv"}),
    ],
)
def test_words_become_what_a_flow_is_told(words: str, understood: dict[str, Any]) -> None:
    """Names without a word before them are sources or models."""
    command, bound, _ = cli.app.parse_args(words)
    assert command.__name__ == words.split(maxsplit=1)[0]
    assert dict(bound.arguments) == understood


def test_a_run_has_the_options_that_its_flow_has_parameters_for() -> None:
    """A parameter that is added to one of them is missed in the other."""
    assert {field.name for field in fields(RunOptions)} == RunParameters.model_fields.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_on_purpose_is_one_line_and_its_code(
    run: Run, monkeypatch: pytest.MonkeyPatch, kind: type[BenchBuilderError]
) -> None:
    """Whatever command ended so; what strangers put into it cannot steer the terminal."""

    def fail(*_: object, **__: object) -> None:
        raise kind(f"about {HOSTILE}")

    monkeypatch.setattr(cli, "app", fail)
    told = run("refresh")
    assert (told.code, told.out) == (kind.exit_code, "")
    assert told.err == "benchbuilder: about [red]red[/red] \\x1b[31mred \\u202eback \\x9b1m\n"


def test_what_is_wrong_with_the_settings_is_told_before_prefect_starts(tmp_path: Path) -> None:
    """Also that the state folder cannot be written; nobody waits seconds for either."""
    (tmp_path / "state").write_text("no folder")
    config = Scene(tmp_path, "http://127.0.0.1:1/v1", [tmp_path / "crowd.jsonl"]).config
    program = f"""if True:
        import sys
        from flows.cli import main
        for words in ("refresh --config /gone.toml", "build --config {config}"):
            sys.argv = ["benchbuilder", *words.split()]
            try:
                main()
            except SystemExit as ended:
                print(ended.code, "prefect" in sys.modules)
    """
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines() == ["2 False", "2 False"]
    missing, unwritable = told.stderr.splitlines()
    assert missing == "benchbuilder: /gone.toml: cannot be read: No such file or directory"
    assert unwritable.startswith(f"benchbuilder: state_dir {tmp_path / 'state'}: cannot be written: ")


def test_init_writes_settings_to_start_from(run: Run, tmp_path: Path) -> None:
    """They load as they are, and the next command is told."""
    told = run("init")
    assert told.code == 0
    assert "benchbuilder.toml" in told.out
    assert "benchbuilder doctor" in told.out
    assert (tmp_path / "benchbuilder.toml").read_text() == STARTER.read_text()
    assert load_settings().config_path == tmp_path / "benchbuilder.toml"


def test_init_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    """What is there stays as it is; nor does it make folders."""
    (tmp_path / "mine.toml").write_text("mine")
    told = run("init", "mine.toml")
    assert (told.code, told.err) == (2, "benchbuilder: mine.toml: File exists; nothing was written\n")
    assert (tmp_path / "mine.toml").read_text() == "mine"
    assert run("init", "gone/mine.toml").code == 2
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("words", [["board"], ["sql", "from board"]])
def test_before_anything_was_published_there_is_nothing_to_show(run: Run, tmp_path: Path, words: list[str]) -> None:
    """Exit code 6, the folder that was looked in, and what to do; nothing is created there."""
    told = run(*words, "--config", str(DEMO))
    assert (told.code, told.out) == (6, "")
    folder = tmp_path / ".benchbuilder-demo"
    assert told.err == f"benchbuilder: {folder}: nothing was published yet; run `benchbuilder refresh` first\n"
    assert not folder.exists()


def test_the_doctor_exits_with_what_it_found(run: Run, tmp_path: Path, scripted_server: RunningServer) -> None:
    """0 where all is well, 2 where something would stop a run; one line each."""
    scene = Scene(tmp_path, scripted_server.base_url, [tmp_path / "crowd.jsonl"])
    told = run("doctor", "--config", str(scene.config))
    assert told.code == 0
    assert "✓ scripted: answers, and lists 8 models" in told.out
    scene.tables = {"endpoints": {"scripted": {"base_url": scene.base_url, "key_variable": "NOBODY_SETS_THIS"}}}
    told = run("doctor", "--config", str(scene.config))
    assert told.code == 2
    assert "NOBODY_SETS_THIS is not set" in told.out
    assert len(told.out.splitlines()) == 5
    scene.tables = {"models": {"judge": {"endpoint": "gone"}}}
    told = run("doctor", "--config", str(scene.config))
    assert (told.code, told.out) == (2, "")
    assert "models.judge.endpoint: unknown name 'gone'" in told.err
