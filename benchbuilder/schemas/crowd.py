"""What the crowd sent, and what became of each record."""

import dataframely as dy


class IngestBatches(dy.Schema):
    """One pull of one source, with the progress mark at which the next pull goes on."""

    batch_id = dy.String(primary_key=True)
    source = dy.String(nullable=False)
    location = dy.String(nullable=True)
    bytes_read = dy.Int64(nullable=False)
    prefix_sha256 = dy.String(nullable=False)
    count_lines = dy.Int64(nullable=False)
    count_read = dy.Int64(nullable=False)
    count_sightings = dy.Int64(nullable=False)
    count_repeated = dy.Int64(nullable=False)
    count_rejected = dy.Int64(nullable=False)
    run_id = dy.String(nullable=True)
    ingested_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)
    cursor = dy.String(nullable=True)
    reading = dy.String(nullable=True)


class Prompts(dy.Schema):
    """One distinct text."""

    prompt_id = dy.String(primary_key=True)
    text = dy.String(nullable=True)
    count_masked = dy.Int32(nullable=False)
    batch_id = dy.String(nullable=False)
    ingested_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Sightings(dy.Schema):
    """One time the crowd sent a prompt."""

    sighting_id = dy.String(primary_key=True)
    source = dy.String(nullable=False)
    source_ref = dy.String(nullable=False)
    prompt_id = dy.String(nullable=False)
    seen_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=True)
    sender = dy.String(nullable=True)
    turn = dy.Int32(nullable=False)
    conversation_ref = dy.String(nullable=True)
    location = dy.String(nullable=True)
    line = dy.Int64(nullable=True)
    batch_id = dy.String(nullable=False)
    ingested_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Rejections(dy.Schema):
    """One record that could not be read; nothing is dropped silently."""

    rejection_id = dy.String(primary_key=True)
    source = dy.String(nullable=False)
    location = dy.String(nullable=True)
    line = dy.Int64(nullable=True)
    byte_start = dy.Int64(nullable=True)
    byte_end = dy.Int64(nullable=True)
    record_sha256 = dy.String(nullable=True)
    reason = dy.String(nullable=True)
    excerpt = dy.String(nullable=True)
    batch_id = dy.String(nullable=False)
    rejected_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class ForgottenPrompts(dy.Schema):
    """One prompt that was removed for good on request."""

    prompt_id = dy.String(primary_key=True)
    forgotten_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Curations(dy.Schema):
    """One prompt under one digest of the curation settings."""

    prompt_id = dy.String(primary_key=True)
    curation_digest = dy.String(primary_key=True)
    outcome = dy.String(nullable=False)
    reason = dy.String(nullable=True)
    language = dy.String(nullable=True)
    language_confidence = dy.Float64(nullable=True)
    count_tokens = dy.Int32(nullable=True)
    duplicate_of = dy.String(nullable=True)
    similarity = dy.Float64(nullable=True)
    curated_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class PublicItems(dy.Schema):
    """One text of one public benchmark."""

    benchmark = dy.String(primary_key=True)
    item_id = dy.String(primary_key=True)
    text = dy.String(nullable=True)
    source_ref = dy.String(nullable=True)
    location = dy.String(nullable=True)
    line = dy.Int64(nullable=True)
    batch_id = dy.String(nullable=False)
    ingested_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)


class Exclusions(dy.Schema):
    """One decision about one prompt: turned away for what lies outside the crowd, or let in again."""

    prompt_id = dy.String(primary_key=True)
    decision = dy.Int32(primary_key=True)
    is_lifted = dy.Bool(nullable=False)
    reason = dy.String(nullable=True)
    benchmark = dy.String(nullable=True)
    item_id = dy.String(nullable=True)
    method = dy.String(nullable=True)
    similarity = dy.Float64(nullable=True)
    said_by = dy.String(nullable=True)
    note = dy.String(nullable=True)
    decided_at = dy.Datetime(time_zone="UTC", time_unit="us", nullable=False)
