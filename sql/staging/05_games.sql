-- grain: one reading of one judgment, with the digests of the answers it compared.
create or replace view readings as
select
    judgments.*,
    model_answers.model_digest,
    baseline_answers.model_digest as baseline_digest,
    case
        when judgments.verdict is null or not judgments.baseline_first then judgments.verdict
        when judgments.verdict = 'A>>B' then 'B>>A'
        when judgments.verdict = 'A>B' then 'B>A'
        when judgments.verdict = 'B>A' then 'A>B'
        when judgments.verdict = 'B>>A' then 'A>>B'
        else judgments.verdict
    end as model_verdict  -- from the model's side: A is the model
from judgments
inner join answers as model_answers
    on judgments.answer_key = model_answers.request_key and judgments.model = model_answers.model
inner join answers as baseline_answers
    on judgments.baseline_answer_key = baseline_answers.request_key and judgments.baseline = baseline_answers.model;

-- grain: one judgment that counts: its reading of the highest parser version.
create or replace view games as
select *
from readings
qualify row_number() over (
    partition by request_key, model, model_digest, baseline, baseline_digest, baseline_first
    order by parser_version desc
) = 1;
