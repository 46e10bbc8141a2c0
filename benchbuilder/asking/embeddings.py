"""Texts to the embedder: accepted prompts that have no vector yet, many in one call; items of public benchmarks too."""

from benchbuilder.boards import Reader
from benchbuilder.llm.requests import Request
from benchbuilder.settings import Settings
from benchbuilder.text import digest_of

_MISSING = """
    with wanted as (
        select prompt_id, text from accepted_prompts where curation_digest = $digest
        union
        select item_id, any_value(text order by benchmark) from public_items
        where list_contains($benchmarks, benchmark)
            and item_id not in (select prompt_id from accepted_prompts where curation_digest = $digest)
            and item_id not in (select prompt_id from forgotten_prompts)  -- their vectors go before each publication
        group by item_id
    )
    select prompt_id, text
    from wanted
    anti join (from embeddings where embedder = $embedder and revision = $revision) as present using (prompt_id)
    where starts_with(prompt_id, $prefix)
    order by prompt_id
"""


def plan_embeddings(reader: Reader, settings: Settings, prefix: str = "") -> list[Request]:
    """The calls for prompts whose id begins with `prefix`."""
    embedder = settings.embedder
    embedded_by = settings.embedded_by
    benchmarks = settings.public_benchmarks if settings.decontamination.use_vectors else ()
    missing = reader.read(
        _MISSING, **embedded_by, digest=digest_of(settings.curation), benchmarks=list(benchmarks), prefix=prefix
    )
    sampling = settings.sampling_of(embedder.model, max_input_tokens=embedder.max_tokens)
    return [
        Request(
            kind="embed",
            model=embedder.model,
            revision=embedded_by["revision"],
            values={f"{place:04}": text for place, text in enumerate(part["text"])},
            sampling=sampling,
            prompt_ids=tuple(part["prompt_id"]),
        )
        for part in missing.iter_slices(embedder.texts_per_call)
    ]
