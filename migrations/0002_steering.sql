-- What people decide, and what tells their changes in the books from our own.

-- When somebody asked to try a held posting again; the next run plans it anew and forgets this.
ALTER TABLE postings ADD COLUMN released_at BIGINT;
CREATE INDEX postings_released ON postings (released_at) WHERE released_at IS NOT NULL;
