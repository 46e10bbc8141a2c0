"""The doctor finds what would stop a run, before it starts, and says what to look at."""

import asyncio
import shutil
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from benchbuilder import doctor
from benchbuilder.doctor import Finding, examine
from benchbuilder.settings import DEMO, load_settings
from benchbuilder.warehouse import FileLock, Warehouse
from flows.printing import print_findings
from tests.fakes.running import RunningServer
from tests.fakes.scene import Scene


class Disk(NamedTuple):
    """As shutil.disk_usage tells it, in bytes."""

    total: int
    used: int
    free: int


@pytest.fixture
def scene(tmp_path: Path, scripted_server: RunningServer) -> Scene:
    """A team's settings over models that behave."""
    return Scene(tmp_path, scripted_server.base_url, [tmp_path / "crowd.jsonl"])


def found(scene: Scene, **tables: Mapping[str, Any]) -> list[Finding]:
    """What the doctor says, with tables of the settings changed."""
    scene.tables = tables
    return asyncio.run(examine(load_settings(scene.config)))


def of(findings: Sequence[Finding], subject: str) -> Finding:
    """What is said about one thing, once."""
    (finding,) = [finding for finding in findings if finding.subject == subject]
    return finding


def test_all_is_well(scene: Scene) -> None:
    """Settings, versions, state, disk and each endpoint that somebody is asked at, in this order; exit code 0."""
    findings = found(scene)
    assert [finding.subject for finding in findings] == ["settings", "versions", "state", "disk", "scripted"]
    assert not [finding for finding in findings if finding.level == "error"]
    assert of(findings, "settings").message.endswith("benchbuilder.toml: 1 sources, 7 models")
    assert "duckdb 1." in of(findings, "versions").message
    assert of(findings, "scripted") == ("scripted", "ok", "answers, and lists 8 models")
    assert print_findings(findings) == 0


def test_an_endpoint_that_is_down(scene: Scene, scripted_server: RunningServer) -> None:
    """Named, without waiting for the deadline of a run; the rest is looked at all the same."""
    scripted_server.stop()
    findings = found(scene, endpoints={"scripted": {"base_url": scene.base_url, "limits": {"deadline_seconds": 900}}})
    assert of(findings, "scripted") == ("scripted", "error", "endpoint scripted: ConnectionRefusedError")
    assert of(findings, "state").level == "ok"
    assert print_findings(findings) == 2


def test_an_endpoint_that_says_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes the connection and never answers is given up after seconds, not after the time-out of a call."""
    monkeypatch.setattr(doctor, "_ANSWER_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        base_url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        findings = found(scene, endpoints={"scripted": {"base_url": base_url, "limits": {"timeout_seconds": 300}}})
    assert of(findings, "scripted").level == "error"
    assert of(findings, "scripted").message.startswith("endpoint scripted: ")
    assert of(findings, "scripted").message.endswith("TimeoutError")


def test_a_key_that_is_missing(scene: Scene) -> None:
    """The variable is named; nobody is asked without it."""
    findings = found(scene, endpoints={"scripted": {"base_url": scene.base_url, "key_variable": "NOBODY_SETS_THIS"}})
    assert of(findings, "scripted").level == "error"
    assert "endpoints.scripted.key_variable: NOBODY_SETS_THIS is not set" in of(findings, "scripted").message


def test_a_state_folder_that_cannot_be_made(scene: Scene) -> None:
    """A file is in its place: root could write anywhere else."""
    scene.state_dir.write_text("no folder")
    finding = of(found(scene), "state")
    assert finding.level == "error"
    assert finding.message.startswith(f"state_dir {scene.state_dir}: cannot be written")


def test_a_warehouse_that_somebody_holds(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run holds it for moments only, so this is worth a look."""
    monkeypatch.setattr(doctor, "_LOCK_SECONDS", 0.1)
    warehouse = Warehouse(scene.state_dir)
    with FileLock(warehouse.lock.path).hold():
        finding = of(found(scene), "state")
    assert (finding.level, finding.message) == (
        "error",
        "warehouse.lock: another run has held this lock for 0.1 s",
    )


def test_a_disk_that_is_nearly_full(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A warning: the run may still do."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Disk(10**12, 10**12, 1_500_000_000))
    findings = found(scene)
    assert of(findings, "disk") == ("disk", "warning", "1.5 GB free")
    assert print_findings(findings) == 0


def test_a_package_that_is_missing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name."""
    monkeypatch.setattr(doctor, "_PACKAGES", ("polars", "never-heard-of-it"))
    assert of(found(scene), "versions") == ("versions", "error", "never-heard-of-it is not installed")


@pytest.mark.weights
def test_the_demo_needs_its_weights_and_nothing_else(tmp_path: Path) -> None:
    """One embedded endpoint, looked for and hashed, not started."""
    finding = of(asyncio.run(examine(load_settings(DEMO, tmp_path))), "embedded")
    assert finding == ("embedded", "ok", "the embedded models are installed and whole")
