"""Texts to the embedder: accepted prompts that have no vector yet, many in one call."""

from benchbuilder.boards import Reader
from benchbuilder.llm.requests import Request
from benchbuilder.settings import Settings
from benchbuilder.text import digest_of

_MISSING = """
    select prompt_id, text
    from accepted_prompts
    anti join (from embeddings where embedder = $embedder and revision = $revision) as present using (prompt_id)
    where curation_digest = $digest and starts_with(prompt_id, $prefix)
    order by prompt_id
"""


def plan_embeddings(reader: Reader, settings: Settings, prefix: str = "") -> list[Request]:
    """The calls for prompts whose id begins with `prefix`."""
    embedder = settings.embedder
    revision = settings.models[embedder.model].revision
    missing = reader.read(
        _MISSING,
        embedder=embedder.model,
        revision=revision,
        digest=digest_of(settings.curation),
        prefix=prefix,
    )
    sampling = settings.sampling_of(embedder.model, max_input_tokens=embedder.max_tokens)
    return [
        Request(
            kind="embed",
            model=embedder.model,
            revision=revision,
            values={f"{place:04}": text for place, text in enumerate(part["text"])},
            sampling=sampling,
            prompt_ids=tuple(part["prompt_id"]),
        )
        for part in missing.iter_slices(embedder.texts_per_call)
    ]
