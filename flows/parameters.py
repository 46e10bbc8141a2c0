"""The forms of the Prefect UI: what a person can set for one run. All have defaults, so an empty form is a run."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tasks import Run, open_run

Part = TypeVar("Part", bound="RunParameters")


class RunParameters(BaseModel):
    """What every run can be told."""

    model_config = ConfigDict(extra="forbid")

    config: Path | None = Field(
        default=None,
        title="Settings file",
        description="Path on the machine that runs the flow. Empty: BENCHBUILDER_CONFIG, else ./benchbuilder.toml.",
    )
    state_dir: Path | None = Field(
        default=None,
        title="State folder",
        description="Where warehouse, snapshots and reports lie. Empty: as the settings say.",
    )
    as_of: datetime | None = Field(
        default=None,
        title="As of",
        description="The moment that due dates are counted from. Empty: now.",
        examples=[None],
    )
    ignore_cache: bool = Field(
        default=False,
        title="Ignore Prefect's cache",
        description="Run the pure steps even if their inputs are unchanged. Paid work is never repeated either way.",
    )

    cap_usd: float | None = Field(
        default=None,
        ge=0,
        title="Cap in USD",
        description="This run spends no more; what is paid for is kept, and the next run goes on. Of this cap and the "
        "settings' own the lower counts. Empty: the settings' own.",
    )
    cap_calls: int | None = Field(
        default=None, ge=0, title="Cap in calls", description="The same, counted in calls to models."
    )

    @field_validator("as_of")
    @classmethod
    def _has_a_zone(cls, as_of: datetime | None) -> datetime | None:
        """A moment without a zone is meant in UTC, as all of the warehouse is."""
        return as_of.replace(tzinfo=UTC) if as_of and as_of.tzinfo is None else as_of

    def open(self) -> Run:
        """Load the settings, open the warehouse."""
        return open_run(
            self.config,
            self.state_dir,
            self.as_of,
            ignore_cache=self.ignore_cache,
            cap_usd=self.cap_usd,
            cap_calls=self.cap_calls,
        )

    def at_one_moment(self) -> Self:
        """The same with `as_of` fixed, so that all parts of a run see one clock."""
        return self.model_copy(update={"as_of": self.as_of or datetime.now(UTC)})

    def for_part(self, part: type[Part]) -> Part:
        """What a part of this run is told."""
        return part(**self.model_dump(include=set(RunParameters.model_fields)))


class IngestParameters(RunParameters):
    """Pull new prompts."""

    sources: list[str] = Field(default=[], title="Sources", description="Names from the settings. Empty: all of them.")


class EvaluateParameters(RunParameters):
    """Ask models and judges."""

    benchmark_id: str | None = Field(
        default=None, title="Benchmark version", description="Evaluate on this version. Empty: the newest."
    )
    models: list[str] = Field(
        default=[],
        title="Models",
        description="Names from the settings; the baseline always answers. Empty: all of them.",
    )


class PublishParameters(RunParameters):
    """Fit the board and publish it."""

    benchmark_id: str | None = Field(
        default=None, title="Benchmark version", description="Rate on this version. Empty: the newest."
    )
