-- Sources that are no files go on from a cursor.

alter table ingest_batches add column cursor varchar;  -- of pages and queries: where the next pull goes on
