-- What others say takes room, and each peer has a bounded share of it.

-- Followed: what its lines take here, in octets; never too little, and counted anew when it matters.
ALTER TABLE streams ADD COLUMN octets bigint NOT NULL DEFAULT 0;
ALTER TABLE streams ADD COLUMN counted_at timestamptz NOT NULL DEFAULT now();
UPDATE streams s SET octets = e.octets FROM (SELECT stream_id, sum(250 + coalesce(octet_length(line), 0) *
  CASE WHEN type IN ('proposal', 'offer') THEN 10 ELSE 1 END) AS octets FROM entries GROUP BY stream_id) e WHERE e.stream_id = s.id AND s.origin NOT IN (SELECT authority FROM node_state);

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
