-- grain: one prompt in one clustering, so a prompt's rows by clustered_at are its way through the topics.
create or replace view topic_history as
select
    topic_members.prompt_id,
    topic_members.clustering_id,
    clusterings.as_of,
    clusterings.clustered_at,
    topic_members.topic_id,
    topic_labels.topic_name,
    topic_members.is_outlier,  -- in no topic; this one is the nearest
    topic_members.is_placed,  -- came after the clustering and was placed into a topic that stood
    topic_members.similarity,
    topic_members.assigned_at,
    topic_changes.kind as topic_change,  -- what this clustering made of the topic: kept, split, new
    topic_changes.other_topic_id as split_from_topic_id
from topic_members
inner join clusterings on topic_members.clustering_id = clusterings.clustering_id
left join topic_labels on topic_members.topic_id = topic_labels.topic_id
left join topic_changes
    on
        topic_members.clustering_id = topic_changes.clustering_id
        and topic_members.topic_id = topic_changes.topic_id;
