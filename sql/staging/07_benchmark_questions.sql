-- grain: one question of one version, with its text and labels; an imported one's are null until they are imported too.
create or replace view benchmark_questions as
select
    questions.benchmark_id,
    questions.question_ref,
    coalesce(questions.prompt_id, imported_questions.prompt_id) as prompt_id,
    coalesce(prompts.text, imported_questions.text) as text,
    coalesce(questions.topic_id, imported_questions.topic) as topic_id,
    coalesce(topic_labels.topic_name, questions.topic_name, imported_questions.topic) as topic_name,
    coalesce(imported_questions.category, 'broad topic ' || topic_labels.broad_topic) as category
from questions
left join imported_questions  -- a question that was built here keeps its own labels
    on
        questions.question_ref = imported_questions.question_ref
        and questions.prompt_id is null
left join prompts on questions.prompt_id = prompts.prompt_id
left join topic_labels on questions.topic_id = topic_labels.topic_id;
