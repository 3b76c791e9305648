-- Which records of a store are linked to a customer or item of the books.
CREATE INDEX links_target ON links (realm, source, target_id) WHERE kind IN ('customer', 'item');
