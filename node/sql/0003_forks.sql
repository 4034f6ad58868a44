-- What a node needs to know when it, or who follows it, was put back to an older state.

-- (epoch, seq) stays what counts as acknowledged. What a peer asks after counts only if it came there by what we
-- answered: else it may have another history of the same numbers (SPEC.md 10.2).
ALTER TABLE peer_cursors
  ADD asked_epoch bigint NOT NULL DEFAULT 0, -- what it asked after last
  ADD asked_seq bigint NOT NULL DEFAULT 0,
  ADD served_epoch bigint NOT NULL DEFAULT 0, -- where the answer to that ended
  ADD served_seq bigint NOT NULL DEFAULT 0;
UPDATE peer_cursors SET asked_epoch = epoch, asked_seq = seq, served_epoch = epoch, served_seq = seq;

-- Of our own older epochs: up to which number peers held lines that we do not know any more, and that were erased.
ALTER TABLE streams ADD lost_seq bigint NOT NULL DEFAULT 0;

-- Of our own: whoever has read so far has read, too, what was erased in older epochs.
ALTER TABLE streams ADD begun_seq bigint NOT NULL DEFAULT 0;

-- What stands published in an older epoch than today's is said again.
CREATE INDEX publications_epoch ON publications (epoch) WHERE erased_at IS NULL AND held_at IS NULL;

-- So is what we said to one town.
CREATE INDEX forwards_epoch ON forwards (epoch) WHERE direction = 'out';
CREATE INDEX case_steps_epoch ON case_steps (epoch) WHERE direction = 'out';

-- What time it is is told by more than this machine's clock: by a person who was asked, by the node itself as long as it
-- has no doubt, and by the answers of peers.
ALTER TABLE node_state ADD clock_said bigint NOT NULL DEFAULT 0; -- Unix seconds; by itself once an hour
ALTER TABLE peers ADD heard_at bigint NOT NULL DEFAULT 0; -- Unix seconds, kept to the hour
