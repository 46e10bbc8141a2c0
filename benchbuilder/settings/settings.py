"""Everything that can be set, and what follows from it: roles, sampling, digests, keys."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from benchbuilder.curation.contamination import DecontaminationSettings
from benchbuilder.curation.rules import CurationSettings
from benchbuilder.curation.vetoes import Veto, read_vetoes
from benchbuilder.errors import SettingsError
from benchbuilder.judging.canaries import VERSION as CANARY_VERSION
from benchbuilder.judging.canaries import Canary
from benchbuilder.prompts import load_template, response_format
from benchbuilder.rating.options import RatingSettings
from benchbuilder.selection import SelectionSettings
from benchbuilder.settings.tables import (
    Annotator,
    AnnotatorSettings,
    AttemptSettings,
    BudgetSettings,
    CadenceSettings,
    EmbedderSettings,
    EndpointSettings,
    EvaluationSettings,
    JudgeSettings,
    ModelSettings,
    NamerSettings,
    PrefectSettings,
    QualitySettings,
)
from benchbuilder.sources import Source
from benchbuilder.text import digest_of
from benchbuilder.topics.clustering import ClusteringSettings

ONE_TOKEN = {"max_tokens": 1, "temperature": 0, "logprobs": True, "top_logprobs": 20}
PREFIX = "BENCHBUILDER_"


class _Environment(EnvSettingsSource):
    """The variables. What should be JSON and is not goes on as it is, so that it is a fault of its key."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        with suppress(ValueError):
            return super().decode_complex_value(field_name, field, value)
        return value


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid", validate_default=True
    )

    config_path: Path = Field(
        description="the file that they were read from; paths of sources are relative to its folder"
    )
    state_dir: Path = Path(".benchbuilder")
    cache_dir: Path = Path("~/.cache/benchbuilder")
    is_demo: bool = Field(default=False, description="says on board and pages that embedded models answered and judged")
    sources: tuple[Source, ...] = Field(min_length=1)
    endpoints: dict[str, EndpointSettings]
    models: dict[str, ModelSettings]
    curation: CurationSettings = CurationSettings()
    vetoes: Path | None = Field(
        default=None, description="a CSV file of prompts that shall be no questions; relative to the settings file"
    )
    decontamination: DecontaminationSettings = DecontaminationSettings()
    embedder: EmbedderSettings
    clustering: ClusteringSettings = ClusteringSettings()
    namer: NamerSettings
    annotator: AnnotatorSettings
    selection: SelectionSettings = SelectionSettings()
    evaluation: EvaluationSettings
    judges: tuple[JudgeSettings, ...] = Field(min_length=1)
    rating: RatingSettings = RatingSettings()
    quality: QualitySettings = QualitySettings()
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
        del env_settings, dotenv_settings, file_secret_settings  # the library asks for the names
        return (_Environment(settings_cls), init_settings)

    @property
    def roles(self) -> dict[str, str]:
        """Which model is named where: key in the file → name of the model."""
        named = {"embedder.model": self.embedder.model, "namer.model": self.namer.model}
        named |= {"annotator.model": self.annotator.model, "evaluation.baseline": self.evaluation.baseline}
        if self.cheap_annotator is not None:
            named["annotator.cascade.model"] = self.cheap_annotator.model
        named |= {f"evaluation.models.{place}": name for place, name in enumerate(self.evaluation.models)}
        return named | {f"judges.{place}.model": judge.model for place, judge in enumerate(self.judges)}

    @property
    def builders(self) -> tuple[str, ...]:
        """The models without which no version can be built."""
        cheap = () if self.cheap_annotator is None else (self.cheap_annotator.model,)
        return (self.embedder.model, self.namer.model, self.annotator.model, *cheap)

    @property
    def contestants(self) -> tuple[str, ...]:
        """All who answer: the models, and the baseline where it is not among them."""
        return tuple(dict.fromkeys((*self.evaluation.models, self.evaluation.baseline)))

    @property
    def canaries(self) -> tuple[Canary, ...]:
        """Those that are judged beside the models."""
        return tuple(Canary(kind) for kind in dict.fromkeys(self.evaluation.canaries))

    @property
    def digests_of_contestants(self) -> dict[str, str]:
        """Name → digest of everybody whose answers are judged: models, baseline, canaries."""
        digests = {name: self.digest_of_model(name) for name in self.contestants}
        of_baseline = digests[self.evaluation.baseline]
        canaries = {canary.model: digest_of([canary.kind, CANARY_VERSION, of_baseline]) for canary in self.canaries}
        return digests | canaries

    @property
    def public_benchmarks(self) -> tuple[str, ...]:
        """The sources whose texts no question may repeat."""
        return tuple(source.name for source in self.sources if source.public_benchmark)

    @property
    def embedded_by(self) -> dict[str, Any]:
        """Whose vectors count: embedder and revision."""
        return {"embedder": self.embedder.model, "revision": self.models[self.embedder.model].revision}

    def load_vetoes(self) -> dict[str, Veto]:
        """What people do not want among the questions, by prompt_id, as the file says now.

        Raises:
            SettingsError: the file is missing, or something in it is wrong; names file, line and value.
        """
        if self.vetoes is None:
            return {}
        path = self.config_path.parent / self.vetoes.expanduser()
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SettingsError(f"{self.config_path}: vetoes: {path}: cannot be read: {error.strerror}") from error
        return read_vetoes(content, str(path))

    def sampling_of(self, name: str, template: str = "", **changes: Any) -> dict[str, Any]:
        """What shapes the replies of a model, as it enters the request_key; `changes` stand over the settings."""
        model = self.models[name]
        sampling = model.model_dump(
            include={"system_prompt", "temperature", "max_tokens", "seed", "extra_body"}, exclude_none=True
        )
        if model.structured_output and template and (form := response_format(template)):
            sampling["response_format"] = form
        return {**sampling, "served_model": model.served_model or name, **changes}

    def digest_of_model(self, name: str) -> str:
        """Of revision and sampling: what makes the answers of two configurations different."""
        return digest_of([self.models[name].revision, self.sampling_of(name)])

    def sampling_of_judge(self, judge: JudgeSettings) -> dict[str, Any]:
        """A judge's sampling: read by digits it says one token, and its log-probabilities."""
        return self.sampling_of(judge.model, judge.template, **(ONE_TOKEN if judge.reads == "digits" else {}))

    def digest_of_judge(self, judge: JudgeSettings) -> str:
        """Of revision, sampling, template and what it is shown: what makes the verdicts of two judges different."""
        template = load_template(judge.template).sha256
        revision = self.models[judge.model].revision
        return digest_of([revision, self.sampling_of_judge(judge), template, judge.max_characters])

    @property
    def strong_annotator(self) -> Annotator:
        """Whose marks selection goes by."""
        return Annotator(self.annotator.model, self.selection.marks, self.annotator.max_characters)

    @property
    def cheap_annotator(self) -> Annotator | None:
        """The small model of the cascade; None where there is no cascade, or the embeddings stand in for one."""
        cascade = self.annotator.cascade
        if cascade is None or cascade.model is None:
            return None
        return Annotator(cascade.model, "logprobs", cascade.max_characters)

    def sampling_of_annotator(self, annotator: Annotator | None = None) -> dict[str, Any]:
        """The sampling of an annotator (default: the strong one): read by log-probabilities it says one token."""
        annotator = annotator or self.strong_annotator
        changes = ONE_TOKEN if annotator.marks == "logprobs" else {}
        return self.sampling_of(annotator.model, annotator.template, **changes)

    def digest_of_annotator(self, annotator: Annotator | None = None) -> str:
        """Of revision, sampling, template and how much it is shown; default: of the strong one."""
        annotator = annotator or self.strong_annotator
        template = load_template(annotator.template).sha256
        revision = self.models[annotator.model].revision
        return digest_of([revision, self.sampling_of_annotator(annotator), template, annotator.max_characters])

    def key_of(self, endpoint: str) -> SecretStr | None:
        """The key of an endpoint, from the variable that the settings name.

        Raises:
            SettingsError: the variable is not set.
        """
        return self._secret_in(self.endpoints[endpoint].key_variable, f"endpoints.{endpoint}.key_variable")

    def secret_of(self, source: Source) -> SecretStr | None:
        """What a source asks for before it gives anything, from the variable that the settings name.

        Raises:
            SettingsError: the variable is not set.
        """
        table = "http.token_variable" if source.http else "sql.password_variable"
        return self._secret_in(source.secret_variable, f"sources.{source.name}.{table}")

    def _secret_in(self, variable: str | None, key: str) -> SecretStr | None:
        if variable is None:
            return None
        value = os.environ.get(variable, "")
        if not value:
            raise SettingsError(f"{self.config_path}: {key}: {variable} is not set")
        if not (value.isascii() and value.isprintable() and value == value.strip()):  # no header can hold it
            told = "holds a line break, begins or ends with a blank, or holds a character that no key has"
            raise SettingsError(f"{self.config_path}: {key}: {variable} {told}")
        return SecretStr(value)

    def check_keys(self, models: tuple[str, ...]) -> None:
        """Fail before the first call where one of these models has no key."""
        for name in dict.fromkeys(self.models[model].endpoint for model in models):
            self.key_of(name)
