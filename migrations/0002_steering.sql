-- What people decide, and what tells their changes in the books from our own.

-- When somebody asked to try a held posting again; the next run plans it anew and forgets this.
ALTER TABLE postings ADD COLUMN released_at BIGINT;
CREATE INDEX postings_released ON postings (released_at) WHERE released_at IS NOT NULL;

-- What of a posting somebody approved where the pipeline waits for approval: intent and hash of the
-- document. Another wish is another text, so what changes is no longer approved.
ALTER TABLE postings ADD COLUMN approved TEXT;

-- What a run would post, drawn up for approval. Its content is JSON; equal content is one plan.
CREATE TABLE plans (
    id TEXT PRIMARY KEY,
    pipeline TEXT NOT NULL,
    source TEXT NOT NULL,
    realm TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    approved_at BIGINT
);
CREATE INDEX plans_pipeline ON plans (pipeline, id);

-- What people see of the document, as one hash of the books' last answer: where only the version rose,
-- nobody has changed it. And the day it stands on in the books.
ALTER TABLE links ADD COLUMN content TEXT;
ALTER TABLE links ADD COLUMN dated TEXT;
