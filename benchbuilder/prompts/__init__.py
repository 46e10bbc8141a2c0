"""The texts that models are asked with, kept as prose in the .md files beside this module.

A template has parts under `## system`, `## user` and, where the reply shall go on from given words, `## assistant`;
each may hold Jinja placeholders. Crowd text, answers and replies are untrusted: a template puts them through the
`fence` filter, which sets them between two delimiter lines and neutralises inside what could end them: the delimiter,
whatever a hasty reader could take for the end of a fence, and the control tokens of chat formats. Values are data for
Jinja, never templates themselves. A .schema.json beside a template is the form of its reply as JSON, for servers that
keep to one; what is read stands last in it, in the words that the reader of free text knows.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
import orjson
from jinja2.sandbox import ImmutableSandboxedEnvironment

LENGTH_DELIMITER = 16
_PART = re.compile(r"^## (system|user|assistant)\n", re.MULTILINE)
_CONTROL_TOKEN = re.compile(
    r"<(?=[|\uff5c][^|\uff5c<>\s]{1,60}[|\uff5c]>)"  # <|im_end|> and its kin, also with the wide bars of DeepSeek
    r"|<(?=/?(?:s|bos|eos|start_of_turn|end_of_turn)>)"  # Llama 2, Mistral, Gemma
    r"|<(?=extra_id_\d{1,3}>)"  # Nemotron
    r"|<(?=</?SYS>>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_RESULTS|TOOL_CALLS)\])"
)
# A model does not compare sixteen digits one by one, so any code in such a place may pass for ours; and it may overlook
# characters that do not show, and the wide forms of East Asian type.
_UNSEEN = (
    r"[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0001\U000e0020-\U000e007f]*+"
)
_DIGIT = r"[0-9a-fA-F\uff10-\uff19\uff21-\uff26\uff41-\uff46]"
_HALF = rf"(?:{_UNSEEN}{_DIGIT}){{{LENGTH_DELIMITER // 2}}}"
_GAP = rf"(?:{_UNSEEN}\s)*"
_BRACKETS = "<>\uff1c\uff1e"
_FENCE_END = re.compile(
    rf"[<\uff1c](?:{_UNSEEN}[<\uff1c]){{2}}{_GAP}{_HALF}(?={_HALF})"
    rf"|(?={_DIGIT}){_HALF}(?={_HALF}{_GAP}(?:{_UNSEEN}[>\uff1e]){{3}})"
)


def delimiter_of(prompt_text: str) -> str:
    """The delimiter of every call about this prompt, the same each time so that servers can reuse the prefix.

    Returns:
        The first 16 hex digits of the sha256 of the text.
    """
    return hashlib.sha256(prompt_text.encode()).hexdigest()[:LENGTH_DELIMITER]


def fence(text: str, delimiter: str) -> str:
    """`text` between two lines that carry `delimiter`.

    Inside the text the delimiter, what looks like an end of any fence, and control tokens are cut in two.
    """
    half = len(delimiter) // 2
    harmless = text
    if delimiter.lower() in text.lower():  # hardly ever, and to compile a pattern for each prompt takes long
        # The place between its halves, not the delimiter: of two that overlap, replacing the first leaves the second.
        middle = f"(?<={re.escape(delimiter[:half])})(?={re.escape(delimiter[half:])})"
        harmless = re.sub(middle, "-", text, flags=re.IGNORECASE)
    if any(bracket in text for bracket in _BRACKETS):  # most texts have none, and this is fast
        harmless = _FENCE_END.sub(r"\g<0>-", harmless)
    harmless = _CONTROL_TOKEN.sub(lambda opening: f"{opening.group()} ", harmless)
    return f"<<<{delimiter}\n{harmless}\n{delimiter}>>>"


@jinja2.pass_context
def _fence_filter(context: jinja2.runtime.Context, text: str) -> str:
    return fence(str(text), context["delimiter"])  # str() of a missing value raises


@dataclass(frozen=True, slots=True)
class Template:
    """One prompt file; its sha256 goes into every request_key, so that a changed word asks again."""

    name: str
    text: str
    sha256: str

    def render(self, values: Mapping[str, str], *, delimiter: str) -> list[dict[str, str]]:
        """Chat messages with `values` filled in.

        Args:
            values: what the placeholders stand for; a missing one raises jinja2.UndefinedError.
            delimiter: of the prompt that the call is about, see `delimiter_of`.
        """
        return [
            {"role": role, "content": body.render(values, delimiter=delimiter)} for role, body in _compiled(self.text)
        ]


@cache
def _compiled(text: str) -> list[tuple[str, jinja2.Template]]:
    """The parts of a template with their roles. Chat text is not HTML, hence no autoescape."""
    environment = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)
    environment.filters["fence"] = _fence_filter
    _, *parts = _PART.split(text)
    return [(role, environment.from_string(body.strip())) for role, body in zip(parts[::2], parts[1::2], strict=True)]


@cache
def load_template(name: str) -> Template:
    """The template `prompts/<name>.md`.

    Raises:
        FileNotFoundError: there is no such file.
    """
    text = files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8")
    return Template(name=name, text=text, sha256=hashlib.sha256(text.encode()).hexdigest())


@cache
def response_format(name: str) -> dict[str, Any] | None:
    """What asks a server for replies to the template `name` as JSON of its schema; None where it has no schema."""
    schema = files(__name__).joinpath(f"{name}.schema.json")
    if not schema.is_file():
        return None
    told = {"name": name, "strict": True, "schema": orjson.loads(schema.read_bytes())}
    return {"type": "json_schema", "json_schema": told}
