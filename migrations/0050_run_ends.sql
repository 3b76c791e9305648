-- When a run of a pipeline last ended, and last ended well: monitoring asks each few seconds.
CREATE INDEX sync_batches_ended ON sync_batches (pipeline, completed_at);
