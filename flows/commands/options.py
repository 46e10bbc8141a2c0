"""Options that several commands share, and what they stand for."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from benchbuilder.settings import Settings
    from benchbuilder.warehouse import Snapshot

Config = Annotated[
    Path | None, Parameter(help="Settings file. Default: $BENCHBUILDER_CONFIG, ./benchbuilder.toml, demo.")
]
StateDir = Annotated[
    Path | None, Parameter(help="Folder of warehouse, snapshots and reports; stands over the settings.")
]
Benchmark = Annotated[
    str | None, Parameter(help="Version: its id or the beginning of it. Default: the newest built here, else imported.")
]
Format = Annotated[Literal["table", "json", "csv", "md"], Parameter(name="--format", help="How it is printed.")]


@Parameter(name="*")
@dataclass(frozen=True)
class RunOptions:
    """What every run can be told, as `flows.parameters.RunParameters` takes it."""

    config: Config = None
    state_dir: StateDir = None
    as_of: Annotated[datetime | None, Parameter(help="The moment that due dates are counted from. Default: now.")] = (
        None
    )
    ignore_cache: Annotated[bool, Parameter(help="Run the pure steps even if Prefect has their result.")] = False
    cap_usd: Annotated[
        float | None, Parameter(help="USD that this run may spend; of it and the cap of the settings the lower counts.")
    ] = None
    cap_calls: Annotated[int | None, Parameter(help="Calls that this run may make, likewise.")] = None


EVERY_RUN = RunOptions()


def open_snapshot(config: Path | None, state_dir: Path | None) -> "tuple[Settings, Snapshot]":
    """The settings and the published snapshot of their state folder.

    Raises:
        SettingsError: a wrong value in the settings.
        NothingToRunError: nothing was published yet.
    """
    from benchbuilder.settings import load_settings
    from benchbuilder.warehouse import current_snapshot

    settings = load_settings(config, state_dir)
    return settings, current_snapshot(settings.state_dir)
