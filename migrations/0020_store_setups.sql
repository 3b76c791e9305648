-- How a store was set up when it was last asked: its settings, taxes, gateways and statuses, as text that
-- the mapping reads. The page of the mapping compares it with the books without asking anybody.
CREATE TABLE store_setups (
    source     TEXT   NOT NULL PRIMARY KEY,
    body       TEXT   NOT NULL,
    updated_at BIGINT NOT NULL
);
