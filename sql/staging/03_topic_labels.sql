-- grain: one topic_id. Its latest keywords, and its name: the model's, or the keywords where there is none.
create or replace view topic_labels as
with

latest_topics as (
    select topics.*
    from topics
    inner join clusterings on topics.clustering_id = clusterings.clustering_id
    qualify
        row_number() over (
            partition by topics.topic_id
            order by clusterings.clustered_at desc, clusterings.clustering_id asc
        ) = 1
),

latest_names as (
    select
        topic_id,
        name
    from topic_names
    qualify row_number() over (partition by topic_id order by parser_version desc, named_at desc) = 1
)

select
    latest_topics.topic_id,
    coalesce(latest_names.name, array_to_string(latest_topics.keywords[1:3], ', ')) as topic_name,
    latest_names.name is not null as is_named,
    latest_topics.keywords,
    latest_topics.broad_topic
from latest_topics
left join latest_names on latest_topics.topic_id = latest_names.topic_id;
