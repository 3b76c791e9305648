-- Fees of gateways by the day. Each sale says its part in the fees of a day, `2026-10-01/stripe/USD`, so
-- that a day's sum is made from the journal alone.

-- What the gateway kept; none where the order does not say it.
ALTER TABLE postings ADD COLUMN fee TEXT;
-- In which day's fees it counts once the sale is in the books.
ALTER TABLE postings ADD COLUMN fee_day TEXT;
-- In which day's fees it was counted last.
ALTER TABLE postings ADD COLUMN fee_counted TEXT;
-- A day to be counted anew, since sale, fee or day changed. Few have one but those of today.
ALTER TABLE postings ADD COLUMN fee_open TEXT;
CREATE INDEX postings_fee_day ON postings (realm, source, fee_day) WHERE fee_day IS NOT NULL;
CREATE INDEX postings_fee_open ON postings (realm, source, fee_open) WHERE fee_open IS NOT NULL;
