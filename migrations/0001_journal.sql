-- The first tables. One text for SQLite and PostgreSQL: columns are TEXT or BIGINT, times are
-- milliseconds since 1970 in UTC and named *_at, money is decimal text, flags are 0 or 1.

-- A run of a pipeline.
CREATE TABLE sync_batches (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    trigger TEXT NOT NULL,
    options TEXT NOT NULL,
    status TEXT NOT NULL,
    streams_total BIGINT NOT NULL,
    streams_completed BIGINT NOT NULL,
    streams_failed BIGINT NOT NULL,
    error TEXT,
    owner TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    completed_at BIGINT
);
CREATE INDEX sync_batches_pipeline ON sync_batches (pipeline, id);
CREATE INDEX sync_batches_status ON sync_batches (status, id);

-- A stream of a run.
CREATE TABLE sync_state (
    id TEXT PRIMARY KEY,
    batch_id TEXT NOT NULL REFERENCES sync_batches (id),
    tenant_id TEXT NOT NULL,
    connector_id TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    sync_mode TEXT NOT NULL,
    status TEXT NOT NULL,
    dry_run BIGINT NOT NULL,
    records_total BIGINT,
    records_processed BIGINT NOT NULL,
    records_created BIGINT NOT NULL,
    records_updated BIGINT NOT NULL,
    records_skipped BIGINT NOT NULL,
    records_failed BIGINT NOT NULL,
    records_held BIGINT NOT NULL,
    retry_count BIGINT NOT NULL,
    resume_checkpoint TEXT,
    checkpoint_version BIGINT NOT NULL,
    error TEXT,
    errors TEXT NOT NULL,
    started_at BIGINT,
    updated_at BIGINT NOT NULL,
    completed_at BIGINT
);
CREATE INDEX sync_state_batch ON sync_state (batch_id);
CREATE INDEX sync_state_connector ON sync_state (connector_id);
CREATE INDEX sync_state_status ON sync_state (status);
CREATE INDEX sync_state_tenant ON sync_state (tenant_id);

-- How far a stream has been read for good.
CREATE TABLE cursors (
    pipeline TEXT NOT NULL,
    source TEXT NOT NULL,
    realm TEXT NOT NULL,
    stream TEXT NOT NULL,
    position TEXT NOT NULL,
    sync_id TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (pipeline, source, realm, stream)
);

-- What should exist in the books, and where it stands. What is long stands in `documents`, so that
-- a change of state rewrites little.
CREATE TABLE postings (
    id TEXT PRIMARY KEY,
    pipeline TEXT NOT NULL,
    source TEXT NOT NULL,
    realm TEXT NOT NULL,
    source_kind TEXT NOT NULL,
    source_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    level BIGINT NOT NULL,
    number TEXT NOT NULL,
    date TEXT,
    amount TEXT,
    currency TEXT,
    gateway TEXT NOT NULL,
    order_status TEXT NOT NULL,
    tax TEXT,
    tax_codes TEXT NOT NULL,
    warning TEXT,
    search TEXT NOT NULL,
    state TEXT NOT NULL,
    cause TEXT,
    reason TEXT,
    remedy TEXT,
    intent TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    target_id TEXT,
    sync_token TEXT,
    doc_number TEXT,
    books_total TEXT,
    books_tax TEXT,
    record_fingerprint TEXT,
    record_modified_at BIGINT,
    call_id TEXT,
    sync_id TEXT,
    attempts BIGINT NOT NULL,
    due_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    posted_at BIGINT,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX postings_key ON postings (realm, source, source_kind, source_id, kind);
CREATE INDEX postings_state ON postings (state, id, cause, pipeline);
CREATE INDEX postings_number ON postings (number);
CREATE INDEX postings_date ON postings (date);

-- The long part of a posting: the document as wanted, and the record it was made from.
CREATE TABLE documents (
    posting_id TEXT PRIMARY KEY REFERENCES postings (id) ON DELETE CASCADE,
    body TEXT NOT NULL,
    needs TEXT NOT NULL,
    expected TEXT NOT NULL,
    other_name TEXT,
    record TEXT
);

-- HTTP writes to the target: on disk before the first byte leaves.
CREATE TABLE calls (
    id TEXT PRIMARY KEY,
    realm TEXT NOT NULL,
    path TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    begun_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX calls_open ON calls (realm, id) WHERE state = 'open';

-- The postings in a call, and what became of each.
CREATE TABLE call_members (
    call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    slot BIGINT NOT NULL,
    posting_id TEXT NOT NULL,
    member TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    intent TEXT NOT NULL,
    outcome TEXT,
    answer TEXT,
    answered_at BIGINT,
    PRIMARY KEY (call_id, slot)
);
CREATE INDEX call_members_posting ON call_members (posting_id);

-- What is in the books: source id to target id.
CREATE TABLE links (
    realm TEXT NOT NULL,
    source TEXT NOT NULL,
    source_kind TEXT NOT NULL,
    source_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    posting_id TEXT NOT NULL,
    target_id TEXT NOT NULL,
    sync_token TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    adopted BIGINT NOT NULL,
    voided BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (realm, source, source_kind, source_id, kind)
);

-- The books' own lists as last read.
CREATE TABLE target_lists (
    realm TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    key TEXT NOT NULL,
    key_folded TEXT NOT NULL,
    sync_token TEXT NOT NULL,
    body TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (realm, kind, id)
);
CREATE INDEX target_lists_name ON target_lists (realm, kind, name_folded);
CREATE INDEX target_lists_key ON target_lists (realm, kind, key_folded);

-- What was learned about a company: the rate of calls that holds, and when each list was read.
CREATE TABLE realms (
    realm TEXT NOT NULL,
    fact TEXT NOT NULL,
    value BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (realm, fact)
);

-- How the documents of one form (kind, tax form, currency) come out in a company: the canary's memory.
CREATE TABLE forms (
    realm TEXT NOT NULL,
    form TEXT NOT NULL,
    right_since BIGINT NOT NULL,
    wrong BIGINT NOT NULL,
    example TEXT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (realm, form)
);

-- OAuth refresh tokens, encrypted.
CREATE TABLE tokens (
    realm TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    sealed TEXT NOT NULL,
    obtained_at BIGINT NOT NULL,
    expires_at BIGINT,
    updated_at BIGINT NOT NULL
);

-- Who does what, until when.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What people did.
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX audit_subject ON audit (subject, id);
