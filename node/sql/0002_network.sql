-- What a node says and what it hears: its own streams and the streams it follows are the same two tables.

-- Great-circle distance (haversine) in whole kilometres of two places in millionths of a degree. Strict operators on floats
-- throughout, so that it becomes part of the statement that calls it; a hair less than the root, since rounding may lift that
-- above 1, where asin() ends.
CREATE FUNCTION distance_km(latitude_e6 int, longitude_e6 int, other_latitude_e6 int, other_longitude_e6 int)
RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT round(2 * 6371 * asin((1 - 1e-12::float8) * sqrt(sin(radians((other_latitude_e6 - latitude_e6) / 2e6::float8)) ^ 2
    + cos(radians(latitude_e6 / 1e6::float8)) * cos(radians(other_latitude_e6 / 1e6::float8))
    * sin(radians((other_longitude_e6 - longitude_e6) / 2e6::float8)) ^ 2)))::int
$$;

-- Who we are to ourselves: the epoch we write in, and which database that epoch was opened in.
CREATE TABLE node_state (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  authority text NOT NULL,
  epoch bigint NOT NULL,
  system_identifier text NOT NULL,
  timeline bigint NOT NULL,
  database_oid bigint NOT NULL,
  key bytea NOT NULL CHECK (length(key) = 32)
);

CREATE TABLE peers (
  authority text PRIMARY KEY,
  name text NOT NULL,
  country text NOT NULL,
  role text NOT NULL CHECK (role IN ('city', 'office')),
  areas jsonb NOT NULL DEFAULT '[]',
  latitude_e6 int,
  longitude_e6 int,
  mailbox text,
  -- Who says so (SPEC.md 9.1): people here who compared fingerprints, or an office's registry.
  confirmed boolean NOT NULL DEFAULT false,
  via text, -- the office whose registry names it
  registry_state text CHECK (registry_state IN ('invited', 'active', 'suspended', 'removed')),
  decision text CHECK (decision IN ('suspended', 'removed')), -- taken here: always wins
  suspended_reason text,
  frozen boolean NOT NULL DEFAULT false, -- sources name different keys: nothing is exchanged until a person decides
  state text NOT NULL GENERATED ALWAYS AS (CASE
    WHEN decision IS NOT NULL THEN decision
    WHEN frozen THEN 'suspended'
    WHEN confirmed THEN 'active'
    ELSE coalesce(registry_state, 'invited') END) STORED,
  source text NOT NULL GENERATED ALWAYS AS
    (CASE WHEN confirmed OR via IS NULL THEN 'manual' ELSE 'registry' END) STORED,
  key bytea NOT NULL CHECK (length(key) = 32),
  key_id text NOT NULL,
  other_key bytea CHECK (length(other_key) = 32), -- named without the old key's word
  other_key_at timestamptz, -- when it counts by itself; NULL: only after fingerprints were compared
  other_key_by text, -- the office that named it, and may take it back
  read_epoch bigint, -- how far it had read our `net` when it ceased to be active: what came after may have been
  read_seq bigint, -- withheld from it
  member boolean NOT NULL DEFAULT false, -- an office: we joined its registry
  member_id uuid NOT NULL DEFAULT gen_random_uuid(), -- at an office: of its `member` entries
  failing_since timestamptz,
  last_contact_at timestamptz,
  last_error text,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
-- A peer that was removed gives its key up: whoever has it may come under a name of its own.
CREATE UNIQUE INDEX peers_key_id ON peers (key_id) WHERE state <> 'removed';

-- What each office we follow says of a town; one that says `active` is enough.
CREATE TABLE registrations (
  authority text NOT NULL REFERENCES peers ON DELETE CASCADE,
  office text NOT NULL,
  state text NOT NULL CHECK (state IN ('invited', 'active', 'suspended', 'removed')),
  PRIMARY KEY (authority, office)
);

CREATE TABLE streams (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  origin text NOT NULL,
  name text NOT NULL,
  epoch bigint NOT NULL,
  seq bigint NOT NULL DEFAULT 0,
  chain bytea NOT NULL CHECK (length(chain) = 32),
  head text,
  issued_at bigint NOT NULL DEFAULT 0,
  key bytea CHECK (length(key) = 32), -- that counts at seq
  settled boolean NOT NULL DEFAULT true, -- false: first sync, nothing shown yet
  frozen boolean NOT NULL DEFAULT false,
  -- Followed: how far a head under the key that we trust in vouches for it. Lines beyond are provisional: kept until it
  -- is known whose word they are, and thrown away when it is nobody's (SPEC.md 9.2).
  vouched_seq bigint NOT NULL DEFAULT 0,
  vouched_head text,
  vouched_key bytea CHECK (length(vouched_key) = 32),
  applied_seq bigint NOT NULL DEFAULT 0, -- how far its lines were gone through, bit by bit, in transactions of their own
  opened_at timestamptz NOT NULL DEFAULT now(), -- so that nobody opens too many
  UNIQUE (origin, name, epoch)
);

CREATE TABLE entries (
  stream_id bigint NOT NULL REFERENCES streams,
  seq bigint NOT NULL,
  type text,
  object_id uuid,
  rev bigint,
  at timestamptz, -- as the line says
  line bytea, -- exact octets; NULL once erased or when withheld
  digest bytea NOT NULL CHECK (length(digest) = 32),
  chain bytea NOT NULL CHECK (length(chain) = 32),
  head text, -- where an append of ours ended
  status text NOT NULL CHECK (status IN ('held', 'quarantined', 'erased', 'withheld')),
  covered boolean NOT NULL DEFAULT true, -- false: a placeholder that no erase has covered yet
  keep_until timestamptz,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stream_id, seq),
  CHECK ((line IS NULL) = (status IN ('erased', 'withheld')))
);
-- By number too: whether there is a newer line about the same object.
CREATE INDEX entries_object ON entries (object_id, stream_id, seq) WHERE line IS NOT NULL;
-- Which revision comes next, also after all of them were erased.
CREATE INDEX entries_rev ON entries (object_id, stream_id, rev) WHERE object_id IS NOT NULL;
CREATE INDEX entries_uncovered ON entries (stream_id) WHERE NOT covered;
CREATE INDEX entries_keep ON entries (keep_until) WHERE line IS NOT NULL AND keep_until IS NOT NULL;

-- How far each peer has durably applied our streams, in its own signed word.
CREATE TABLE peer_cursors (
  authority text NOT NULL REFERENCES peers ON DELETE CASCADE,
  stream text NOT NULL CHECK (stream IN ('net', 'to')),
  epoch bigint NOT NULL,
  seq bigint NOT NULL,
  created bigint NOT NULL, -- of the signed request
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (authority, stream)
);

-- Shared by all processes of the town. Unlogged: after a crash at most two minutes of requests could be repeated, and
-- every federation request may be repeated without harm.
CREATE UNLOGGED TABLE nonces (
  key_id text NOT NULL,
  nonce text NOT NULL,
  expires bigint NOT NULL,
  PRIMARY KEY (key_id, nonce)
);
CREATE INDEX nonces_expires ON nonces (expires);

-- Peers to pull from soon: they hinted, or were heard again. The pulling thread empties it.
CREATE UNLOGGED TABLE wakes (
  authority text PRIMARY KEY REFERENCES peers ON DELETE CASCADE,
  hinted boolean NOT NULL -- false: only heard again after failures
);

-- In an order as that of listings.
CREATE TABLE network_items (
  id uuid NOT NULL,
  published_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  rev bigint NOT NULL,
  epoch bigint NOT NULL,
  seq bigint NOT NULL,
  categories int NOT NULL GENERATED ALWAYS AS (category_bits(help)) STORED,
  -- Whether we have a case about it, and whether anybody pointed us to it: brought here by the triggers below, as the list
  -- filters by it and need not look where there is nothing.
  answered boolean NOT NULL DEFAULT false,
  forwarded boolean NOT NULL DEFAULT false,
  origin text NOT NULL REFERENCES peers ON DELETE CASCADE,
  type text NOT NULL CHECK (type IN ('proposal', 'offer')),
  state text NOT NULL,
  month_key text NOT NULL GENERATED ALWAYS AS (coalesce(month, '9999-99')) STORED,
  title text NOT NULL,
  text text NOT NULL,
  language text NOT NULL,
  help jsonb NOT NULL,
  municipality jsonb NOT NULL,
  month text,
  search_vector tsvector GENERATED ALWAYS AS
    (search_words_of(type, language, title || ' ' || (municipality->>'name') || ' ' || text)) STORED,
  PRIMARY KEY (origin, id)
);
-- As those of the listings: a page of a list is a walk along one of these.
CREATE INDEX network_items_newest ON network_items (type, published_at, id, origin);
CREATE INDEX network_items_by_month ON network_items (type, month_key, id, origin);
CREATE INDEX network_items_answered ON network_items (type, published_at, id, origin) WHERE answered;
CREATE INDEX network_items_forwarded ON network_items (type, published_at, id, origin) WHERE forwarded;
CREATE INDEX network_items_goods ON network_items (type, published_at, id, origin) WHERE categories & 1 <> 0;
CREATE INDEX network_items_transport ON network_items (type, published_at, id, origin) WHERE categories & 2 <> 0;
CREATE INDEX network_items_space ON network_items (type, published_at, id, origin) WHERE categories & 4 <> 0;
CREATE INDEX network_items_expertise ON network_items (type, published_at, id, origin) WHERE categories & 8 <> 0;
CREATE INDEX network_items_hands ON network_items (type, published_at, id, origin) WHERE categories & 16 <> 0;
CREATE INDEX network_items_training ON network_items (type, published_at, id, origin) WHERE categories & 32 <> 0;
CREATE INDEX network_items_network ON network_items (type, published_at, id, origin) WHERE categories & 64 <> 0;
CREATE INDEX network_items_state ON network_items (type, state, published_at, id, origin) INCLUDE (categories, answered, forwarded);
CREATE INDEX network_items_state_by_month ON network_items (type, state, month_key, id, origin) INCLUDE (categories, answered, forwarded);
CREATE INDEX network_items_origin ON network_items (type, origin, published_at, id) INCLUDE (state, categories, answered, forwarded);
CREATE INDEX network_items_vector ON network_items USING gin (search_vector) WITH (gin_pending_list_limit = 64);
CREATE TRIGGER learn_new AFTER INSERT ON network_items FOR EACH ROW EXECUTE FUNCTION search_learn();
CREATE TRIGGER learn AFTER UPDATE ON network_items FOR EACH ROW
  WHEN (OLD.search_vector <> NEW.search_vector) EXECUTE FUNCTION search_learn();

-- One town's help for another town's object: at the helper (helper = self) and at the origin (origin = self).
CREATE TABLE cases (
  id uuid PRIMARY KEY,
  origin text NOT NULL,
  object uuid NOT NULL,
  object_type text NOT NULL CHECK (object_type IN ('proposal', 'offer')),
  helper text NOT NULL,
  response text NOT NULL CHECK (response IN ('taken_up', 'declined', 'company_found', 'handed_back')),
  reason text,
  at timestamptz NOT NULL,
  began_at timestamptz NOT NULL DEFAULT now(), -- who forwarded it to us until then hears how it goes on
  -- At the helper: the origin withdrew what this is about. What it said is erased; what we answered stays, and we are told
  -- so until somebody looked.
  withdrawn_at timestamptz,
  withdrawal_seen boolean NOT NULL DEFAULT false,
  heard_at timestamptz, -- at the origin: when the latest answer came, until somebody here looked
  UNIQUE (origin, object, helper)
);

CREATE INDEX cases_heard ON cases (heard_at) WHERE heard_at IS NOT NULL;
CREATE INDEX cases_withdrawn ON cases (withdrawn_at) WHERE withdrawn_at IS NOT NULL AND NOT withdrawal_seen;

CREATE TABLE case_steps (
  case_id uuid NOT NULL REFERENCES cases ON DELETE CASCADE ON UPDATE CASCADE,
  n int NOT NULL,
  at timestamptz NOT NULL,
  response text NOT NULL,
  reason text,
  user_id uuid REFERENCES users ON DELETE SET NULL, -- ours only
  user_role text,
  direction text NOT NULL CHECK (direction IN ('in', 'out')),
  epoch bigint NOT NULL,
  seq bigint NOT NULL,
  PRIMARY KEY (case_id, n)
);
-- What a line told is found by where the line stands: erasing many must not look through everything for each.
CREATE INDEX case_steps_entry ON case_steps (epoch, seq);

CREATE TABLE forwards (
  id uuid PRIMARY KEY,
  direction text NOT NULL CHECK (direction IN ('in', 'out')),
  peer text NOT NULL,
  origin text NOT NULL,
  object uuid NOT NULL,
  object_type text NOT NULL CHECK (object_type IN ('proposal', 'offer')),
  note text,
  user_id uuid REFERENCES users ON DELETE SET NULL,
  at timestamptz NOT NULL, -- as the line says
  received_at timestamptz NOT NULL DEFAULT now(),
  epoch bigint NOT NULL,
  seq bigint NOT NULL,
  response text,
  response_reason text,
  response_at timestamptz,
  response_epoch bigint, -- where the response stands in the stream of `peer`
  response_seq bigint,
  unanswered boolean NOT NULL DEFAULT false -- to us, and we have not answered to its origin either
);
CREATE INDEX forwards_unanswered ON forwards (at) WHERE unanswered;
CREATE INDEX forwards_entry ON forwards (peer, epoch, seq);
CREATE INDEX forwards_answer ON forwards (peer, response_epoch, response_seq) WHERE response IS NOT NULL;
CREATE INDEX forwards_object ON forwards (origin, object, received_at);
CREATE INDEX forwards_newest ON forwards (direction, received_at, id);

-- A listing of ours tells whether we pointed anybody to it; what another town has is none of ours.
CREATE FUNCTION forwards_tell_listings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE listings l SET forwarded = EXISTS (SELECT FROM forwards f JOIN node_state n ON n.authority = f.origin
    WHERE f.object = l.id AND f.direction = 'out') WHERE l.id = coalesce(NEW.object, OLD.object);
  RETURN NULL;
END $$;
CREATE TRIGGER tell_listings_added AFTER INSERT ON forwards
  FOR EACH ROW WHEN (NEW.direction = 'out') EXECUTE FUNCTION forwards_tell_listings();
CREATE TRIGGER tell_listings_erased AFTER DELETE ON forwards
  FOR EACH ROW WHEN (OLD.direction = 'out') EXECUTE FUNCTION forwards_tell_listings();

-- Of an item that we answered before, or were pointed to, also when it comes again.
CREATE FUNCTION network_items_take_answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.answered := EXISTS (SELECT FROM cases c JOIN node_state n ON n.authority = c.helper
    WHERE c.origin = NEW.origin AND c.object = NEW.id);
  NEW.forwarded := EXISTS (SELECT FROM forwards f WHERE f.origin = NEW.origin AND f.object = NEW.id AND f.direction = 'in');
  RETURN NEW;
END $$;
CREATE TRIGGER take_answers BEFORE INSERT ON network_items FOR EACH ROW EXECUTE FUNCTION network_items_take_answers();

CREATE FUNCTION cases_tell_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE network_items i SET answered = EXISTS (SELECT FROM cases c JOIN node_state n ON n.authority = c.helper
    WHERE c.origin = i.origin AND c.object = i.id)
  WHERE i.origin = coalesce(NEW.origin, OLD.origin) AND i.id = coalesce(NEW.object, OLD.object);
  RETURN NULL;
END $$;
CREATE TRIGGER tell_items AFTER INSERT OR DELETE ON cases FOR EACH ROW EXECUTE FUNCTION cases_tell_items();

CREATE FUNCTION forwards_tell_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE network_items i SET forwarded = EXISTS (SELECT FROM forwards f
    WHERE f.origin = i.origin AND f.object = i.id AND f.direction = 'in')
  WHERE i.origin = coalesce(NEW.origin, OLD.origin) AND i.id = coalesce(NEW.object, OLD.object);
  RETURN NULL;
END $$;
CREATE TRIGGER tell_items_added AFTER INSERT ON forwards
  FOR EACH ROW WHEN (NEW.direction = 'in') EXECUTE FUNCTION forwards_tell_items();
CREATE TRIGGER tell_items_erased AFTER DELETE ON forwards
  FOR EACH ROW WHEN (OLD.direction = 'in') EXECUTE FUNCTION forwards_tell_items();

CREATE TABLE alarms (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  at timestamptz NOT NULL DEFAULT now(), -- when it was raised last
  times int NOT NULL DEFAULT 1,
  kind text NOT NULL,
  peer text,
  detail text NOT NULL,
  proof bytea,
  acknowledged_at timestamptz,
  acknowledged_by uuid REFERENCES users ON DELETE SET NULL,
  note text
);
-- The same kind of alarm about the same peer again, while the first is open, is one alarm: the rest is the peer's choice.
CREATE UNIQUE INDEX alarms_open ON alarms (kind, coalesce(peer, '')) WHERE acknowledged_at IS NULL;

CREATE TABLE invitations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  token_hash bytea NOT NULL UNIQUE,
  label text,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  used_by text
);
