-- Sources that are no files go on from a cursor; and a mark knows how the place was read.

alter table ingest_batches add column cursor varchar;  -- of pages and queries: where the next pull goes on
alter table ingest_batches add column reading varchar;  -- digest of mapping, preset, use, address; null: unknown
