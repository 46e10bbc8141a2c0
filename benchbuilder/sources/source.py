"""What the settings say about a source: where it lies, and where in a record the prompt stands."""

from dataclasses import dataclass, fields
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from benchbuilder.addresses import check_address, check_variable
from benchbuilder.text import digest_of


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


Preset = Literal["prompt", "arena_conversation", "openai_messages", "lmsys_chat", "wildchat", "sharegpt", "otel_genai"]

PRESETS: dict[Preset, FieldMap] = {
    "prompt": FieldMap(prompt="prompt", seen_at="timestamp", sender="sender", turn="turn", language="language"),
    # Chatbot Arena: both models got the same user turns, so one side tells them all. Its `turn` counts the turns.
    "arena_conversation": FieldMap(
        prompt="conversation_a", id="question_id", seen_at="tstamp", sender="judge", language="language"
    ),
    "openai_messages": FieldMap(prompt="messages", id="id", seen_at="created", sender="user"),
    # LMSYS-Chat-1M, which has no times; its `turn` counts the turns.
    "lmsys_chat": FieldMap(prompt="conversation", id="conversation_id", language="language"),
    # WildChat: two conversations of one wording share their conversation_hash, a turn_identifier is of one alone.
    "wildchat": FieldMap(
        prompt="conversation",
        id="conversation.0.turn_identifier",
        seen_at="timestamp",
        sender="hashed_ip",
        language="language",
    ),
    "sharegpt": FieldMap(prompt="conversations", id="id"),
    # As `sources.spans` lays a span out.
    "otel_genai": FieldMap(
        prompt="messages", id="conversation", seen_at="start", sender="attributes.user.id", language=None
    ),
}


@dataclass(frozen=True, slots=True)
class HttpPages:
    """Pages of JSON lines, the oldest records first.

    Attributes:
        url: of the first page; where `{since}` stands in it the cursor is put, else it is the parameter `since`.
        cursor: path in a record to what the next pull goes on from; it grows from record to record.
        since: the cursor of the first pull; none: it is asked without.
        since_parameter: of the address, where `url` has no `{since}`.
        token_variable: environment variable that holds the bearer token; the token stands nowhere else.
        timeout_seconds: of the connection and of each read.
        retries: of a page, where the trouble passes (no answer, a cut one, 429, 5xx).
        retry_seconds: pause before the first of them; it doubles.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    url: str
    cursor: str
    since: str = ""
    since_parameter: str = "since"
    token_variable: str | None = None
    timeout_seconds: float = 60.0
    retries: int = 4
    retry_seconds: float = 1.0

    def __post_init__(self) -> None:
        check_address(self.url)
        check_variable(self.token_variable)
        if not self.cursor:
            raise ValueError("cursor must be the path to a field of a record")
        if self.timeout_seconds <= 0 or self.retry_seconds < 0 or self.retries < 0:
            raise ValueError("timeout_seconds must be more than 0, retries and retry_seconds at least 0")


@dataclass(frozen=True, slots=True)
class SqlQuery:
    """The rows of a query, ordered by one of their columns.

    Attributes:
        database: `postgresql://user@host/name` without password, or `sqlite:` and a path relative to the settings file.
        query: one SELECT, with `:cursor` where the cursor goes: `… where id > :cursor order by id`.
        cursor: the column that it is ordered by.
        start: the cursor of the first pull: less than all that shall be read.
        password_variable: environment variable that holds the password; it stands nowhere else.
        timeout_seconds: to connect.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    database: str
    query: str
    cursor: str
    start: str | int | float
    password_variable: str | None = None
    timeout_seconds: int = 15

    def __post_init__(self) -> None:
        check_variable(self.password_variable)
        scheme, _, rest = self.database.partition(":")
        if scheme not in {"postgresql", "sqlite"} or not rest:
            raise ValueError("database must be like postgresql://user@host/name or sqlite:messages.db")
        parts = urlsplit(self.database)
        try:
            port = parts.port
        except ValueError:
            port = 0
        if self.is_postgres and port == 0:
            raise ValueError("database must name one host, and a port from 1 to 65535 or none")
        if self.is_postgres and (parts.password or "password" in parts.query):
            raise ValueError("database holds a password; it stands in a variable, see password_variable")
        if ":cursor" not in self.query:
            raise ValueError("query must say where it goes on, e.g. `where id > :cursor order by id`")

    @property
    def is_postgres(self) -> bool:
        """Whether the database is one of Postgres; else it is one of SQLite."""
        return self.database.startswith("postgresql:")


@dataclass(frozen=True, slots=True)
class Source:
    """One source of prompts.

    Attributes:
        name: stands in every sighting; renaming a source reads it again.
        paths: of kind file: files, globs and folders, relative to the folder of the settings file.
        kind: file, or http with its table `http`, or sql with its table `sql`.
        format: of files; `auto` goes by the file's ending.
        preset: a known shape of records; `prompt` takes texts only, the others lists of messages only.
        mapping: stands over the preset, field by field; without a preset it must name the prompt.
        public_benchmark: its texts are published questions: no prompts, but what prompts are turned away for repeating.
        votes: each record is a person's vote too (model_a, model_b, winner), as in Chatbot Arena's.
        max_prompt_bytes: a longer prompt is rejected, and so is a record of 16 times that.
        http: where pages are.
        sql: which rows.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    name: str
    paths: tuple[str, ...] = ()
    kind: Literal["file", "http", "sql"] = "file"
    format: Literal["auto", "jsonl", "parquet", "csv"] = "auto"
    preset: Preset | None = None
    mapping: FieldMap = FieldMap()
    public_benchmark: bool = False
    votes: bool = False
    max_prompt_bytes: int = 1_000_000
    http: HttpPages | None = None
    sql: SqlQuery | None = None

    def __post_init__(self) -> None:
        if not self.name or (self.kind == "file" and not self.paths):
            raise ValueError("a source needs a name and at least one path; or kind = 'http' or 'sql' and its table")
        given = {"file": bool(self.paths), "http": self.http is not None, "sql": self.sql is not None}
        if [kind for kind, is_given in given.items() if is_given] != [self.kind]:
            raise ValueError("paths are for kind = 'file', the table http for kind = 'http', sql for kind = 'sql'")
        if self.max_prompt_bytes < 1:
            raise ValueError(f"max_prompt_bytes must be at least 1, not {self.max_prompt_bytes}")
        if self.preset is None and self.mapping.prompt is None:
            raise ValueError(f"source {self.name!r} needs a preset ({', '.join(PRESETS)}) or mapping.prompt")

    @property
    def field_map(self) -> FieldMap:
        """Where everything stands: the mapping over the preset."""
        return self.mapping.over(PRESETS[self.preset]) if self.preset else self.mapping

    @property
    def reading(self) -> str:
        """Digest of what decides what a record is read as: what was read another way is not known yet."""
        pages = (urlsplit(self.http.url).query, self.http.cursor) if self.http else None
        shape = (self.field_map, self.preset, self.format, self.public_benchmark, self.votes)
        return digest_of([*shape, pages])

    @property
    def max_record_bytes(self) -> int:
        """A longer line is skipped without being kept in memory."""
        return 16 * self.max_prompt_bytes

    @property
    def secret_variable(self) -> str | None:
        """Environment variable that holds what the source asks for before it gives anything."""
        if self.http:
            return self.http.token_variable
        return self.sql.password_variable if self.sql else None
