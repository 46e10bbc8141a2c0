-- grain: one model on one board that was published; boards over versions and nights.
create or replace view boards as
select
    leaderboards.benchmark_id,
    leaderboards.leaderboard_id,
    leaderboards.as_of,  -- the moment that due dates were counted from
    leaderboards.fitted_at,
    leaderboards.baseline,
    leaderboard_rows.rank_low,  -- best rank that the intervals allow; null where not ranked
    leaderboard_rows.rank_high,  -- worst rank
    leaderboard_rows.model,
    leaderboard_rows.win_rate,  -- 0 to 1, against the baseline
    leaderboard_rows.lower,  -- of the win-rate's interval
    leaderboard_rows.upper,
    leaderboard_rows.rating,  -- log-odds against the baseline
    leaderboard_rows.is_ranked,  -- enough of its judgments could be read
    leaderboard_rows.reason,  -- why not ranked
    leaderboard_rows.count_planned,  -- judgments wanted, over all judges and both orders
    leaderboard_rows.count_judgments,  -- readable ones
    leaderboard_rows.share_readable,  -- readable of those planned
    leaderboard_rows.win_rate_if_lost,  -- with every unread judgment lost, strongly; null with several baselines
    leaderboard_rows.win_rate_if_won,
    leaderboard_rows.count_questions
from leaderboards
inner join leaderboard_rows on leaderboards.leaderboard_id = leaderboard_rows.leaderboard_id
where not leaderboards.is_withheld;

-- grain: one model on the newest board of the newest version that has one.
create or replace view board as
select boards.* exclude (fitted_at)
from boards
inner join latest_leaderboard on boards.leaderboard_id = latest_leaderboard.leaderboard_id
order by boards.is_ranked desc, boards.win_rate desc, boards.model asc;
