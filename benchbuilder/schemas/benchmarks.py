"""Topics, frozen versions, boards, and how good they are."""

import dataframely as dy


class Clusterings(dy.Schema):
    """One full run of clustering."""

    clustering_id = dy.String(primary_key=True)
    previous_id = dy.String(nullable=True)
    embedder = dy.String(nullable=False)
    revision = dy.String(nullable=False)
    settings = dy.String(nullable=False)
    count_prompts = dy.Int64(nullable=False)
    count_topics = dy.Int64(nullable=False)
    share_unassigned = dy.Float64(nullable=False)
    as_of = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)
    clustered_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Topics(dy.Schema):
    """One topic of one clustering."""

    clustering_id = dy.String(primary_key=True)
    topic_id = dy.String(primary_key=True)
    continues_topic_id = dy.String(nullable=True)
    broad_topic = dy.Int32(nullable=True)
    keywords = dy.List(dy.String(), nullable=False)
    count_members = dy.Int64(nullable=False)
    centroid = dy.List(dy.Float32(), nullable=False)


class TopicNames(dy.Schema):
    """One name of one topic; it stays as long as the topic does."""

    topic_id = dy.String(primary_key=True)
    name = dy.String(nullable=True)
    reason = dy.String(nullable=True)
    namer = dy.String(nullable=True)
    request_key = dy.String(nullable=False)
    parser_version = dy.Int32(primary_key=True)
    named_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class TopicMembers(dy.Schema):
    """One prompt in one clustering."""

    clustering_id = dy.String(primary_key=True)
    prompt_id = dy.String(primary_key=True)
    topic_id = dy.String(nullable=True)
    is_outlier = dy.Bool(nullable=False)
    is_placed = dy.Bool(nullable=False)
    similarity = dy.Float64(nullable=True)
    x = dy.Float64(nullable=True)
    y = dy.Float64(nullable=True)
    assigned_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class TopicChanges(dy.Schema):
    """What one full clustering made of one topic."""

    clustering_id = dy.String(primary_key=True)
    topic_id = dy.String(primary_key=True)
    kind = dy.String(nullable=False)
    other_topic_id = dy.String(nullable=True)
    count_shared = dy.Int64(nullable=False)


class Benchmarks(dy.Schema):
    """One frozen version."""

    benchmark_id = dy.String(primary_key=True)
    previous_id = dy.String(nullable=True)
    clustering_id = dy.String(nullable=True)
    annotator = dy.String(nullable=True)
    annotator_digest = dy.String(nullable=True)
    curation_digest = dy.String(nullable=True)
    settings = dy.String(nullable=True)
    count_questions = dy.Int64(nullable=False)
    count_kept = dy.Int64(nullable=False)
    as_of = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)
    frozen_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)
    is_imported = dy.Bool(nullable=False)
    name = dy.String(nullable=True)


class Choices(dy.Schema):
    """One choice of a version that was not the latest already."""

    benchmark_id = dy.String(primary_key=True)
    previous_id = dy.String(nullable=True)
    as_of = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)
    chosen_at = dy.Datetime(time_zone="UTC", time_unit="us", primary_key=True)


class Questions(dy.Schema):
    """One question of one version, with the reason it was kept; of an imported one the reference alone is sure."""

    benchmark_id = dy.String(primary_key=True)
    prompt_id = dy.String(nullable=True)
    topic_id = dy.String(nullable=True)
    topic_name = dy.String(nullable=True)
    score = dy.Int32(nullable=True)
    topic_mean = dy.Float64(nullable=True)
    criteria = dy.List(dy.String(), nullable=True)
    is_kept = dy.Bool(nullable=False)
    question_ref = dy.String(primary_key=True)


class TurnedAway(dy.Schema):
    """One curated prompt that is no question of one version, with the threshold that it missed."""

    benchmark_id = dy.String(primary_key=True)
    prompt_id = dy.String(primary_key=True)
    reason = dy.String(nullable=True)
    threshold = dy.Float64(nullable=True)
    measured = dy.Float64(nullable=True)


class Leaderboards(dy.Schema):
    """One fit with its frozen settings."""

    leaderboard_id = dy.String(primary_key=True)
    benchmark_id = dy.String(nullable=False)
    baseline = dy.String(nullable=False)
    judges = dy.List(dy.String(), nullable=False)
    judge_digests = dy.List(dy.String(), nullable=False)
    parser_version = dy.Int32(nullable=False)
    settings = dy.String(nullable=False)
    is_withheld = dy.Bool(nullable=False)
    reason = dy.String(nullable=True)
    count_judgments = dy.Int64(nullable=False)
    share_readable = dy.Float64(nullable=True)
    as_of = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)
    fitted_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class LeaderboardRows(dy.Schema):
    """One model on one board."""

    leaderboard_id = dy.String(primary_key=True)
    model = dy.String(primary_key=True)
    model_digest = dy.String(nullable=False)
    win_rate = dy.Float64(nullable=True)
    lower = dy.Float64(nullable=True)
    upper = dy.Float64(nullable=True)
    rating = dy.Float64(nullable=True)
    rank_low = dy.Int32(nullable=True)
    rank_high = dy.Int32(nullable=True)
    is_ranked = dy.Bool(nullable=False)
    reason = dy.String(nullable=True)
    count_planned = dy.Int64(nullable=False)
    count_judgments = dy.Int64(nullable=False)
    share_readable = dy.Float64(nullable=True)
    count_questions = dy.Int64(nullable=False)
    win_rate_if_lost = dy.Float64(nullable=True)
    win_rate_if_won = dy.Float64(nullable=True)


class BenchmarkQuality(dy.Schema):
    """How well one board separates models and agrees with one board of people."""

    leaderboard_id = dy.String(primary_key=True)
    people = dy.String(primary_key=True)
    people_digest = dy.String(primary_key=True)
    separability = dy.Float64(nullable=True)
    agreement_paper = dy.Float64(nullable=True)
    agreement_blog = dy.Float64(nullable=True)
    agreement_notebook = dy.Float64(nullable=True)
    spearman = dy.Float64(nullable=True)
    kendall = dy.Float64(nullable=True)
    brier = dy.Float64(nullable=True)
    count_models = dy.Int64(nullable=False)
    count_pairs = dy.Int64(nullable=False)
    measured_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)
