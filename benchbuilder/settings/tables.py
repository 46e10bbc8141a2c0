"""The tables of the settings file: frozen, and a key that nobody knows is an error. All but the steps' own tables."""

from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from benchbuilder.addresses import check_address, check_variable
from benchbuilder.criteria import TEMPLATE_LIST, TEMPLATE_LOGPROBS
from benchbuilder.judging.canaries import CanaryKind
from benchbuilder.llm.limits import Limits

Address = Annotated[str, AfterValidator(check_address)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EndpointSettings(_Table):
    """One OpenAI-compatible server. Nothing here is part of a request_key."""

    kind: Literal["openai", "embedded"] = "openai"
    base_url: Address | None = None
    key_variable: Annotated[str | None, AfterValidator(check_variable)] = Field(
        default=None, description="environment variable that holds the key; the key stands nowhere else"
    )
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        if (self.kind == "openai") != (self.base_url is not None):
            raise ValueError("base_url is needed with kind = 'openai' and only there")
        return self


class ModelSettings(_Table):
    """One configuration of one model. All but endpoint, prices and family is part of a request_key."""

    endpoint: str
    served_model: str = Field(default="", description="what the endpoint calls it; default: the name of this table")
    revision: str = Field(default="", description="your word for a checkpoint; changing it asks again")
    system_prompt: str | None = None
    temperature: float | None = Field(default=None, ge=0)
    max_tokens: int | None = Field(default=None, ge=1)
    seed: int | None = None
    extra_body: dict[str, Any] = {}
    structured_output: bool = Field(
        default=False, description="marks, verdicts and names come as JSON of a schema; for servers that keep to one"
    )
    usd_per_million_tokens_in: float = Field(default=0.0, ge=0)
    usd_per_million_tokens_out: float = Field(default=0.0, ge=0)
    family: str | None = Field(
        default=None, description="whose model it is, for the judges' preference of their own; default: by its name"
    )

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


class CascadeSettings(_Table):
    """A cheap annotator that looks at every prompt first, so that the strong one need not."""

    model: str | None = Field(
        default=None,
        description="a small model, read from its log-probabilities; default: a regression on the embeddings, no call",
    )
    max_characters: int = Field(default=24_000, ge=100, description="of a prompt that the small model is shown")
    wanted_recall: float = Field(default=0.98, gt=0, lt=1, description="of the prompts that the strong one would pick")
    count_sample: int = Field(default=500, ge=20, description="prompts that both mark")
    max_share_sample: float = Field(default=0.1, gt=0, le=1, description="of the crowd that the sample may be")
    min_picks: int = Field(default=20, ge=1, description="with fewer picks in the sample nobody is turned away")
    confidence: float = Field(default=0.95, gt=0, lt=1, description="of the interval of recall")
    seed: int = 0


class AnnotatorSettings(_Table):
    """Who marks the seven criteria, and how the marks are read (`marks` of [selection])."""

    model: str
    max_characters: int = Field(default=24_000, ge=100, description="a longer prompt is cut, and the model is told")
    cascade: CascadeSettings | None = Field(default=None, description="off unless the table [annotator.cascade] stands")


class Annotator(NamedTuple):
    """A model that marks the seven criteria: the strong one, or the cheap one of a cascade."""

    model: str
    marks: Literal["list", "logprobs"]
    max_characters: int

    @property
    def template(self) -> str:
        """The prompt file that it is asked with."""
        return TEMPLATE_LOGPROBS if self.marks == "logprobs" else TEMPLATE_LIST


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
    canaries: tuple[CanaryKind, ...] = Field(
        default=(),
        description="answers that should never win, judged beside the models and not ranked; they cost judge calls",
    )


class QualitySettings(_Table):
    """Which board of people each of our boards is compared with."""

    people: str | None = Field(
        default=None, description="name of an imported board of ratings, or 'votes' for the imported votes"
    )
    names: dict[str, str] = Field(
        default={}, description="our name of a model = the people's name, where they differ; either direction"
    )


class BudgetSettings(_Table):
    """The cap of one run."""

    usd: float | None = Field(default=None, ge=0)
    calls: int | None = Field(default=None, ge=0)

    def at_most(self, usd: float | None, calls: int | None) -> Self:
        """With these caps beside ours: of two the lower counts."""
        told = {"usd": (self.usd, usd), "calls": (self.calls, calls)}
        return self.model_copy(
            update={unit: min((cap for cap in caps if cap is not None), default=None) for unit, caps in told.items()}
        )


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
    max_share_unplaced: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="of the placed prompts; above it, and with enough for a topic, a full clustering is due at once",
    )
    placing_similarity: float = Field(
        default=0.4, ge=-1, le=1, description="cosine that places a new prompt into a topic"
    )


class PrefectSettings(_Table):
    """Where flows of the command line run."""

    api_url: Address | None = None
