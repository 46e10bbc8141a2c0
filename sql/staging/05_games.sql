-- grain: one answer of one model to one question, whoever made it: a call of ours, an import, a canary.
create or replace view all_answers as
select
    answers.prompt_id as question_ref,
    answers.model,
    answers.model_digest,
    answers.request_key as answer_key,
    completions_counted.text,
    completions_counted.state,  -- ok, or truncated: judged as it is
    answer_styles.count_tokens,
    answer_styles.count_headers,
    answer_styles.count_lists,
    answer_styles.count_bold
from answers
left join completions_counted on answers.request_key = completions_counted.request_key
left join answer_styles on answers.request_key = answer_styles.request_key
union all
select
    question_ref,
    model,
    model_digest,
    answer_key,
    text,
    'ok' as state,
    count_tokens,
    count_headers,
    count_lists,
    count_bold
from given_answers;

-- grain: one reading of one judgment, ours or imported, with the digests of the answers it compared.
create or replace view readings as
with

answer_keys as (
    select
        request_key as answer_key,
        model,
        model_digest
    from answers
    union all
    select
        answer_key,
        model,
        model_digest
    from given_answers
),

ours as (
    select
        judgments.* exclude (prompt_id),
        judgments.prompt_id as question_ref,
        true as is_order_known,
        model_answers.model_digest,
        baseline_answers.model_digest as baseline_digest
    from judgments
    inner join answer_keys as model_answers
        on judgments.answer_key = model_answers.answer_key and judgments.model = model_answers.model
    inner join answer_keys as baseline_answers
        on
            judgments.baseline_answer_key = baseline_answers.answer_key
            and judgments.baseline = baseline_answers.model
),

imported as (
    select
        -- the length tells where the reference ends: names may have blanks
        concat_ws(' ', 'imported', length(question_ref), question_ref, judge, replicate, is_order_known) as request_key,
        0 as parser_version,  -- as the file says it
        model,
        null::varchar as answer_key,
        baseline,
        null::varchar as baseline_answer_key,
        judge,
        'imported' as judge_digest,
        baseline_first,
        replicate,
        verdict,
        reason,
        false as is_cut,
        imported_at as judged_at,
        question_ref,
        is_order_known,
        'imported' as model_digest,
        'imported' as baseline_digest
    from imported_judgments
),

both_kinds as (
    select * from ours
    union all by name
    select * from imported
)

select
    * exclude (baseline_first, is_order_known),
    case when is_order_known then baseline_first end as baseline_first,  -- null: nobody knows what was shown first
    case
        when verdict is null or not baseline_first then verdict
        when verdict = 'A>>B' then 'B>>A'
        when verdict = 'A>B' then 'B>A'
        when verdict = 'B>A' then 'A>B'
        when verdict = 'B>>A' then 'A>>B'
        else verdict
    end as model_verdict  -- from the model's side: A is the model
from both_kinds;

-- grain: one judgment that counts: its reading of the highest parser version.
create or replace view games as
select *
from readings
qualify row_number() over (
    partition by request_key, model, model_digest, baseline, baseline_digest, baseline_first
    order by parser_version desc
) = 1;
