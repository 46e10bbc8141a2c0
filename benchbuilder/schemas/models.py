"""Model traffic, and what was read from it."""

import dataframely as dy


class Completions(dy.Schema):
    """One attempt at one call; the last ok attempt counts, else the last; cost sums all attempts."""

    request_key = dy.String(primary_key=True)
    attempt = dy.Int32(primary_key=True)
    kind = dy.String(nullable=False)
    model = dy.String(nullable=False)
    revision = dy.String(nullable=False)
    template = dy.String(nullable=False)
    template_sha256 = dy.String(nullable=False)
    state = dy.String(nullable=False)
    reason = dy.String(nullable=True)
    text = dy.String(nullable=True)
    thinking = dy.String(nullable=True)
    logprobs = dy.String(nullable=True)
    finish_reason = dy.String(nullable=True)
    count_tokens_in = dy.Int64(nullable=True)
    count_tokens_out = dy.Int64(nullable=True)
    cost_usd = dy.Float64(nullable=True)
    latency_seconds = dy.Float64(nullable=False)
    run_id = dy.String(nullable=True)
    completed_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)
    prompt_ids = dy.List(dy.String(), nullable=True)


class Embeddings(dy.Schema):
    """One prompt by one embedder and revision."""

    prompt_id = dy.String(primary_key=True)
    embedder = dy.String(primary_key=True)
    revision = dy.String(primary_key=True)
    vector = dy.List(dy.Float32(), nullable=False)
    request_key = dy.String(nullable=False)
    embedded_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Annotations(dy.Schema):
    """One prompt by one annotator, under one digest and parser version."""

    prompt_id = dy.String(primary_key=True)
    annotator = dy.String(primary_key=True)
    annotator_digest = dy.String(primary_key=True)
    parser_version = dy.Int32(primary_key=True)
    is_readable = dy.Bool(nullable=False)
    reason = dy.String(nullable=True)
    specificity = dy.Float64(nullable=True)
    domain_knowledge = dy.Float64(nullable=True)
    complexity = dy.Float64(nullable=True)
    problem_solving = dy.Float64(nullable=True)
    creativity = dy.Float64(nullable=True)
    technical_accuracy = dy.Float64(nullable=True)
    real_world_application = dy.Float64(nullable=True)
    request_keys = dy.List(dy.String(), nullable=False)
    annotated_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)
    is_cut = dy.Bool(nullable=True)


class Cascades(dy.Schema):
    """One fit of a cheap annotator to the strong one."""

    cascade_id = dy.String(primary_key=True)
    clustering_id = dy.String(nullable=False)
    annotator = dy.String(nullable=False)
    annotator_digest = dy.String(nullable=False)
    parser_version = dy.Int32(nullable=False)
    cheap_kind = dy.String(nullable=False)
    cheap_annotator = dy.String(nullable=False)
    cheap_digest = dy.String(nullable=False)
    settings = dy.String(nullable=False)
    min_score = dy.Float64(nullable=False)
    count_members = dy.Int64(nullable=False)
    count_sample = dy.Int64(nullable=False)
    count_read = dy.Int64(nullable=False)
    count_picks = dy.Int64(nullable=False)
    count_kept = dy.Int64(nullable=False)
    wanted_recall = dy.Float64(nullable=False)
    recall = dy.Float64(nullable=True)
    recall_lower = dy.Float64(nullable=True)
    recall_upper = dy.Float64(nullable=True)
    threshold = dy.Float64(nullable=True)
    share_passed = dy.Float64(nullable=False)
    fitted_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class CascadeMembers(dy.Schema):
    """One prompt as the cheap annotator of one cascade sees it."""

    cascade_id = dy.String(primary_key=True)
    prompt_id = dy.String(primary_key=True)
    is_sampled = dy.Bool(nullable=False)
    is_passed = dy.Bool(nullable=False)
    cheap_score = dy.Float64(nullable=True)
    specificity = dy.Float64(nullable=True)
    domain_knowledge = dy.Float64(nullable=True)
    complexity = dy.Float64(nullable=True)
    problem_solving = dy.Float64(nullable=True)
    creativity = dy.Float64(nullable=True)
    technical_accuracy = dy.Float64(nullable=True)
    real_world_application = dy.Float64(nullable=True)
    marked_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Answers(dy.Schema):
    """One question by one model and digest; benchmark versions share answers."""

    prompt_id = dy.String(primary_key=True)
    model = dy.String(primary_key=True)
    model_digest = dy.String(primary_key=True)
    request_key = dy.String(nullable=False)
    answered_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class AnswerStyles(dy.Schema):
    """Length and Markdown of one answer that a call of ours made."""

    request_key = dy.String(primary_key=True)
    count_tokens = dy.Int64(nullable=False)
    count_headers = dy.Int64(nullable=False)
    count_lists = dy.Int64(nullable=False)
    count_bold = dy.Int64(nullable=False)


class Judgments(dy.Schema):
    """One reading of one call: one order of one game."""

    request_key = dy.String(primary_key=True)
    parser_version = dy.Int32(primary_key=True)
    prompt_id = dy.String(nullable=False)
    model = dy.String(primary_key=True)
    answer_key = dy.String(nullable=False)
    baseline = dy.String(primary_key=True)
    baseline_answer_key = dy.String(nullable=False)
    judge = dy.String(nullable=False)
    judge_digest = dy.String(nullable=False)
    baseline_first = dy.Bool(primary_key=True)
    replicate = dy.Int32(nullable=False)
    verdict = dy.String(nullable=True)
    reason = dy.String(nullable=True)
    is_cut = dy.Bool(nullable=False)
    judged_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)
