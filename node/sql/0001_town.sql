-- What a town works with: people who sign in, organisations, proposals and offers, and what happened to them.
-- Every time is timestamptz; every object has a version that grows with each change (If-Match).

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;

-- One spelling for searching: lower case, no accents, and ae/oe/ue like ä/ö/ü, in text and query alike. In plpgsql, whose
-- plan is kept; one in sql would be planned in every statement that calls it, as unaccent() counts as no more than stable.
CREATE FUNCTION fold(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
BEGIN
  RETURN replace(replace(replace(lower(public.unaccent('public.unaccent'::regdictionary, value)),
                                 'ae', 'a'), 'oe', 'o'), 'ue', 'u');
END $$;

-- The stemmer for a language code; languages without one are searched word by word.
CREATE FUNCTION stemmer(language text) RETURNS regconfig LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE language WHEN 'de' THEN 'german'::regconfig WHEN 'nl' THEN 'dutch'::regconfig
                       WHEN 'fr' THEN 'french'::regconfig WHEN 'en' THEN 'english'::regconfig
                       ELSE 'simple'::regconfig END
$$;

-- Nothing but words: what is written with a hyphen, a dot or a slash is found by its parts. ASCII by number, as what counts
-- as a letter depends on the database's locale.
CREATE FUNCTION plain(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT regexp_replace(public.fold(value), '[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f\u2010-\u2027\u00ab\u00bb]+', ' ', 'g')
$$;

-- What a text is found by: its words, and their stems in its language. Without their places, which nobody asks for. Functions
-- that generate columns name the schema of what they call: a dump is restored without any in the search path.
-- Proposals and offers are never looked for together, so their kind is among the words, as one that nobody can type.
CREATE FUNCTION search_words_of(kind text, language text, value text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT strip(to_tsvector('simple', public.plain(value)) || to_tsvector(public.stemmer(language), public.plain(value)))
    || array_to_tsvector(ARRAY['kind/' || kind])
$$;

-- Every word that texts are found by, so that a misspelled word, and a part of one, is looked for among words and not in all
-- texts. Now and then a word stands twice, as nobody who adds one waits for anybody; a job (db/search) tidies up.
CREATE TABLE search_words (word text NOT NULL);
CREATE INDEX search_words_word ON search_words (word);
CREATE INDEX search_words_alike ON search_words USING gin (word gin_trgm_ops) WITH (fastupdate = off);

-- Numbers, and what is too short or too long to be misspelled, are found as they are only. Not strict, as AND is not: so it
-- becomes part of the statement that calls it.
CREATE FUNCTION search_learnable(word text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT length(word) BETWEEN 3 AND 40 AND word !~ '^[0-9]+$|/'
$$;
-- Without scans: the plan is kept, and may have been made when there were no words yet.
CREATE FUNCTION search_learn() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
  INSERT INTO public.search_words SELECT one.word FROM unnest(tsvector_to_array(NEW.search_vector)) AS one (word)
    WHERE public.search_learnable(one.word)
    AND (SELECT true FROM public.search_words known WHERE known.word = one.word LIMIT 1) IS NULL;
  RETURN NULL;
END $$;

-- Which categories of help are named, each a bit, in what a listing says of its help or in an array of their names: so an
-- index can have them, and one look tells whether any of several is among them.
CREATE FUNCTION category_bits(named jsonb) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT bit_or(CASE coalesce(one->>'category', one#>>'{}') WHEN 'goods' THEN 1 WHEN 'transport' THEN 2 WHEN 'space' THEN 4
    WHEN 'expertise' THEN 8 WHEN 'hands' THEN 16 WHEN 'training' THEN 32 WHEN 'network' THEN 64 ELSE 128 END)
  FROM jsonb_array_elements(named) AS one
$$;

CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  role text NOT NULL CHECK (role IN ('viewer', 'match_group', 'coordinator', 'admin')),
  language text NOT NULL DEFAULT 'de' CHECK (language IN ('de', 'nl', 'fr', 'en')),
  password_hash text,
  disabled boolean NOT NULL DEFAULT false,
  last_sign_in_at timestamptz,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_email ON users (lower(email));

-- Sessions and tokens are kept as SHA-256 only: a stolen database signs nobody in.
CREATE TABLE sessions (
  token_hash bytea PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE api_tokens (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  token_hash bytea NOT NULL UNIQUE,
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  label text NOT NULL CHECK (length(label) BETWEEN 1 AND 120),
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz
);
CREATE INDEX api_tokens_user ON api_tokens (user_id);

-- Failed sign-ins per account and per address: a bucket that refills with time.
CREATE UNLOGGED TABLE sign_in_attempts (
  bucket bytea PRIMARY KEY,
  failures int NOT NULL,
  since timestamptz NOT NULL
);

CREATE TABLE idempotency_keys (
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  location text, -- of what was created; what it says is read there. NULL: it has no place of its own, or was a secret
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, key)
);

CREATE TABLE organisations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  sector text NOT NULL CHECK (sector IN ('civil_society', 'company', 'public_administration')),
  kind text CHECK (length(kind) BETWEEN 1 AND 80),
  municipality text CHECK (length(municipality) BETWEEN 1 AND 120),
  website text CHECK (length(website) BETWEEN 1 AND 400),
  note text CHECK (length(note) BETWEEN 1 AND 4000),
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  search_vector tsvector GENERATED ALWAYS AS
    (search_words_of('organisation', '', name || ' ' || coalesce(kind, '') || ' ' || coalesce(municipality, ''))) STORED,
  name_key text NOT NULL GENERATED ALWAYS AS (left(fold(name), 60)) STORED -- short enough for a cursor
);
CREATE INDEX organisations_by_name ON organisations (name_key, id);
CREATE INDEX organisations_sector ON organisations (sector, name_key, id);
CREATE UNIQUE INDEX organisations_name ON organisations (fold(name), sector);
-- How many of a kind, or of a sector, there are in a place or nobody knows where.
CREATE INDEX organisations_kind_place ON organisations (fold(kind), coalesce(fold(municipality), ''));
CREATE INDEX organisations_sector_place ON organisations (sector, coalesce(fold(municipality), ''));
CREATE INDEX organisations_vector ON organisations USING gin (search_vector) WITH (gin_pending_list_limit = 64);
CREATE TRIGGER learn_new AFTER INSERT ON organisations FOR EACH ROW EXECUTE FUNCTION search_learn();
CREATE TRIGGER learn AFTER UPDATE ON organisations FOR EACH ROW
  WHEN (OLD.search_vector <> NEW.search_vector) EXECUTE FUNCTION search_learn();

CREATE TABLE contacts (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  organisation_id uuid NOT NULL REFERENCES organisations ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  email text CHECK (length(email) BETWEEN 3 AND 254),
  phone text CHECK (length(phone) BETWEEN 3 AND 40),
  role text CHECK (length(role) BETWEEN 1 AND 80),
  source text NOT NULL CHECK (source IN ('told_by_themselves', 'phone', 'public_source', 'import', 'other')),
  purpose text NOT NULL CHECK (length(purpose) BETWEEN 1 AND 200),
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX contacts_organisation ON contacts (organisation_id);

-- Every change of a name that texts are searched for, in the order of commits: whoever keeps the names compiled sees by the
-- newest row whether they are still all, and by those since what to add. Written when the transaction ends, under a lock
-- (db/locks.h), so that no number is seen before a smaller one.
CREATE TABLE known_names_changes (
  n bigint PRIMARY KEY,
  stamp uuid NOT NULL DEFAULT gen_random_uuid(), -- tells this history from another that a backup brings
  kind text CHECK (kind IN ('organisation', 'contact')), -- added; NULL: renamed, moved or removed
  id uuid
);
CREATE FUNCTION note_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(x'68665f6e'::bigint);
  INSERT INTO known_names_changes (n, kind, id)
    SELECT coalesce(max(n), 0) + 1, CASE TG_OP WHEN 'INSERT' THEN TG_ARGV[0] END, CASE TG_OP WHEN 'INSERT' THEN NEW.id END
    FROM known_names_changes;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER organisations_known AFTER INSERT OR DELETE ON organisations DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION note_name('organisation');
CREATE CONSTRAINT TRIGGER organisations_renamed AFTER UPDATE ON organisations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((OLD.name, OLD.sector, OLD.municipality) IS DISTINCT FROM (NEW.name, NEW.sector, NEW.municipality))
  EXECUTE FUNCTION note_name();
CREATE CONSTRAINT TRIGGER contacts_known AFTER INSERT OR DELETE ON contacts DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION note_name('contact');
CREATE CONSTRAINT TRIGGER contacts_renamed AFTER UPDATE ON contacts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION note_name();

-- Proposals and offers differ in their states and in what their date means; the rest is one thing, a listing.
CREATE SEQUENCE proposal_number;
CREATE SEQUENCE offer_number;
-- What is asked of every row that a search finds comes first, and what is always as wide: nothing before it has to be measured.
CREATE TABLE listings (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  organisation_id uuid NOT NULL REFERENCES organisations ON DELETE RESTRICT,
  updated_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  state_since timestamptz NOT NULL DEFAULT now(),
  number bigint NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  categories int NOT NULL GENERATED ALWAYS AS (category_bits(help)) STORED,
  day_key date NOT NULL GENERATED ALWAYS AS (coalesce(day, 'infinity'::date)) STORED,
  published boolean NOT NULL GENERATED ALWAYS AS (published_at IS NOT NULL) STORED,
  forwarded boolean NOT NULL DEFAULT false, -- to another town, by us
  kind text NOT NULL CHECK (kind IN ('proposal', 'offer')),
  state text NOT NULL,
  title_key text NOT NULL GENERATED ALWAYS AS (left(fold(title), 60)) STORED, -- short enough for a cursor
  title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
  text text NOT NULL CHECK (length(text) BETWEEN 1 AND 4000),
  language text NOT NULL CHECK (language ~ '^[a-z]{2}$'),
  help jsonb NOT NULL CHECK (jsonb_typeof(help) = 'array' AND jsonb_array_length(help) BETWEEN 1 AND 7),
  municipality text NOT NULL CHECK (length(municipality) BETWEEN 1 AND 120),
  day date, -- proposal: needed by; offer: available until
  return_favour text CHECK (length(return_favour) BETWEEN 1 AND 500),
  note text CHECK (length(note) BETWEEN 1 AND 4000),
  contact_id uuid REFERENCES contacts ON DELETE SET NULL,
  external_source text CHECK (length(external_source) BETWEEN 1 AND 300),
  external_id text CHECK (length(external_id) BETWEEN 1 AND 80),
  import_digest text, -- of the row of a file it was last imported from: the same row again changes nothing
  search_vector tsvector GENERATED ALWAYS AS
    (search_words_of(kind, language, number || ' ' || title || ' ' || organisation_name || ' ' || municipality || ' ' || text)) STORED,
  -- Changes with everything that a publication says, so that one can tell whether what is published is still what is
  -- recorded. The state is left out: it is published anew with every transition.
  public_source text GENERATED ALWAYS AS (md5(title || E'\n' || text || E'\n' || language || help::text || municipality
    || coalesce((day - '2000-01-01'::date)::text, ''))) STORED,
  -- What a list shows of other tables, brought here by the triggers below whenever it changes there: to look 51 rows up in
  -- three tables costs three times as much as to read them where a list finds them in order.
  organisation_name text NOT NULL,
  published_at timestamptz, -- NULL: nothing of it stands published
  published_epoch bigint,
  published_seq bigint,
  published_source text, -- NULL: it is held, too
  UNIQUE (kind, number),
  CHECK (kind = 'proposal' OR return_favour IS NULL),
  CHECK (CASE kind
    WHEN 'proposal' THEN state IN ('draft', 'submitted', 'needs_information', 'prechecked', 'scheduled', 'accepted',
      'declined', 'seeking', 'matched', 'in_progress', 'completed', 'withdrawn', 'expired', 'not_feasible')
    ELSE state IN ('draft', 'available', 'taken', 'withdrawn', 'expired') END)
) WITH (fillfactor = 80); -- room for what changes no index: publishing, forwarding, versions
CREATE UNIQUE INDEX listings_external ON listings (kind, external_id) WHERE external_id IS NOT NULL;
-- A page of a list is a walk along one of these, in each order that a list can have: of all, of what is published, of each
-- category, and of each state; in the last ones stands also what else may be asked for.
CREATE INDEX listings_newest ON listings (kind, updated_at, id);
CREATE INDEX listings_by_day ON listings (kind, day_key, id);
CREATE INDEX listings_by_title ON listings (kind, title_key, id);
CREATE INDEX listings_published ON listings (kind, updated_at, id) WHERE published;
CREATE INDEX listings_published_by_day ON listings (kind, day_key, id) WHERE published;
CREATE INDEX listings_goods ON listings (kind, updated_at, id) WHERE categories & 1 <> 0;
CREATE INDEX listings_transport ON listings (kind, updated_at, id) WHERE categories & 2 <> 0;
CREATE INDEX listings_space ON listings (kind, updated_at, id) WHERE categories & 4 <> 0;
CREATE INDEX listings_expertise ON listings (kind, updated_at, id) WHERE categories & 8 <> 0;
CREATE INDEX listings_hands ON listings (kind, updated_at, id) WHERE categories & 16 <> 0;
CREATE INDEX listings_training ON listings (kind, updated_at, id) WHERE categories & 32 <> 0;
CREATE INDEX listings_network ON listings (kind, updated_at, id) WHERE categories & 64 <> 0;
CREATE INDEX listings_state ON listings (kind, state, updated_at, id) INCLUDE (categories, published);
CREATE INDEX listings_state_by_day ON listings (kind, state, day_key, id) INCLUDE (categories, published);
CREATE INDEX listings_state_by_title ON listings (kind, state, title_key, id) INCLUDE (categories, published);
CREATE INDEX listings_organisation ON listings (organisation_id, kind);
-- What waits is found without looking through what is over.
CREATE INDEX listings_waiting ON listings (state, state_since) WHERE kind = 'proposal' AND state IN ('submitted', 'needs_information');
CREATE INDEX listings_due ON listings (state, day) WHERE day IS NOT NULL;
CREATE INDEX listings_vector ON listings USING gin (search_vector) WITH (gin_pending_list_limit = 64);
CREATE TRIGGER learn_new AFTER INSERT ON listings FOR EACH ROW EXECUTE FUNCTION search_learn();
CREATE TRIGGER learn AFTER UPDATE ON listings FOR EACH ROW
  WHEN (OLD.search_vector <> NEW.search_vector) EXECUTE FUNCTION search_learn();

-- What other towns read of a listing, and where it stands in our stream.
CREATE TABLE publications (
  listing_id uuid PRIMARY KEY REFERENCES listings ON DELETE RESTRICT,
  rev bigint NOT NULL,
  epoch bigint NOT NULL,
  seq bigint NOT NULL,
  body jsonb NOT NULL, -- exactly the published body; '{}' once erased
  wording jsonb NOT NULL DEFAULT '{}', -- those of title, text, language that say it otherwise than the listing
  coarsened boolean NOT NULL DEFAULT false,
  source text NOT NULL, -- the listing's public_source when it was published
  published_at timestamptz NOT NULL,
  erased_at timestamptz,
  erase_epoch bigint,
  erase_seq bigint,
  accepted jsonb NOT NULL DEFAULT '[]', -- fingerprints of the findings that were overridden when it was published
  held_at timestamptz -- since when it waits for somebody to look at it: its text names who was recorded meanwhile
);
CREATE INDEX publications_held ON publications (held_at) WHERE held_at IS NOT NULL;
CREATE INDEX publications_erased ON publications (erase_epoch, erase_seq) WHERE erased_at IS NOT NULL;

-- A listing has the name of its organisation. FOR SHARE: a name that is being changed is waited for. Not BEFORE UPDATE, which
-- would make every change of a listing compute all that is generated: whoever gives it another organisation brings the name.
CREATE FUNCTION listings_take_organisation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT name INTO NEW.organisation_name FROM organisations WHERE id = NEW.organisation_id FOR SHARE;
  RETURN NEW;
END $$;
CREATE TRIGGER take_organisation BEFORE INSERT ON listings
  FOR EACH ROW EXECUTE FUNCTION listings_take_organisation();

CREATE FUNCTION organisations_tell_listings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE listings SET organisation_name = NEW.name WHERE organisation_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER tell_listings AFTER UPDATE OF name ON organisations
  FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION organisations_tell_listings();

-- A listing has what stands published of it. Publications are not deleted.
CREATE FUNCTION publications_tell_listings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE listings SET published_epoch = NEW.epoch, published_seq = NEW.seq,
    published_at = CASE WHEN NEW.erased_at IS NULL THEN NEW.published_at END,
    published_source = CASE WHEN NEW.held_at IS NULL THEN NEW.source END
  WHERE id = NEW.listing_id;
  RETURN NULL;
END $$;
CREATE TRIGGER tell_listings AFTER INSERT OR UPDATE ON publications
  FOR EACH ROW EXECUTE FUNCTION publications_tell_listings();

-- Everything that happened, for the timeline and the audit: who (as a role, and by name while the account exists),
-- when, what, why. Append-only.
CREATE TABLE events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  object_type text NOT NULL,
  object_id text NOT NULL,
  origin text, -- of another town's object
  user_id uuid REFERENCES users ON DELETE SET NULL,
  role text,
  peer text,
  action text NOT NULL,
  from_state text,
  to_state text,
  reason text,
  details jsonb
);
CREATE INDEX events_object ON events (object_type, object_id, id DESC);
CREATE INDEX events_entry ON events ((details->>'entry')) WHERE details->>'entry' IS NOT NULL;

-- What happens by the clock: how each job's last round ended, for whichever process does them next.
CREATE TABLE jobs (
  name text PRIMARY KEY,
  ended_at timestamptz NOT NULL DEFAULT now(),
  failures bigint NOT NULL -- rounds in a row that failed; 0: it was done
);

-- A CSV file as it came, and what was found in it; what is applied is read from the file again.
CREATE TABLE imports (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  kind text NOT NULL CHECK (kind IN ('proposal', 'offer')),
  user_id uuid REFERENCES users ON DELETE SET NULL,
  content bytea NOT NULL,
  report jsonb NOT NULL, -- {encoding, delimiter, rows, counts, applied}
  created_at timestamptz NOT NULL DEFAULT now(),
  applied_at timestamptz
);
