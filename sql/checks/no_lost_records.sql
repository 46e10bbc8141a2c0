-- Each row is a batch of which not every record became a sighting, a repetition or a rejection.
select
    batch_id,
    source,
    count_read,
    count_sightings,
    count_repeated,
    count_rejected
from ingest_batches
where count_read <> count_sightings + count_repeated + count_rejected;
