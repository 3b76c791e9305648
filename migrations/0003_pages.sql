-- What pages show: who bought, so that an order is found by its name.
ALTER TABLE postings ADD COLUMN who TEXT;
