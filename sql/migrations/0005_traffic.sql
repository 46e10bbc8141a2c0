-- What a step had to leave out of what it showed a model.

alter table annotations add column is_cut boolean; -- the prompt was shortened for the annotator; null in older rows
