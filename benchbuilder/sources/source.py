"""What the settings say about a source: where its files are, and where in a record the prompt stands."""

from dataclasses import dataclass, fields
from typing import ClassVar, Literal


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Where in a record something stands, as a path: `conversation_a.0.content`. None: the records do not say.

    Attributes:
        prompt: the text, or a list of messages with role and content, of which each of role user is a turn.
        id: unique within the source; the same id again is the same sighting.
        seen_at: ISO 8601, or seconds or milliseconds since 1970.
        sender: who sent it; only its hash is kept.
        turn: 1 for the first message of a conversation, where each message is a record of its own.
        language: a label.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    prompt: str | None = None
    id: str | None = None
    seen_at: str | None = None
    sender: str | None = None
    turn: str | None = None
    language: str | None = None

    def over(self, other: "FieldMap") -> "FieldMap":
        """This map, and `other` where this one says nothing."""
        names = [field.name for field in fields(self)]
        return FieldMap(**{name: getattr(self, name) or getattr(other, name) for name in names})


Preset = Literal["prompt", "arena_conversation", "openai_messages"]

PRESETS: dict[Preset, FieldMap] = {
    "prompt": FieldMap(prompt="prompt", seen_at="timestamp", sender="sender", turn="turn", language="language"),
    # Chatbot Arena: both models got the same user turns, so one side tells them all. Its `turn` counts the turns.
    "arena_conversation": FieldMap(
        prompt="conversation_a", id="question_id", seen_at="tstamp", sender="judge", language="language"
    ),
    "openai_messages": FieldMap(prompt="messages", id="id", seen_at="created", sender="user"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """One source of prompts.

    Attributes:
        name: stands in every sighting; renaming a source reads it again.
        paths: files, globs and folders, relative to the folder of the settings file.
        kind: files are the only kind yet.
        format: `auto` goes by the file's ending.
        preset: a known shape of records; `prompt` takes texts only, the other two lists of messages only.
        mapping: stands over the preset, field by field; without a preset it must name the prompt.
        max_prompt_bytes: a longer prompt is rejected, and so is a record of 16 times that.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    name: str
    paths: tuple[str, ...]
    kind: Literal["file"] = "file"
    format: Literal["auto", "jsonl", "parquet", "csv"] = "auto"
    preset: Preset | None = None
    mapping: FieldMap = FieldMap()
    max_prompt_bytes: int = 1_000_000

    def __post_init__(self) -> None:
        if not self.name or not self.paths:
            raise ValueError("a source needs a name and at least one path")
        if self.max_prompt_bytes < 1:
            raise ValueError(f"max_prompt_bytes must be at least 1, not {self.max_prompt_bytes}")
        if self.preset is None and self.mapping.prompt is None:
            raise ValueError(f"source {self.name!r} needs a preset ({', '.join(PRESETS)}) or mapping.prompt")

    @property
    def field_map(self) -> FieldMap:
        """Where everything stands: the mapping over the preset."""
        return self.mapping.over(PRESETS[self.preset]) if self.preset else self.mapping

    @property
    def max_record_bytes(self) -> int:
        """A longer line is skipped without being kept in memory."""
        return 16 * self.max_prompt_bytes
