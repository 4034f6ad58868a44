-- What others say takes room, and each peer has a bounded share of it.

-- What a line takes, in octets, with what is derived from it: as db_room_of counts (node/db/network/room.c).
CREATE FUNCTION entry_room(type text, line bytea) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT 250 + coalesce(octet_length(line), 0)::bigint * CASE WHEN type IN ('proposal', 'offer') THEN 10 ELSE 1 END $$;

-- Followed: what its lines take. Whatever is done to lines counts here, so that nobody has to add them up.
ALTER TABLE streams ADD COLUMN octets bigint NOT NULL DEFAULT 0;
UPDATE streams s SET octets = e.octets FROM (SELECT stream_id, sum(entry_room(type, line)) AS octets FROM entries GROUP BY stream_id) e
  WHERE e.stream_id = s.id AND s.origin NOT IN (SELECT authority FROM node_state);
CREATE FUNCTION entries_take_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE streams s SET octets = s.octets + l.octets FROM (SELECT stream_id, sum(entry_room(type, line)) AS octets FROM added GROUP BY stream_id) l
    WHERE s.id = l.stream_id AND NOT EXISTS (SELECT FROM node_state WHERE authority = s.origin);
  RETURN NULL;
END $$;
CREATE FUNCTION entries_change_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE streams s SET octets = s.octets + l.octets FROM (SELECT stream_id, sum(octets) AS octets FROM
    (SELECT stream_id, entry_room(type, line) AS octets FROM added UNION ALL SELECT stream_id, -entry_room(type, line) FROM gone) c
    GROUP BY stream_id HAVING sum(octets) <> 0) l
    WHERE s.id = l.stream_id AND NOT EXISTS (SELECT FROM node_state WHERE authority = s.origin);
  RETURN NULL;
END $$;
CREATE FUNCTION entries_give_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE streams s SET octets = s.octets - l.octets FROM (SELECT stream_id, sum(entry_room(type, line)) AS octets FROM gone GROUP BY stream_id) l
    WHERE s.id = l.stream_id AND NOT EXISTS (SELECT FROM node_state WHERE authority = s.origin);
  RETURN NULL;
END $$;
CREATE TRIGGER entries_take_room AFTER INSERT ON entries REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION entries_take_room();
CREATE TRIGGER entries_change_room AFTER UPDATE ON entries REFERENCING OLD TABLE AS gone NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION entries_change_room();
CREATE TRIGGER entries_give_room AFTER DELETE ON entries REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION entries_give_room();

-- Its share is used up since then: no text of it is kept. grants: how many shares more people allowed it.
ALTER TABLE peers ADD COLUMN full_at timestamptz;
ALTER TABLE peers ADD COLUMN grants int NOT NULL DEFAULT 0;

-- A text that was not kept, since its peer was suspended or removed or its share used up: it is asked for when that is over.
ALTER TABLE entries ADD COLUMN dropped boolean NOT NULL DEFAULT false;
CREATE INDEX entries_dropped ON entries (stream_id, seq) WHERE dropped;

-- How fast an office brings new names: when it will have brought no more than it may; and what it said of those that wait.
CREATE TABLE office_pace (
  office text PRIMARY KEY REFERENCES peers ON DELETE CASCADE,
  until timestamptz NOT NULL
);
CREATE TABLE waiting_names (
  office text NOT NULL REFERENCES peers ON DELETE CASCADE,
  authority text NOT NULL,
  body text NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (office, authority)
);

-- Types that nobody here knows have a term as texts have.
UPDATE entries e SET keep_until = e.received_at + interval '366 days' FROM streams s WHERE s.id = e.stream_id
  AND s.origin NOT IN (SELECT authority FROM node_state) AND e.line IS NOT NULL AND e.keep_until IS NULL
  AND e.type NOT IN ('erase', 'key', 'epoch', 'member', 'report');
