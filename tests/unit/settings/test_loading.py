"""Which file is read, what the environment puts over it, and what Prefect is told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchbuilder.errors import SettingsError
from benchbuilder.settings import DEMO, STARTER, find_config, load_settings, prepare_prefect
from tests.fakes.running import ROOT
from tests.unit.settings.conftest import Write


def test_the_named_file_comes_first_then_the_variable_then_this_folder_then_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each stands over the next; an empty variable names nothing."""
    monkeypatch.chdir(tmp_path)
    assert find_config(None) == DEMO
    (tmp_path / "benchbuilder.toml").touch()
    assert find_config(None) == tmp_path / "benchbuilder.toml"
    monkeypatch.setenv("BENCHBUILDER_CONFIG", "")
    assert find_config(None) == tmp_path / "benchbuilder.toml"
    monkeypatch.setenv("BENCHBUILDER_CONFIG", "of-the-team.toml")
    assert find_config(None) == tmp_path / "of-the-team.toml"
    assert find_config(Path("named.toml")) == tmp_path / "named.toml"


def test_a_named_file_that_is_missing_is_an_error_and_not_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody wants another file than the one that was named."""
    monkeypatch.setenv("BENCHBUILDER_CONFIG", str(tmp_path / "gone.toml"))
    with pytest.raises(SettingsError, match=r"gone\.toml: cannot be read: No such file"):
        load_settings()


@pytest.mark.parametrize("config", [DEMO, STARTER])
def test_what_is_packaged_loads(config: Path) -> None:
    """The demo and the file that `benchbuilder init` writes are whole."""
    settings = load_settings(config)
    assert settings.config_path == config
    assert settings.is_demo == (config == DEMO)
    assert settings.state_dir.name == (".benchbuilder-demo" if config == DEMO else ".benchbuilder")


def test_places_are_absolute(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """state_dir counts from the folder of the command, a tilde is the home folder, an argument stands over the file."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    path = write({"state_dir": "kept", "cache_dir": "~/weights"})
    settings = load_settings(path)
    assert (settings.state_dir, settings.cache_dir) == (tmp_path / "kept", tmp_path / "home" / "weights")
    assert load_settings(path, Path("~/told")).state_dir == tmp_path / "home" / "told"


def test_the_environment_stands_over_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Key by key in a table; a list as a whole, as JSON."""
    monkeypatch.setenv("BENCHBUILDER_BUDGET__USD", "2.5")
    monkeypatch.setenv("BENCHBUILDER_MODELS__ONE__REVISION", "night-2")
    monkeypatch.setenv("BENCHBUILDER_EVALUATION__MODELS", '["two-2.5"]')
    monkeypatch.setenv("BENCHBUILDER_STATE_DIR", "/var/lib/benchbuilder")
    settings = load_settings(write({"budget/usd": 20.0, "budget/calls": 7, "state_dir": "kept"}))
    assert (settings.budget.usd, settings.budget.calls) == (2.5, 7)
    assert settings.models["one"].revision == "night-2"
    assert settings.evaluation.models == ("two-2.5",)
    assert settings.state_dir == Path("/var/lib/benchbuilder")


def test_settings_cannot_be_changed(write: Write) -> None:
    """A run sees one thing from its beginning to its end."""
    settings = load_settings(write())
    with pytest.raises(ValueError, match="frozen"):
        settings.is_demo = True
    with pytest.raises(ValueError, match="frozen"):
        settings.budget.usd = 1.0  # pyright: ignore[reportAttributeAccessIssue] - that it cannot is the test


def environment_for_prefect(
    monkeypatch: pytest.MonkeyPatch, config: Path, state_dir: Path, **before: str
) -> dict[str, str]:
    """The variables after `prepare_prefect`, with `before` set before."""
    monkeypatch.setattr(os, "environ", {"HOME": "/nowhere", **before})
    prepare_prefect(load_settings(config, state_dir))
    return dict(os.environ)


def test_prefect_lives_in_the_state_folder(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own that only its owner can look into, a profile file that is not there, no server of others."""
    strangers = {"PREFECT_PROFILE": "of-the-team", "PREFECT_API_KEY": "pnu_1", "PREFECT_HOME": "/elsewhere"}
    found = environment_for_prefect(monkeypatch, write(), tmp_path / "state", **strangers)
    home = tmp_path / "state" / "prefect"
    assert found["PREFECT_HOME"] == str(home)
    assert home.stat().st_mode & 0o777 == 0o700
    assert not Path(found["PREFECT_PROFILES_PATH"]).exists()
    assert not {"PREFECT_PROFILE", "PREFECT_API_KEY", "PREFECT_API_URL"} & found.keys()
    assert found["HOME"] == "/nowhere"


def test_a_server_that_is_named_is_kept_with_its_key(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the environment, or by the settings, which stand over it."""
    named = {"PREFECT_API_URL": "http://127.0.0.1:1/api", "PREFECT_API_KEY": "pnu_1", "PREFECT_PROFILE": "x"}
    found = environment_for_prefect(monkeypatch, write(), tmp_path, **named)
    assert (found["PREFECT_API_URL"], found["PREFECT_API_KEY"]) == ("http://127.0.0.1:1/api", "pnu_1")
    assert "PREFECT_PROFILE" not in found
    config = write({"prefect/api_url": "http://127.0.0.1:2/api"})
    assert environment_for_prefect(monkeypatch, config, tmp_path, **named)["PREFECT_API_URL"].endswith(":2/api")


def test_prefect_believes_it(write: Write, tmp_path: Path) -> None:
    """Prefect itself, started by somebody whose profile points elsewhere."""
    (tmp_path / ".prefect").mkdir()
    profile = 'active = "away"\n[profiles.away]\nPREFECT_API_URL = "http://127.0.0.1:9/api"\n'
    (tmp_path / ".prefect" / "profiles.toml").write_text(profile)
    program = f"""if True:
        from pathlib import Path
        from benchbuilder.settings import load_settings, prepare_prefect
        prepare_prefect(load_settings(Path({str(write())!r}), Path("state")))
        from prefect.settings import get_current_settings
        settings = get_current_settings()
        print(settings.api.url or "none", settings.home)
    """
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["none", str(tmp_path / "state" / "prefect")]
