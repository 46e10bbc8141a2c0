-- grain: one judgment of one board: the question, both answers, what the judge wrote, how it was read for that board.
create or replace view judged_games as
select
    board_games.leaderboard_id,
    board_games.benchmark_id,
    board_games.question_ref,  -- of an imported question its uid; else the prompt_id
    board_games.prompt_id,
    benchmark_questions.text as question,
    board_games.topic_id,
    board_games.topic_name,
    board_games.category,
    board_games.model,
    board_games.baseline,
    board_games.judge,
    board_games.baseline_first,  -- null: nobody knows what was shown first
    board_games.replicate,
    board_games.verdict,  -- as the judge said it: A is the first shown; null where unreadable
    board_games.model_verdict,  -- from the model's side: A is the model
    board_games.reason,  -- of an unreadable one
    board_games.is_cut,  -- an answer was too long for the judge and was cut
    model_answers.text as answer,
    model_answers.state as answer_state,  -- ok, or truncated: judged as it is
    baseline_answers.text as baseline_answer,
    baseline_answers.state as baseline_answer_state,
    coalesce(judge_texts.text, imported_judgments.judge_text) as judge_text,  -- what the judge wrote
    judge_texts.template,  -- name of the judge's prompt file
    judge_texts.template_sha256,
    board_games.request_key,
    board_games.judged_at
from board_games
inner join benchmark_questions
    on
        board_games.benchmark_id = benchmark_questions.benchmark_id
        and board_games.question_ref = benchmark_questions.question_ref
left join all_answers as model_answers
    on
        board_games.question_ref = model_answers.question_ref
        and board_games.model = model_answers.model
        and board_games.model_digest = model_answers.model_digest
left join all_answers as baseline_answers
    on
        board_games.question_ref = baseline_answers.question_ref
        and board_games.baseline = baseline_answers.model
        and board_games.baseline_digest = baseline_answers.model_digest
left join completions_counted as judge_texts on board_games.request_key = judge_texts.request_key
left join imported_judgments
    on
        board_games.judge_digest = 'imported'
        and board_games.question_ref = imported_judgments.question_ref
        and board_games.model = imported_judgments.model
        and board_games.baseline = imported_judgments.baseline
        and board_games.judge = imported_judgments.judge
        and board_games.replicate = imported_judgments.replicate
        and coalesce(board_games.baseline_first, true) = imported_judgments.baseline_first
        and (board_games.baseline_first is not null) = imported_judgments.is_order_known;
