-- The pace of a run counts documents alone, and is read from the index without its rows.
DROP INDEX postings_posted;
CREATE INDEX postings_posted ON postings (posted_at, pipeline, level) WHERE posted_at IS NOT NULL;
