"""Topics to the namer: those that have no name yet. One that survives a clustering keeps its own."""

from benchbuilder.boards import Reader
from benchbuilder.llm.requests import Request
from benchbuilder.settings import Settings
from benchbuilder.topics.naming import PARSER_VERSION, name_values

_COUNT_SAMPLES = 4
_UNNAMED = """
    select
        topics.topic_id,
        any_value(topics.keywords) as keywords,
        list(prompts.text order by topic_members.similarity desc, prompts.prompt_id) as texts,
        list(prompts.prompt_id order by topic_members.similarity desc, prompts.prompt_id) as prompt_ids
    from topics
    semi join (from clusterings order by clustered_at desc, clustering_id limit 1) as latest using (clustering_id)
    anti join (from topic_names where parser_version >= $parser_version) as named using (topic_id)
    join topic_members using (clustering_id, topic_id)
    join prompts using (prompt_id)
    where not topic_members.is_outlier
    group by topics.topic_id
    order by topics.topic_id
"""


def plan_topic_names(reader: Reader, settings: Settings) -> dict[str, Request]:
    """topic_id → the call that names it."""
    namer, template = settings.namer.model, "topic_name"
    unnamed = reader.read(_UNNAMED, parser_version=PARSER_VERSION)
    return {
        topic_id: Request(
            kind="name_topic",
            model=namer,
            revision=settings.models[namer].revision,
            values=name_values(keywords, texts[:_COUNT_SAMPLES]),
            sampling=settings.sampling_of(namer, template),
            template=template,
            prompt_ids=tuple(prompt_ids[:_COUNT_SAMPLES]),
        )
        for topic_id, keywords, texts, prompt_ids in unnamed.iter_rows()
    }
