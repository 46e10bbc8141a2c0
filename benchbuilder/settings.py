"""The one settings file, and the environment over it. The only module that reads either.

Which file: the one that is named, else BENCHBUILDER_CONFIG, else ./benchbuilder.toml, else the packaged demo. A
variable like BENCHBUILDER_BUDGET__USD stands over the key budget.usd. Paths of sources are relative to the file,
state_dir to the folder where the command runs. Every wrong value is named with file and key.
"""

import os
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from benchbuilder.criteria import TEMPLATE_LIST, TEMPLATE_LOGPROBS
from benchbuilder.curation.rules import CurationSettings
from benchbuilder.errors import SettingsError
from benchbuilder.llm.limits import Limits
from benchbuilder.prompts import load_template
from benchbuilder.rating.leaderboard import RatingSettings
from benchbuilder.selection import SelectionSettings
from benchbuilder.sources import Source
from benchbuilder.text import digest_of, escape_for_message
from benchbuilder.topics.clustering import ClusteringSettings

DEMO = Path(str(files("benchbuilder.samples").joinpath("demo.toml")))
ONE_TOKEN = {"max_tokens": 1, "temperature": 0, "logprobs": True, "top_logprobs": 20}
STARTER = Path(str(files("benchbuilder.samples").joinpath("starter.toml")))


class _Table(BaseModel):
    """A table of the file: frozen, and a key that nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EndpointSettings(_Table):
    """One OpenAI-compatible server. Nothing here is part of a request_key."""

    kind: Literal["openai", "embedded"] = "openai"
    base_url: str | None = None
    key_variable: str | None = Field(
        default=None, description="environment variable that holds the key; the key stands nowhere else"
    )
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        if (self.kind == "openai") != (self.base_url is not None):
            raise ValueError("base_url is needed with kind = 'openai' and only there")
        return self


class ModelSettings(_Table):
    """One configuration of one model. All but the prices is part of a request_key."""

    endpoint: str
    served_model: str = Field(default="", description="what the endpoint calls it; default: the name of this table")
    revision: str = Field(default="", description="your word for a checkpoint; changing it asks again")
    system_prompt: str | None = None
    temperature: float | None = Field(default=None, ge=0)
    max_tokens: int | None = Field(default=None, ge=1)
    seed: int | None = None
    extra_body: dict[str, Any] = {}
    usd_per_million_tokens_in: float = Field(default=0.0, ge=0)
    usd_per_million_tokens_out: float = Field(default=0.0, ge=0)

    def cost_usd(self, count_tokens_in: int | None, count_tokens_out: int | None) -> float:
        """What a call with so many tokens costs."""
        per_million = (count_tokens_in or 0) * self.usd_per_million_tokens_in
        per_million += (count_tokens_out or 0) * self.usd_per_million_tokens_out
        return per_million / 1e6


class EmbedderSettings(_Table):
    """Who turns texts into vectors."""

    model: str
    texts_per_call: int = Field(default=32, ge=1, le=2048)
    max_tokens: int = Field(
        256,
        ge=8,
        description="longer texts are cut: by the server's tokenizer where it is the embedded one, else by characters",
    )


class AnnotatorSettings(_Table):
    """Who marks the seven criteria, and how the marks are read (`marks` of [selection])."""

    model: str
    max_characters: int = Field(default=24_000, ge=100, description="a longer prompt is cut, and the model is told")


class NamerSettings(_Table):
    """Who names new topics."""

    model: str


class JudgeSettings(_Table):
    """One judge. `text`: it writes and ends with a verdict; `digits`: a small one, read from its log-probabilities."""

    model: str
    reads: Literal["text", "digits"] = "text"
    max_characters: int = Field(
        60_000, ge=100, description="of the prompt and of each answer; longer ones are cut, and it is recorded"
    )

    @property
    def template(self) -> str:
        """The prompt file that it is asked with."""
        return "judge" if self.reads == "text" else "judge_digit"


class EvaluationSettings(_Table):
    """Who plays."""

    models: tuple[str, ...] = Field(min_length=1)
    baseline: str


class BudgetSettings(_Table):
    """The cap of one run."""

    usd: float | None = Field(default=None, ge=0)
    calls: int | None = Field(default=None, ge=0)


class AttemptSettings(_Table):
    """How often a call is made before a state is final, counted over all runs; api_error counts per run."""

    truncated: int = Field(default=1, ge=1)
    refused: int = Field(default=1, ge=1)
    unparsable: int = Field(default=2, ge=1)
    api_error: int = Field(default=2, ge=1)


class CadenceSettings(_Table):
    """When something is due, in days; 0 is every run."""

    rebuild_every_days: float = Field(default=1, ge=0)
    recluster_every_days: float = Field(default=7, ge=0)
    max_share_unplaced: float = Field(default=0.3, ge=0, le=1, description="above it a full clustering is due at once")
    placing_similarity: float = Field(
        default=0.4, ge=-1, le=1, description="cosine that places a new prompt into a topic"
    )


class PrefectSettings(_Table):
    """Where flows of the command line run."""

    api_url: str | None = None


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix="BENCHBUILDER_", env_nested_delimiter="__", frozen=True, extra="forbid", validate_default=True
    )

    config_path: Path
    state_dir: Path = Path(".benchbuilder")
    cache_dir: Path = Path("~/.cache/benchbuilder")
    is_demo: bool = Field(default=False, description="says on board and pages that embedded models answered and judged")
    sources: tuple[Source, ...] = Field(min_length=1)
    endpoints: dict[str, EndpointSettings]
    models: dict[str, ModelSettings]
    curation: CurationSettings = CurationSettings()
    embedder: EmbedderSettings
    clustering: ClusteringSettings = ClusteringSettings()
    namer: NamerSettings
    annotator: AnnotatorSettings
    selection: SelectionSettings = SelectionSettings()
    evaluation: EvaluationSettings
    judges: tuple[JudgeSettings, ...] = Field(min_length=1)
    rating: RatingSettings = RatingSettings()
    cadence: CadenceSettings = CadenceSettings()
    budget: BudgetSettings = BudgetSettings()
    attempts: AttemptSettings = AttemptSettings()
    prefect: PrefectSettings = PrefectSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment stands over the file."""
        del settings_cls, dotenv_settings, file_secret_settings  # the library asks for the names
        return (env_settings, init_settings)

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for name, model in self.models.items():
            _check_known(f"models.{name}.endpoint", model.endpoint, self.endpoints)
        for key, name in self.roles.items():
            _check_known(key, name, self.models)
        for names, key in (([s.name for s in self.sources], "sources"), ([j.model for j in self.judges], "judges")):
            if len(set(names)) < len(names):
                raise ValueError(f"{key}: a name stands twice")
        return self

    @property
    def roles(self) -> dict[str, str]:
        """Which model is named where: key in the file → name of the model."""
        named = {"embedder.model": self.embedder.model, "namer.model": self.namer.model}
        named |= {"annotator.model": self.annotator.model, "evaluation.baseline": self.evaluation.baseline}
        named |= {f"evaluation.models.{place}": name for place, name in enumerate(self.evaluation.models)}
        return named | {f"judges.{place}.model": judge.model for place, judge in enumerate(self.judges)}

    @property
    def contestants(self) -> tuple[str, ...]:
        """All who answer: the models, and the baseline where it is not among them."""
        return tuple(dict.fromkeys((*self.evaluation.models, self.evaluation.baseline)))

    def sampling_of(self, name: str, **changes: Any) -> dict[str, Any]:
        """What shapes the replies of a model, as it enters the request_key; `changes` stand over the settings."""
        model = self.models[name]
        sampling = model.model_dump(
            include={"system_prompt", "temperature", "max_tokens", "seed", "extra_body"}, exclude_none=True
        )
        return {**sampling, "served_model": model.served_model or name, **changes}

    def digest_of_model(self, name: str) -> str:
        """Of revision and sampling: what makes the answers of two configurations different."""
        return digest_of([self.models[name].revision, self.sampling_of(name)])

    def sampling_of_judge(self, judge: JudgeSettings) -> dict[str, Any]:
        """A judge's sampling: read by digits it says one token, and its log-probabilities."""
        return self.sampling_of(judge.model, **(ONE_TOKEN if judge.reads == "digits" else {}))

    def digest_of_judge(self, judge: JudgeSettings) -> str:
        """Of revision, sampling, template and what it is shown: what makes the verdicts of two judges different."""
        template = load_template(judge.template).sha256
        revision = self.models[judge.model].revision
        return digest_of([revision, self.sampling_of_judge(judge), template, judge.max_characters])

    def sampling_of_annotator(self) -> dict[str, Any]:
        """The annotator's sampling: read by log-probabilities it says one token."""
        return self.sampling_of(self.annotator.model, **(ONE_TOKEN if self.selection.marks == "logprobs" else {}))

    def digest_of_annotator(self) -> str:
        """Of revision, sampling, template and how much it is shown."""
        template = load_template(self.annotator_template).sha256
        revision = self.models[self.annotator.model].revision
        return digest_of([revision, self.sampling_of_annotator(), template, self.annotator.max_characters])

    @property
    def annotator_template(self) -> str:
        """The prompt file that the annotator is asked with."""
        return TEMPLATE_LOGPROBS if self.selection.marks == "logprobs" else TEMPLATE_LIST

    def key_of(self, endpoint: str) -> SecretStr | None:
        """The key of an endpoint, from the variable that the settings name.

        Raises:
            SettingsError: the variable is not set.
        """
        variable = self.endpoints[endpoint].key_variable
        if variable is None:
            return None
        value = os.environ.get(variable, "")
        if not value:
            raise SettingsError(f"{self.config_path.name}: endpoints.{endpoint}.key_variable: {variable} is not set")
        return SecretStr(value)

    def check_keys(self, models: tuple[str, ...]) -> None:
        """Fail before the first call where one of these models has no key."""
        for name in dict.fromkeys(self.models[model].endpoint for model in models):
            self.key_of(name)


def find_config(config: Path | None) -> Path:
    """The settings file: as named, else BENCHBUILDER_CONFIG, else ./benchbuilder.toml, else the packaged demo."""
    if config is None and (named := os.environ.get("BENCHBUILDER_CONFIG")):
        config = Path(named)
    if config is None:
        local = Path("benchbuilder.toml")
        config = local if local.exists() else DEMO
    return config.absolute()


def load_settings(config: Path | None = None, state_dir: Path | None = None) -> Settings:
    """Read and check the settings.

    Args:
        config: the file; see `find_config` for the default.
        state_dir: stands over the file's.

    Raises:
        SettingsError: the file is missing, is no TOML, or holds wrong values; names file, key and value.
    """
    path = find_config(config)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: no valid TOML: {error}") from error
    try:
        settings = Settings(**values, config_path=path)
    except ValidationError as error:
        raise SettingsError(_told(path, error)) from None
    places = {"state_dir": (state_dir or settings.state_dir).expanduser().absolute()}
    places["cache_dir"] = settings.cache_dir.expanduser().absolute()
    return settings.model_copy(update=places)


def prepare_prefect(settings: Settings) -> None:
    """Point Prefect at this state folder, or at the server that settings or environment name. Call before importing it.

    A profile of the user is never read: PREFECT_PROFILES_PATH names a file that is not there.
    """
    home = settings.state_dir / "prefect"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    api_url = settings.prefect.api_url or os.environ.get("PREFECT_API_URL")
    for variable in [name for name in os.environ if name.startswith("PREFECT_") and not (api_url and "API" in name)]:
        del os.environ[variable]
    os.environ |= {
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_LOGGING_EXTRA_LOGGERS": "benchbuilder",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",  # a busy machine takes longer than the default 20
        "DO_NOT_TRACK": "1",
    }
    if api_url:
        os.environ["PREFECT_API_URL"] = api_url


def _check_known(key: str, name: str, table: dict[str, Any]) -> None:
    if name not in table:
        raise ValueError(f"{key}: unknown name {escape_for_message(name)!r}; known: {', '.join(sorted(table))}")


def _told(path: Path, error: ValidationError) -> str:
    """One line per wrong value."""
    lines = []
    for fault in error.errors(include_url=False, include_context=False):
        key = ".".join(map(str, fault["loc"]))
        message = fault["msg"].removeprefix("Value error, ")
        is_value = fault["type"] not in {"missing", "value_error"}
        shown = f" (got {escape_for_message(repr(fault['input']))})" if is_value else ""
        lines.append(f"{path}: {key + ': ' if key else ''}{message}{shown}")
    return "\n".join(lines)
