-- How far a head under the key that we trust in vouches for a followed stream. Lines beyond are provisional: kept until
-- it is known whose word they are, and thrown away when it is nobody's (SPEC.md 9.2).
ALTER TABLE streams
  ADD COLUMN vouched_seq bigint NOT NULL DEFAULT 0,
  ADD COLUMN vouched_head text,
  ADD COLUMN vouched_key bytea CHECK (length(vouched_key) = 32);
UPDATE streams s SET vouched_seq = seq, vouched_head = head, vouched_key = key WHERE EXISTS
  (SELECT FROM streams t WHERE t.origin = s.origin AND t.name = s.name AND t.epoch >= s.epoch AND t.shown);
ALTER TABLE streams DROP COLUMN shown;
