"""What a run needs, looked at before it starts: settings, versions, state folder, lock, disk, keys, endpoints."""

import asyncio
import shutil
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import Literal, NamedTuple

from benchbuilder.errors import BenchBuilderError
from benchbuilder.settings import Settings
from benchbuilder.warehouse import Warehouse

_PACKAGES = ("prefect", "duckdb", "polars", "openai", "umap-learn", "hdbscan", "statsmodels", "xllamacpp")
_LOW_DISK_GB = 2
_LOCK_SECONDS = 2.0
_ANSWER_SECONDS = 10.0


class Finding(NamedTuple):
    """One thing that was looked at."""

    subject: str
    level: Literal["ok", "warning", "error"]
    message: str


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything; nothing is changed but a state folder and its warehouse that may be made."""
    endpoints = dict.fromkeys(settings.models[name].endpoint for name in settings.roles.values())
    findings = [
        Finding(
            "settings", "ok", f"{settings.config_path}: {len(settings.sources)} sources, {len(settings.models)} models"
        ),
        _look_at_versions(),
        _look_at_state(settings),
        _look_at_disk(settings),
    ]
    return findings + await asyncio.gather(*(_look_at_endpoint(settings, name) for name in endpoints))


def _look_at_versions() -> Finding:
    try:
        found = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    except PackageNotFoundError as error:
        return Finding("versions", "error", f"{error.name} is not installed")
    return Finding("versions", "ok", f"python {sys.version.split()[0]}, {found}")


def _look_at_state(settings: Settings) -> Finding:
    try:
        Warehouse(settings.state_dir, lock_timeout_seconds=_LOCK_SECONDS)
    except BenchBuilderError as error:
        return Finding("state", "error", str(error))
    return Finding("state", "ok", f"{settings.state_dir} can be written, its lock is free")


def _look_at_disk(settings: Settings) -> Finding:
    free_gb = shutil.disk_usage(settings.state_dir if settings.state_dir.exists() else ".").free / 1e9
    return Finding("disk", "warning" if free_gb < _LOW_DISK_GB else "ok", f"{free_gb:.1f} GB free")


async def _look_at_endpoint(settings: Settings, name: str) -> Finding:
    endpoint = settings.endpoints[name]
    try:
        if endpoint.kind == "embedded":
            from benchbuilder.llm.weights import find_weights

            await asyncio.to_thread(find_weights)
            return Finding(name, "ok", "the embedded models are installed and whole")
        from benchbuilder.llm.endpoint import Endpoint

        limits = replace(endpoint.limits, timeout_seconds=min(_ANSWER_SECONDS, endpoint.limits.timeout_seconds))
        client = Endpoint(name, endpoint.base_url or "", settings.key_of(name), limits)
        try:
            return Finding(name, "ok", f"answers, and lists {await client.count_models()} models")
        finally:
            await client.close()
    except BenchBuilderError as error:
        return Finding(name, "error", str(error))
