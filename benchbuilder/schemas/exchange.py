"""What others measured, what people said, and answers that no call of ours made."""

import dataframely as dy


class ImportedQuestions(dy.Schema):
    """Text and labels of one question of imported benchmarks."""

    question_ref = dy.String(primary_key=True)
    prompt_id = dy.String(nullable=False)
    text = dy.String(nullable=False)
    category = dy.String(nullable=True)
    topic = dy.String(nullable=True)
    location = dy.String(nullable=False)
    line = dy.Int64(nullable=True)
    imported_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class GivenAnswers(dy.Schema):
    """One answer that no call of ours made: imported, or a canary."""

    answer_key = dy.String(primary_key=True)
    question_ref = dy.String(nullable=False)
    model = dy.String(nullable=False)
    model_digest = dy.String(nullable=False)
    text = dy.String(nullable=False)
    count_tokens = dy.Int64(nullable=False)
    count_headers = dy.Int64(nullable=False)
    count_lists = dy.Int64(nullable=False)
    count_bold = dy.Int64(nullable=False)
    location = dy.String(nullable=True)
    line = dy.Int64(nullable=True)
    given_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class ImportedJudgments(dy.Schema):
    """One verdict that somebody else's judge gave."""

    question_ref = dy.String(primary_key=True)
    model = dy.String(primary_key=True)
    baseline = dy.String(primary_key=True)
    judge = dy.String(primary_key=True)
    baseline_first = dy.Bool(primary_key=True)
    is_order_known = dy.Bool(primary_key=True)
    replicate = dy.Int32(primary_key=True)
    verdict = dy.String(nullable=True)
    reason = dy.String(nullable=True)
    judge_text = dy.String(nullable=True)
    location = dy.String(nullable=False)
    line = dy.Int64(nullable=True)
    imported_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class ImportRejections(dy.Schema):
    """What could not be read of an import, or says other than what was imported before."""

    rejection_id = dy.String(primary_key=True)
    location = dy.String(nullable=False)
    line = dy.Int64(nullable=True)
    reason = dy.String(nullable=False)
    excerpt = dy.String(nullable=True)
    record_sha256 = dy.String(nullable=True)
    count_records = dy.Int64(nullable=False)
    rejected_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class HumanVotes(dy.Schema):
    """One vote of a person between two answers."""

    vote_id = dy.String(primary_key=True)
    model_a = dy.String(nullable=False)
    model_b = dy.String(nullable=False)
    winner = dy.String(nullable=False)
    prompt_id = dy.String(nullable=True)
    voter = dy.String(nullable=True)
    language = dy.String(nullable=True)
    voted_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=True)
    location = dy.String(nullable=False)
    line = dy.Int64(nullable=True)
    imported_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class HumanRatings(dy.Schema):
    """One model on one published board of people's votes."""

    people = dy.String(primary_key=True)
    model = dy.String(primary_key=True)
    rating = dy.Float64(nullable=False)
    lower = dy.Float64(nullable=True)
    upper = dy.Float64(nullable=True)
    mean = dy.Float64(nullable=True)
    variance = dy.Float64(nullable=True)
    imported_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)
