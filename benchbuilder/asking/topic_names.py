"""Topics to the namer: those that have no name yet. One that survives a clustering keeps its own."""

from benchbuilder.boards import Reader
from benchbuilder.llm.requests import Request
from benchbuilder.settings import Settings
from benchbuilder.topics.naming import PARSER_VERSION, name_values

_COUNT_SAMPLES = 4
_UNNAMED = """
    with samples as (  -- chosen before their texts are read: those of all members would be the whole crowd's
        select topics.topic_id, topics.keywords, topic_members.similarity, topic_members.prompt_id
        from topics
        semi join latest_clustering using (clustering_id)
        anti join (from topic_names where parser_version >= $parser_version) as named using (topic_id)
        join topic_members using (clustering_id, topic_id)
        semi join prompts using (prompt_id)
        where not topic_members.is_outlier
        qualify row_number() over (
            partition by topics.topic_id order by topic_members.similarity desc, topic_members.prompt_id
        ) <= $count_samples
    )
    select
        topic_id,
        any_value(keywords) as keywords,
        list(prompts.text order by similarity desc, prompt_id) as texts,
        list(prompt_id order by similarity desc, prompt_id) as prompt_ids
    from samples
    join prompts using (prompt_id)
    group by topic_id
    order by topic_id
"""


def plan_topic_names(reader: Reader, settings: Settings) -> dict[str, Request]:
    """topic_id → the call that names it."""
    namer, template = settings.namer.model, "topic_name"
    unnamed = reader.read(_UNNAMED, parser_version=PARSER_VERSION, count_samples=_COUNT_SAMPLES)
    return {
        topic_id: Request(
            kind="name_topic",
            model=namer,
            revision=settings.models[namer].revision,
            values=name_values(keywords, texts),
            sampling=settings.sampling_of(namer, template),
            template=template,
            prompt_ids=tuple(prompt_ids),
        )
        for topic_id, keywords, texts, prompt_ids in unnamed.iter_rows()
    }
