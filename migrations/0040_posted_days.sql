-- What pages count by the moment it was posted: the day's work, and the pace of a run.
CREATE INDEX postings_posted ON postings (posted_at, pipeline) WHERE posted_at IS NOT NULL;
