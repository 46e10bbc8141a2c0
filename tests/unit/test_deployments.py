"""deployments/ and docker-compose.yml, as far as a machine without containers can tell."""

import ast
import os
import re
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOYMENTS = ROOT / "deployments"
ONE_SHOT = {"deploy"}
_VARIABLE = re.compile(r"\$\{(\w+)(?::?[-?][^}]*)?\}")


def _yaml(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


PREFECT = _yaml(DEPLOYMENTS / "prefect.yaml")
COMPOSE = _yaml(ROOT / "docker-compose.yml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (DEPLOYMENTS / "Dockerfile").read_text(encoding="utf-8")


def _locked_version(package: str) -> str:
    found = re.search(rf"^{package}==(\S+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found.group(1)


def _flow_functions(path: Path) -> set[str]:
    """Names of the functions of a file that carry @flow."""
    functions = [
        node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.AsyncFunctionDef)
    ]
    return {node.name for node in functions if any("flow" in ast.dump(mark) for mark in node.decorator_list)}


def test_prefect_reads_every_deployment() -> None:
    """Its own loader skips what it does not understand, so the model behind it is asked."""
    from prefect.cli.deploy._models import PrefectYamlModel, RawScheduleConfig

    read = PrefectYamlModel.model_validate(PREFECT)
    assert read.prefect_version == _locked_version("prefect")
    assert [one.name for one in read.deployments] == [
        *("nightly-refresh", "ingest", "build", "evaluate", "publish", "quality")
    ]
    assert all(one.work_pool and one.work_pool.name == "benchbuilder" for one in read.deployments)
    assert all(one.description and one.tags for one in read.deployments)
    (schedule,) = read.deployments[0].schedules or []
    assert isinstance(schedule, RawScheduleConfig)
    assert (schedule.cron, schedule.timezone) == ("15 2 * * *", "UTC")


def test_the_nightly_run_has_a_cap() -> None:
    """In USD and in calls, for prices may be missing; its parameters are those that the flow takes."""
    from flows.parameters import RunParameters

    nightly = RunParameters(**PREFECT["deployments"][0]["parameters"]["parameters"])
    assert nightly.cap_usd
    assert nightly.cap_calls


def test_the_deployments_know_every_key_that_prefect_reads() -> None:
    """A misspelt key would be ignored in silence."""
    from prefect.cli.deploy._models import ConcurrencyLimitSpec, DeploymentConfig, WorkPoolConfig
    from prefect.client.schemas.objects import ConcurrencyLimitStrategy

    for one in PREFECT["deployments"]:
        assert set(one) <= set(DeploymentConfig.model_fields)
        assert set(one["work_pool"]) <= set(WorkPoolConfig.model_fields)
        limit = one.get("concurrency_limit", {})
        assert set(limit) <= set(ConcurrencyLimitSpec.model_fields)
        assert limit.get("collision_strategy", "ENQUEUE") in ConcurrencyLimitStrategy.__members__


@pytest.mark.parametrize("deployment", PREFECT["deployments"], ids=lambda one: one["name"])
def test_every_entrypoint_is_a_flow(deployment: dict[str, Any]) -> None:
    """File and function exist, and the function is a flow."""
    file, function = deployment["entrypoint"].split(":")
    assert function in _flow_functions(ROOT / file)


def test_every_flow_is_deployed() -> None:
    """A flow that the command line starts can be started from the UI too."""
    flows = {name for path in (ROOT / "flows").glob("*.py") for name in _flow_functions(path)}
    assert flows == {one["entrypoint"].split(":")[1] for one in PREFECT["deployments"]}


def test_the_automation_ends_runs_that_fell_silent() -> None:
    """Prefect reads it, and it waits for several of the heartbeats that the worker is told to send."""
    from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

    (one,) = _yaml(DEPLOYMENTS / "automations.yaml")["automations"]
    trigger = AutomationCore.model_validate(one).trigger
    assert isinstance(trigger, EventTrigger)
    assert trigger.posture is Posture.Proactive
    heartbeat_seconds = int(SERVICES["worker"]["environment"]["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"])
    assert trigger.within.total_seconds() >= 3 * heartbeat_seconds
    assert one["name"] in (DEPLOYMENTS / "deploy.sh").read_text(encoding="utf-8")


@pytest.mark.flow
def test_deploying_twice_leaves_one_of_each() -> None:
    """On a real server: five deployments, one pool, one automation, and the night's limits as written."""
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL

    scripts = sysconfig.get_path("scripts")
    environment = {**os.environ, "PREFECT_API_URL": PREFECT_API_URL.value(), "PATH": f"{scripts}:{os.environ['PATH']}"}
    for _ in range(2):
        subprocess.run(
            ["sh", DEPLOYMENTS / "deploy.sh"], env=environment, check=True, stdout=subprocess.PIPE, cwd="/", timeout=120
        )
    with get_client(sync_client=True) as client:
        by_name = {one.name: one for one in client.read_deployments()}
        pools = [pool.name for pool in client.read_work_pools()]
    assert set(by_name) == {one["name"] for one in PREFECT["deployments"]}
    assert pools.count("benchbuilder") == 1
    night = by_name["nightly-refresh"]
    assert night.global_concurrency_limit is not None
    assert night.global_concurrency_limit.limit == 1
    assert len(night.schedules) == 1
    assert night.pull_steps == [{"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}]
    listed = subprocess.run(
        [Path(scripts) / "prefect", "automation", "inspect", "end runs without a heartbeat"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert listed.stdout.count("name='end runs without a heartbeat'") == 1


def test_services_wait_only_for_services_that_exist_and_are_checked() -> None:
    """A healthy one has a health check, a completed one ends by itself."""
    for service in SERVICES.values():
        for name, wait in service.get("depends_on", {}).items():
            assert name in SERVICES
            condition = "service_completed_successfully" if name in ONE_SHOT else "service_healthy"
            assert wait == {"condition": condition}


def test_every_service_that_stays_has_a_health_check() -> None:
    """And comes back after a crash; the one that ends by itself does neither."""
    for name, service in SERVICES.items():
        assert ("healthcheck" in service) == (name not in ONE_SHOT)
        assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")


def test_every_image_is_pinned() -> None:
    """By a version with a patch number, in compose and in the Dockerfile."""
    images = [service["image"] for service in SERVICES.values()] + re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert all(re.search(r":\d+\.\d+(\.\d+)?(-\w+)*$", image) for image in images)


def test_nothing_is_published_beyond_this_machine() -> None:
    """Every published port names the loopback address, and the page asks the API there."""
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    published = ports[0].rsplit(":", 1)[0]
    assert SERVICES["server"]["environment"]["PREFECT_SERVER_UI_API_URL"] == f"http://{published}/api"


def test_every_named_volume_is_declared_and_used() -> None:
    """A volume that is not declared would be an error at start, one that is not used a leftover."""
    used = set()
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            if isinstance(mount, str):
                used.add(mount.split(":")[0])
    assert used == set(COMPOSE["volumes"])


def test_server_and_clients_share_a_required_auth_string() -> None:
    """Compose refuses to start without it; nothing secret stands in the file."""
    secret = "${PREFECT_AUTH_STRING:?"  # how compose names a value that it insists on
    assert SERVICES["server"]["environment"]["PREFECT_SERVER_API_AUTH_STRING"].startswith(secret)
    for name in ("worker", "deploy"):
        assert SERVICES[name]["environment"]["PREFECT_API_AUTH_STRING"].startswith(secret)
        assert SERVICES[name]["environment"]["PREFECT_API_URL"] == "http://server:4200/api"
    assert SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")


def test_the_example_names_every_variable_and_holds_no_secret() -> None:
    """What compose reads from .env stands in .env.example, secrets empty."""
    example = dict(
        line.split("=", 1)
        for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert set(_VARIABLE.findall(compose)) == set(example)
    assert example["PREFECT_AUTH_STRING"] == example["POSTGRES_PASSWORD"] == ""


def test_prefect_knows_every_setting_that_the_containers_set() -> None:
    """A misspelt one would be ignored in silence."""
    from prefect.settings.legacy import _get_valid_setting_names
    from prefect.settings.models.root import Settings

    names = {name for service in SERVICES.values() for name in service.get("environment", {})}
    names |= set(re.findall(r"\b(PREFECT_\w+)=", DOCKERFILE))
    assert {name for name in names if name.startswith("PREFECT_")} <= _get_valid_setting_names(Settings)


def test_the_image_installs_what_the_locks_name_and_runs_as_nobody_special() -> None:
    """With hashes, without resolving, from the folder that the entrypoints are relative to, as a user of its own."""
    installs = re.findall(r"pip install (.+?)(?:;|\n|&&|$)", DOCKERFILE)
    assert len(installs) == 3
    assert all("--require-hashes --no-deps" in line for line in installs[:2])
    assert "--no-index --no-build-isolation --editable ." in installs[2]
    assert DOCKERFILE.index("USER benchbuilder") > DOCKERFILE.rindex("RUN ")
    assert "WORKDIR /app" in DOCKERFILE
    assert "NUMBA_CACHE_DIR=" in DOCKERFILE


def test_the_image_gets_all_that_it_installs_and_nothing_private() -> None:
    """The list of what goes in is a list of what is allowed."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert "*" in lines
    assert {"benchbuilder", "flows", "tasks", "sql", "deployments"} <= allowed
    assert not [name for name in allowed if name.startswith(".")]
    assert all((ROOT / name).exists() for name in allowed)


def test_scripts_are_sound() -> None:
    """As far as the shells can tell without running them."""
    for shell, script in (("sh", "deployments/install.sh"), ("sh", "deployments/deploy.sh"), ("bash", ".ci/run")):
        subprocess.run([shell, "-n", ROOT / script], check=True)
