-- grain: one judgment that counts (of the highest parser version), with the digests of the answers it compared.
create or replace view games as
with

counted as (
    select *
    from judgments
    qualify row_number() over (
        partition by request_key, model, baseline, baseline_first
        order by parser_version desc
    ) = 1
)

select
    counted.*,
    model_answers.model_digest,
    baseline_answers.model_digest as baseline_digest,
    case
        when counted.verdict is null or not counted.baseline_first then counted.verdict
        when counted.verdict = 'A>>B' then 'B>>A'
        when counted.verdict = 'A>B' then 'B>A'
        when counted.verdict = 'B>A' then 'A>B'
        when counted.verdict = 'B>>A' then 'A>>B'
        else counted.verdict
    end as model_verdict  -- from the model's side: A is the model
from counted
inner join answers as model_answers
    on counted.answer_key = model_answers.request_key and counted.model = model_answers.model
inner join answers as baseline_answers
    on counted.baseline_answer_key = baseline_answers.request_key and counted.baseline = baseline_answers.model;
