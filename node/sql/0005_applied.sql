-- How far the lines of a followed stream were gone through, so that what is stored can be applied bit by bit, in
-- transactions of their own; and when an epoch came, so that nobody opens too many.
ALTER TABLE streams
  ADD COLUMN applied_seq bigint NOT NULL DEFAULT 0,
  ADD COLUMN opened_at timestamptz NOT NULL DEFAULT now();
UPDATE streams SET applied_seq = CASE WHEN settled THEN vouched_seq ELSE 0 END, opened_at = '-infinity';

-- By number too: whether there is a newer line about the same object.
DROP INDEX entries_object;
CREATE INDEX entries_object ON entries (object_id, stream_id, seq) WHERE line IS NOT NULL;
CREATE INDEX entries_uncovered ON entries (stream_id) WHERE NOT covered;
