-- A peer that was removed gives its key up: whoever has it may come under a name of its own.
ALTER TABLE peers DROP CONSTRAINT peers_key_id_key;
CREATE UNIQUE INDEX peers_key_id ON peers (key_id) WHERE state <> 'removed';
