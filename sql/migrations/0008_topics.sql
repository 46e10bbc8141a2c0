-- What became of each topic when a full clustering was made anew, and which version was chosen when.

create table topic_changes (
    clustering_id varchar,              -- the new clustering
    topic_id varchar,                   -- whose fate it is: of a topic that stood before, else of a new one
    kind varchar,                       -- kept, merged, gone of one that stood; split, new of one that did not
    other_topic_id varchar,             -- merged: the topic that took it in; split: the topic that it came from
    count_shared bigint                 -- members that it shares with itself before (kept), else with the other topic
);
comment on table topic_changes is 'what one full clustering made of one topic';

create table choices (
    benchmark_id varchar,
    previous_id varchar,                -- the version that it was chosen after; null for the first one
    as_of timestamptz,                  -- the moment that due dates are counted from
    chosen_at timestamptz
);
comment on table choices is
'one choice of a version that was not the latest already; the same version may be chosen again after another one';
