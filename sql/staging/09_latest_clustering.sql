-- grain: one row: the clustering that stands: the latest of all, whatever made it.
create or replace view latest_clustering as
select * from clusterings
order by clustered_at desc, clustering_id asc
limit 1;
