-- grain: one model on one board that was published; boards over versions and nights.
create or replace view boards as
select
    leaderboards.benchmark_id,
    leaderboards.leaderboard_id,
    leaderboards.as_of,
    leaderboards.fitted_at,
    leaderboards.baseline,
    leaderboard_rows.rank_low,
    leaderboard_rows.rank_high,
    leaderboard_rows.model,
    leaderboard_rows.win_rate,
    leaderboard_rows.lower,
    leaderboard_rows.upper,
    leaderboard_rows.rating,
    leaderboard_rows.is_ranked,
    leaderboard_rows.reason,
    leaderboard_rows.count_planned,
    leaderboard_rows.count_judgments,
    leaderboard_rows.share_readable,
    leaderboard_rows.count_questions
from leaderboards
inner join leaderboard_rows on leaderboards.leaderboard_id = leaderboard_rows.leaderboard_id
where not leaderboards.is_withheld;

-- grain: one model on the newest board of the newest version.
create or replace view board as
select boards.* exclude (fitted_at)
from boards
inner join latest_leaderboards on boards.leaderboard_id = latest_leaderboards.leaderboard_id
inner join latest_benchmark on boards.benchmark_id = latest_benchmark.benchmark_id
order by boards.is_ranked desc, boards.win_rate desc, boards.model asc;
