--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: pg_trgm; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;


--
-- Name: EXTENSION pg_trgm; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';


--
-- Name: unaccent; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;


--
-- Name: EXTENSION unaccent; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION unaccent IS 'text search dictionary that removes accents';


--
-- Name: cases_tell_items(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.cases_tell_items() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  UPDATE network_items i SET answered = EXISTS (SELECT FROM cases c JOIN node_state n ON n.authority = c.helper
    WHERE c.origin = i.origin AND c.object = i.id)
  WHERE i.origin = coalesce(NEW.origin, OLD.origin) AND i.id = coalesce(NEW.object, OLD.object);
  RETURN NULL;
END $$;


--
-- Name: category_bits(jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.category_bits(named jsonb) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
  SELECT bit_or(CASE coalesce(one->>'category', one#>>'{}') WHEN 'goods' THEN 1 WHEN 'transport' THEN 2 WHEN 'space' THEN 4
    WHEN 'expertise' THEN 8 WHEN 'hands' THEN 16 WHEN 'training' THEN 32 WHEN 'network' THEN 64 ELSE 128 END)
  FROM jsonb_array_elements(named) AS one
$$;


--
-- Name: distance_km(integer, integer, integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.distance_km(latitude_e6 integer, longitude_e6 integer, other_latitude_e6 integer, other_longitude_e6 integer) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
  SELECT round(2 * 6371 * asin((1 - 1e-12::float8) * sqrt(sin(radians((other_latitude_e6 - latitude_e6) / 2e6::float8)) ^ 2
    + cos(radians(latitude_e6 / 1e6::float8)) * cos(radians(other_latitude_e6 / 1e6::float8))
    * sin(radians((other_longitude_e6 - longitude_e6) / 2e6::float8)) ^ 2)))::int
$$;


--
-- Name: fold(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.fold(value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
BEGIN
  RETURN replace(replace(replace(lower(public.unaccent('public.unaccent'::regdictionary, value)),
                                 'ae', 'a'), 'oe', 'o'), 'ue', 'u');
END $$;


--
-- Name: forwards_tell_items(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.forwards_tell_items() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  UPDATE network_items i SET forwarded = EXISTS (SELECT FROM forwards f
    WHERE f.origin = i.origin AND f.object = i.id AND f.direction = 'in')
  WHERE i.origin = coalesce(NEW.origin, OLD.origin) AND i.id = coalesce(NEW.object, OLD.object);
  RETURN NULL;
END $$;


--
-- Name: forwards_tell_listings(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.forwards_tell_listings() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  UPDATE listings l SET forwarded = EXISTS (SELECT FROM forwards f JOIN node_state n ON n.authority = f.origin
    WHERE f.object = l.id AND f.direction = 'out') WHERE l.id = coalesce(NEW.object, OLD.object);
  RETURN NULL;
END $$;


--
-- Name: listings_take_organisation(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.listings_take_organisation() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  SELECT name INTO NEW.organisation_name FROM organisations WHERE id = NEW.organisation_id FOR SHARE;
  RETURN NEW;
END $$;


--
-- Name: network_items_take_answers(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.network_items_take_answers() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  NEW.answered := EXISTS (SELECT FROM cases c JOIN node_state n ON n.authority = c.helper
    WHERE c.origin = NEW.origin AND c.object = NEW.id);
  NEW.forwarded := EXISTS (SELECT FROM forwards f WHERE f.origin = NEW.origin AND f.object = NEW.id AND f.direction = 'in');
  RETURN NEW;
END $$;


--
-- Name: note_name(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.note_name() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(x'68665f6e'::bigint);
  INSERT INTO known_names_changes (n, kind, id)
    SELECT coalesce(max(n), 0) + 1, CASE TG_OP WHEN 'INSERT' THEN TG_ARGV[0] END, CASE TG_OP WHEN 'INSERT' THEN NEW.id END
    FROM known_names_changes;
  RETURN NULL;
END $$;


--
-- Name: organisations_tell_listings(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.organisations_tell_listings() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  UPDATE listings SET organisation_name = NEW.name WHERE organisation_id = NEW.id;
  RETURN NULL;
END $$;


--
-- Name: plain(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.plain(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
  SELECT regexp_replace(public.fold(value), '[-/:-@[-`{-‐-‧«»]+', ' ', 'g')
$$;


--
-- Name: publications_tell_listings(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.publications_tell_listings() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  UPDATE listings SET published_epoch = NEW.epoch, published_seq = NEW.seq,
    published_at = CASE WHEN NEW.erased_at IS NULL THEN NEW.published_at END,
    published_source = CASE WHEN NEW.held_at IS NULL THEN NEW.source END
  WHERE id = NEW.listing_id;
  RETURN NULL;
END $$;


--
-- Name: search_learn(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.search_learn() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    AS $$
BEGIN
  INSERT INTO public.search_words SELECT one.word FROM unnest(tsvector_to_array(NEW.search_vector)) AS one (word)
    WHERE public.search_learnable(one.word)
    AND (SELECT true FROM public.search_words known WHERE known.word = one.word LIMIT 1) IS NULL;
  RETURN NULL;
END $$;


--
-- Name: search_learnable(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.search_learnable(word text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
  SELECT length(word) BETWEEN 3 AND 40 AND word !~ '^[0-9]+$|/'
$_$;


--
-- Name: search_words_of(text, text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.search_words_of(kind text, language text, value text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
  SELECT strip(to_tsvector('simple', public.plain(value)) || to_tsvector(public.stemmer(language), public.plain(value)))
    || array_to_tsvector(ARRAY['kind/' || kind])
$$;


--
-- Name: stemmer(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.stemmer(language text) RETURNS regconfig
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT CASE language WHEN 'de' THEN 'german'::regconfig WHEN 'nl' THEN 'dutch'::regconfig
                       WHEN 'fr' THEN 'french'::regconfig WHEN 'en' THEN 'english'::regconfig
                       ELSE 'simple'::regconfig END
$$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: alarms; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alarms (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    times integer DEFAULT 1 NOT NULL,
    kind text NOT NULL,
    peer text,
    detail text NOT NULL,
    proof bytea,
    acknowledged_at timestamp with time zone,
    acknowledged_by uuid,
    note text
);


--
-- Name: api_tokens; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.api_tokens (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    label text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone,
    CONSTRAINT api_tokens_label_check CHECK (((length(label) >= 1) AND (length(label) <= 120)))
);


--
-- Name: case_steps; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.case_steps (
    case_id uuid NOT NULL,
    n integer NOT NULL,
    at timestamp with time zone NOT NULL,
    response text NOT NULL,
    reason text,
    user_id uuid,
    user_role text,
    direction text NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    CONSTRAINT case_steps_direction_check CHECK ((direction = ANY (ARRAY['in'::text, 'out'::text])))
);


--
-- Name: cases; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.cases (
    id uuid NOT NULL,
    origin text NOT NULL,
    object uuid NOT NULL,
    object_type text NOT NULL,
    helper text NOT NULL,
    response text NOT NULL,
    reason text,
    at timestamp with time zone NOT NULL,
    began_at timestamp with time zone DEFAULT now() NOT NULL,
    withdrawn_at timestamp with time zone,
    withdrawal_seen boolean DEFAULT false NOT NULL,
    heard_at timestamp with time zone,
    CONSTRAINT cases_object_type_check CHECK ((object_type = ANY (ARRAY['proposal'::text, 'offer'::text]))),
    CONSTRAINT cases_response_check CHECK ((response = ANY (ARRAY['taken_up'::text, 'declined'::text, 'company_found'::text, 'handed_back'::text])))
);


--
-- Name: contacts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.contacts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organisation_id uuid NOT NULL,
    name text NOT NULL,
    email text,
    phone text,
    role text,
    source text NOT NULL,
    purpose text NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT contacts_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
    CONSTRAINT contacts_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120))),
    CONSTRAINT contacts_phone_check CHECK (((length(phone) >= 3) AND (length(phone) <= 40))),
    CONSTRAINT contacts_purpose_check CHECK (((length(purpose) >= 1) AND (length(purpose) <= 200))),
    CONSTRAINT contacts_role_check CHECK (((length(role) >= 1) AND (length(role) <= 80))),
    CONSTRAINT contacts_source_check CHECK ((source = ANY (ARRAY['told_by_themselves'::text, 'phone'::text, 'public_source'::text, 'import'::text, 'other'::text])))
);


--
-- Name: entries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.entries (
    stream_id bigint NOT NULL,
    seq bigint NOT NULL,
    type text,
    object_id uuid,
    rev bigint,
    at timestamp with time zone,
    line bytea,
    digest bytea NOT NULL,
    chain bytea NOT NULL,
    head text,
    status text NOT NULL,
    covered boolean DEFAULT true NOT NULL,
    keep_until timestamp with time zone,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT entries_chain_check CHECK ((length(chain) = 32)),
    CONSTRAINT entries_check CHECK (((line IS NULL) = (status = ANY (ARRAY['erased'::text, 'withheld'::text])))),
    CONSTRAINT entries_digest_check CHECK ((length(digest) = 32)),
    CONSTRAINT entries_status_check CHECK ((status = ANY (ARRAY['held'::text, 'quarantined'::text, 'erased'::text, 'withheld'::text])))
);


--
-- Name: events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.events (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    object_type text NOT NULL,
    object_id text NOT NULL,
    origin text,
    user_id uuid,
    role text,
    peer text,
    action text NOT NULL,
    from_state text,
    to_state text,
    reason text,
    details jsonb
);


--
-- Name: events_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: forwards; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.forwards (
    id uuid NOT NULL,
    direction text NOT NULL,
    peer text NOT NULL,
    origin text NOT NULL,
    object uuid NOT NULL,
    object_type text NOT NULL,
    note text,
    user_id uuid,
    at timestamp with time zone NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    response text,
    response_reason text,
    response_at timestamp with time zone,
    response_epoch bigint,
    response_seq bigint,
    unanswered boolean DEFAULT false NOT NULL,
    CONSTRAINT forwards_direction_check CHECK ((direction = ANY (ARRAY['in'::text, 'out'::text]))),
    CONSTRAINT forwards_object_type_check CHECK ((object_type = ANY (ARRAY['proposal'::text, 'offer'::text])))
);


--
-- Name: idempotency_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idempotency_keys (
    user_id uuid NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    location text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: imports; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.imports (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    kind text NOT NULL,
    user_id uuid,
    content bytea NOT NULL,
    report jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    applied_at timestamp with time zone,
    CONSTRAINT imports_kind_check CHECK ((kind = ANY (ARRAY['proposal'::text, 'offer'::text])))
);


--
-- Name: invitations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.invitations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    token_hash bytea NOT NULL,
    label text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    used_by text
);


--
-- Name: jobs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.jobs (
    name text NOT NULL,
    ended_at timestamp with time zone DEFAULT now() NOT NULL,
    failures bigint NOT NULL
);


--
-- Name: known_names_changes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.known_names_changes (
    n bigint NOT NULL,
    stamp uuid DEFAULT gen_random_uuid() NOT NULL,
    kind text,
    id uuid,
    CONSTRAINT known_names_changes_kind_check CHECK ((kind = ANY (ARRAY['organisation'::text, 'contact'::text])))
);


--
-- Name: listings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.listings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organisation_id uuid NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    state_since timestamp with time zone DEFAULT now() NOT NULL,
    number bigint NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    categories integer GENERATED ALWAYS AS (public.category_bits(help)) STORED NOT NULL,
    day_key date GENERATED ALWAYS AS (COALESCE(day, 'infinity'::date)) STORED NOT NULL,
    published boolean GENERATED ALWAYS AS ((published_at IS NOT NULL)) STORED NOT NULL,
    forwarded boolean DEFAULT false NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    title_key text GENERATED ALWAYS AS ("left"(public.fold(title), 60)) STORED NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    language text NOT NULL,
    help jsonb NOT NULL,
    municipality text NOT NULL,
    day date,
    return_favour text,
    note text,
    contact_id uuid,
    external_source text,
    external_id text,
    import_digest text,
    search_vector tsvector GENERATED ALWAYS AS (public.search_words_of(kind, language, ((((((((number || ' '::text) || title) || ' '::text) || organisation_name) || ' '::text) || municipality) || ' '::text) || text))) STORED,
    public_source text GENERATED ALWAYS AS (md5((((((((title || '
'::text) || text) || '
'::text) || language) || (help)::text) || municipality) || COALESCE(((day - '2000-01-01'::date))::text, ''::text)))) STORED,
    organisation_name text NOT NULL,
    published_at timestamp with time zone,
    published_epoch bigint,
    published_seq bigint,
    published_source text,
    CONSTRAINT listings_check CHECK (((kind = 'proposal'::text) OR (return_favour IS NULL))),
    CONSTRAINT listings_check1 CHECK (
CASE kind
    WHEN 'proposal'::text THEN (state = ANY (ARRAY['draft'::text, 'submitted'::text, 'needs_information'::text, 'prechecked'::text, 'scheduled'::text, 'accepted'::text, 'declined'::text, 'seeking'::text, 'matched'::text, 'in_progress'::text, 'completed'::text, 'withdrawn'::text, 'expired'::text, 'not_feasible'::text]))
    ELSE (state = ANY (ARRAY['draft'::text, 'available'::text, 'taken'::text, 'withdrawn'::text, 'expired'::text]))
END),
    CONSTRAINT listings_external_id_check CHECK (((length(external_id) >= 1) AND (length(external_id) <= 80))),
    CONSTRAINT listings_external_source_check CHECK (((length(external_source) >= 1) AND (length(external_source) <= 300))),
    CONSTRAINT listings_help_check CHECK (((jsonb_typeof(help) = 'array'::text) AND ((jsonb_array_length(help) >= 1) AND (jsonb_array_length(help) <= 7)))),
    CONSTRAINT listings_kind_check CHECK ((kind = ANY (ARRAY['proposal'::text, 'offer'::text]))),
    CONSTRAINT listings_language_check CHECK ((language ~ '^[a-z]{2}$'::text)),
    CONSTRAINT listings_municipality_check CHECK (((length(municipality) >= 1) AND (length(municipality) <= 120))),
    CONSTRAINT listings_note_check CHECK (((length(note) >= 1) AND (length(note) <= 4000))),
    CONSTRAINT listings_return_favour_check CHECK (((length(return_favour) >= 1) AND (length(return_favour) <= 500))),
    CONSTRAINT listings_text_check CHECK (((length(text) >= 1) AND (length(text) <= 4000))),
    CONSTRAINT listings_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200)))
)
WITH (fillfactor='80');


--
-- Name: migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.migrations (
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: network_items; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.network_items (
    id uuid NOT NULL,
    published_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    rev bigint NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    categories integer GENERATED ALWAYS AS (public.category_bits(help)) STORED NOT NULL,
    answered boolean DEFAULT false NOT NULL,
    forwarded boolean DEFAULT false NOT NULL,
    origin text NOT NULL,
    type text NOT NULL,
    state text NOT NULL,
    month_key text GENERATED ALWAYS AS (COALESCE(month, '9999-99'::text)) STORED NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    language text NOT NULL,
    help jsonb NOT NULL,
    municipality jsonb NOT NULL,
    month text,
    search_vector tsvector GENERATED ALWAYS AS (public.search_words_of(type, language, ((((title || ' '::text) || (municipality ->> 'name'::text)) || ' '::text) || text))) STORED,
    CONSTRAINT network_items_type_check CHECK ((type = ANY (ARRAY['proposal'::text, 'offer'::text])))
);


--
-- Name: node_state; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.node_state (
    one boolean DEFAULT true NOT NULL,
    authority text NOT NULL,
    epoch bigint NOT NULL,
    system_identifier text NOT NULL,
    timeline bigint NOT NULL,
    database_oid bigint NOT NULL,
    key bytea NOT NULL,
    CONSTRAINT node_state_key_check CHECK ((length(key) = 32)),
    CONSTRAINT node_state_one_check CHECK (one)
);


--
-- Name: nonces; Type: TABLE; Schema: public; Owner: -
--

CREATE UNLOGGED TABLE public.nonces (
    key_id text NOT NULL,
    nonce text NOT NULL,
    expires bigint NOT NULL
);


--
-- Name: offer_number; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.offer_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: organisations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.organisations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    sector text NOT NULL,
    kind text,
    municipality text,
    website text,
    note text,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    search_vector tsvector GENERATED ALWAYS AS (public.search_words_of('organisation'::text, ''::text, ((((name || ' '::text) || COALESCE(kind, ''::text)) || ' '::text) || COALESCE(municipality, ''::text)))) STORED,
    name_key text GENERATED ALWAYS AS ("left"(public.fold(name), 60)) STORED NOT NULL,
    CONSTRAINT organisations_kind_check CHECK (((length(kind) >= 1) AND (length(kind) <= 80))),
    CONSTRAINT organisations_municipality_check CHECK (((length(municipality) >= 1) AND (length(municipality) <= 120))),
    CONSTRAINT organisations_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT organisations_note_check CHECK (((length(note) >= 1) AND (length(note) <= 4000))),
    CONSTRAINT organisations_sector_check CHECK ((sector = ANY (ARRAY['civil_society'::text, 'company'::text, 'public_administration'::text]))),
    CONSTRAINT organisations_website_check CHECK (((length(website) >= 1) AND (length(website) <= 400)))
);


--
-- Name: peer_cursors; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.peer_cursors (
    authority text NOT NULL,
    stream text NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    created bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT peer_cursors_stream_check CHECK ((stream = ANY (ARRAY['net'::text, 'to'::text])))
);


--
-- Name: peers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.peers (
    authority text NOT NULL,
    name text NOT NULL,
    country text NOT NULL,
    role text NOT NULL,
    areas jsonb DEFAULT '[]'::jsonb NOT NULL,
    latitude_e6 integer,
    longitude_e6 integer,
    mailbox text,
    confirmed boolean DEFAULT false NOT NULL,
    via text,
    registry_state text,
    decision text,
    suspended_reason text,
    frozen boolean DEFAULT false NOT NULL,
    state text GENERATED ALWAYS AS (
CASE
    WHEN (decision IS NOT NULL) THEN decision
    WHEN frozen THEN 'suspended'::text
    WHEN confirmed THEN 'active'::text
    ELSE COALESCE(registry_state, 'invited'::text)
END) STORED NOT NULL,
    source text GENERATED ALWAYS AS (
CASE
    WHEN (confirmed OR (via IS NULL)) THEN 'manual'::text
    ELSE 'registry'::text
END) STORED NOT NULL,
    key bytea NOT NULL,
    key_id text NOT NULL,
    other_key bytea,
    other_key_at timestamp with time zone,
    other_key_by text,
    read_epoch bigint,
    read_seq bigint,
    member boolean DEFAULT false NOT NULL,
    member_id uuid DEFAULT gen_random_uuid() NOT NULL,
    failing_since timestamp with time zone,
    last_contact_at timestamp with time zone,
    last_error text,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT peers_decision_check CHECK ((decision = ANY (ARRAY['suspended'::text, 'removed'::text]))),
    CONSTRAINT peers_key_check CHECK ((length(key) = 32)),
    CONSTRAINT peers_other_key_check CHECK ((length(other_key) = 32)),
    CONSTRAINT peers_registry_state_check CHECK ((registry_state = ANY (ARRAY['invited'::text, 'active'::text, 'suspended'::text, 'removed'::text]))),
    CONSTRAINT peers_role_check CHECK ((role = ANY (ARRAY['city'::text, 'office'::text])))
);


--
-- Name: proposal_number; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.proposal_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: publications; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.publications (
    listing_id uuid NOT NULL,
    rev bigint NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    body jsonb NOT NULL,
    wording jsonb DEFAULT '{}'::jsonb NOT NULL,
    coarsened boolean DEFAULT false NOT NULL,
    source text NOT NULL,
    published_at timestamp with time zone NOT NULL,
    erased_at timestamp with time zone,
    erase_epoch bigint,
    erase_seq bigint,
    accepted jsonb DEFAULT '[]'::jsonb NOT NULL,
    held_at timestamp with time zone
);


--
-- Name: registrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.registrations (
    authority text NOT NULL,
    office text NOT NULL,
    state text NOT NULL,
    CONSTRAINT registrations_state_check CHECK ((state = ANY (ARRAY['invited'::text, 'active'::text, 'suspended'::text, 'removed'::text])))
);


--
-- Name: search_words; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.search_words (
    word text NOT NULL
);


--
-- Name: sessions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sessions (
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL
);


--
-- Name: sign_in_attempts; Type: TABLE; Schema: public; Owner: -
--

CREATE UNLOGGED TABLE public.sign_in_attempts (
    bucket bytea NOT NULL,
    failures integer NOT NULL,
    since timestamp with time zone NOT NULL
);


--
-- Name: streams; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.streams (
    id bigint NOT NULL,
    origin text NOT NULL,
    name text NOT NULL,
    epoch bigint NOT NULL,
    seq bigint DEFAULT 0 NOT NULL,
    chain bytea NOT NULL,
    head text,
    issued_at bigint DEFAULT 0 NOT NULL,
    key bytea,
    settled boolean DEFAULT true NOT NULL,
    frozen boolean DEFAULT false NOT NULL,
    vouched_seq bigint DEFAULT 0 NOT NULL,
    vouched_head text,
    vouched_key bytea,
    applied_seq bigint DEFAULT 0 NOT NULL,
    opened_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT streams_chain_check CHECK ((length(chain) = 32)),
    CONSTRAINT streams_key_check CHECK ((length(key) = 32)),
    CONSTRAINT streams_vouched_key_check CHECK ((length(vouched_key) = 32))
);


--
-- Name: streams_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.streams ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.streams_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: users; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    language text DEFAULT 'de'::text NOT NULL,
    password_hash text,
    disabled boolean DEFAULT false NOT NULL,
    last_sign_in_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT users_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
    CONSTRAINT users_language_check CHECK ((language = ANY (ARRAY['de'::text, 'nl'::text, 'fr'::text, 'en'::text]))),
    CONSTRAINT users_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120))),
    CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'match_group'::text, 'coordinator'::text, 'admin'::text])))
);


--
-- Name: wakes; Type: TABLE; Schema: public; Owner: -
--

CREATE UNLOGGED TABLE public.wakes (
    authority text NOT NULL,
    hinted boolean NOT NULL
);


--
-- Data for Name: alarms; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.alarms (id, at, times, kind, peer, detail, proof, acknowledged_at, acknowledged_by, note) FROM stdin;
\.


--
-- Data for Name: api_tokens; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.api_tokens (id, token_hash, user_id, label, created_at, last_used_at) FROM stdin;
963c65fa-f891-4ca1-84ff-2ecfdfad0f2f	\\x076810898f53fca4d49c1e77da84b241c65ef6983f007d6e6d36a982cd7a8e05	f6e59b7a-c7ca-4f49-b962-be8a5954d34a	demo	2026-11-30 14:46:55.468266+00	\N
d8826701-5bee-4815-a6ca-001b01a45b7b	\\x263366b404065b8424eaa04fbe71aac99f2b48b0c9787b228d3c82120baf1766	f6e59b7a-c7ca-4f49-b962-be8a5954d34a	test	2026-11-30 14:47:01.48002+00	2026-11-30 14:47:01.497946+00
\.


--
-- Data for Name: case_steps; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.case_steps (case_id, n, at, response, reason, user_id, user_role, direction, epoch, seq) FROM stdin;
\.


--
-- Data for Name: cases; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.cases (id, origin, object, object_type, helper, response, reason, at, began_at, withdrawn_at, withdrawal_seen, heard_at) FROM stdin;
\.


--
-- Data for Name: contacts; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.contacts (id, organisation_id, name, email, phone, role, source, purpose, version, created_at, updated_at) FROM stdin;
\.


--
-- Data for Name: entries; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.entries (stream_id, seq, type, object_id, rev, at, line, digest, chain, head, status, covered, keep_until, received_at) FROM stdin;
1	1	epoch	c87342d1-d665-401f-8aaf-422405f1384c	1	\N	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2263383733343264312d643636352d343031662d386161662d343232343035663133383463222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35345a222c2273616c74223a2271616d4951746c5a35536f736a5270724b4d45652d41222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a22533549504c6763304130477166765a5a5a65666f626154474353646f584a6b786a632d51797475666a7841227d7d7d	\\xbbf731c8582607792f56c11e5f47f9716fb805526552eb8e0f99650dc35fec98	\\x7876a6f193a240312866544a994bd636b1a61414e993c68983facf8e303d086c	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVnZXTFZHcS1oZWtNSXhyTFA5bHBhR0N3VFpGRWQxd2xrdGx0cWxzSzFTVSIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MjcxMDUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxLCJjaGFpbiI6ImVIYW04Wk9pUURFb1psUkttVXZXTnJHbUZCVHBrOGFKZ19yUGpqQTlDR3ciLCJpYXQiOjE3OTYwNTAwMTR9.7mdoqx8x0bb8Jo6ZphoeDq_hZDOX41-rzxIpC0_YFA54YKpuY_KIRjcLqyb6cPqTp5q9OrpMeX3BAp6rNl0gAQ	held	t	\N	2026-11-30 14:46:54.395724+00
1	2	member	8bfda652-83c0-4ec1-876e-51d8e263e0a6	1	\N	\\x7b22736571223a322c2274797065223a226d656d626572222c226964223a2238626664613635322d383363302d346563312d383736652d353164386532363365306136222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35355a222c2273616c74223a224e326352796843384b4e51576d2d556c417639774f77222c22626f6479223a7b226e616d65223a22536161726272c3bc636b656e222c22636f756e747279223a224445222c22726f6c65223a2263697479222c227374617465223a22616374697665222c22617574686f72697479223a226c6f63616c686f73743a3238353535222c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226c4b78664e3466536f7530544f6841585f67506b47756649622d754d502d424e58496d6c4f6a4736586141227d7d7d	\\xaf308a896422644d04d809aacd85d6577f5734404d5f1c8b07658b4e416c0e2b	\\x343004427975f6b00b8cc4a900d0c6548992597e926ae6eeeccdfeb336bcecb0	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVnZXTFZHcS1oZWtNSXhyTFA5bHBhR0N3VFpGRWQxd2xrdGx0cWxzSzFTVSIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MjcxMDUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoyLCJjaGFpbiI6Ik5EQUVRbmwxOXJBTGpNU3BBTkRHVkltU1dYNlNhdWJ1N00zLXN6YTg3TEEiLCJpYXQiOjE3OTYwNTAwMTV9.L4_uBvPOMK1Bs3jL0H-B06GjM7T0gcKW6po_50x-78Gac5b1jaH0f8IM2f83egkKQOzhz_yx3j66CrwyezRWBw	held	t	\N	2026-11-30 14:46:55.948669+00
2	1	epoch	80d6b0d7-8d56-48a5-b816-c78c058eaa47	1	\N	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2238306436623064372d386435362d343861352d623831362d633738633035386561613437222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35355a222c2273616c74223a225f4e44687971774a5a67547a7162714b5759465f6c41222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a22533549504c6763304130477166765a5a5a65666f626154474353646f584a6b786a632d51797475666a7841227d7d7d	\\x0773c6b8fccb41e2de73ea180ec1ad7b40466bf8a569ef96679d853ac862f295	\\x7a2f2e6771fda9e5996121179ded24da6bb8788da565d579f17d71a6484983ef	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVnZXTFZHcS1oZWtNSXhyTFA5bHBhR0N3VFpGRWQxd2xrdGx0cWxzSzFTVSIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MjcxMDUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6Mjg1NTUiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxLCJjaGFpbiI6ImVpOHVaM0g5cWVXWllTRVhuZTBrMm11NGVJMmxaZFY1OFgxeHBraEpnLTgiLCJpYXQiOjE3OTYwNTAwMTV9.zTiL55lPyFteC5QKSBPlnx7_-fRkI-gv2y-qA7ZF0bn1sKUKan_NMxavy9A0US-EGGqhQLMXkvz4sui86E-qDQ	held	t	\N	2026-11-30 14:46:55.948669+00
3	1	epoch	ede5c305-a5a0-4b12-9a40-92531d2874d0	1	2026-11-30 14:46:55+00	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2265646535633330352d613561302d346231322d396134302d393235333164323837346430222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35355a222c2273616c74223a22364f5f477051723042774c4c377376544b476e2d4867222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226c4b78664e3466536f7530544f6841585f67506b47756649622d754d502d424e58496d6c4f6a4736586141227d7d7d	\\x2252a124982be03ef1ba3bd7219c5ad6595d8f2c18552663fe9afe75e274ca07	\\x267ced82e2068ed7d737a9effe3f9f01d45ee4dbe2feafd8b5d6495a0bb98983	\N	held	t	\N	2026-11-30 14:46:56.02824+00
4	1	epoch	431c1325-5672-4e49-b2f0-c169933f366c	1	2026-11-30 14:46:54+00	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2234333163313332352d353637322d346534392d623266302d633136393933336633363663222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35345a222c2273616c74223a22776e33614276734d707a414e6b5a546e4e694f546e41222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226c4b78664e3466536f7530544f6841585f67506b47756649622d754d502d424e58496d6c4f6a4736586141227d7d7d	\\x3634383afb54644cc8d264f72825fd64bde1827f367ba0ec1b79d5e9a22d37f3	\\x3880066249d926df2ce6ab41369e5d0e4efb3c01bb2b54c8396e03b319b60a6e	\N	held	t	\N	2026-11-30 14:46:56.05515+00
1	3	member	66abf579-6eaf-461e-bb4f-a59270191799	1	\N	\\x7b22736571223a332c2274797065223a226d656d626572222c226964223a2236366162663537392d366561662d343631652d626234662d613539323730313931373939222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35365a222c2273616c74223a22345f6b5031496d4248705035556550737a5842786b67222c22626f6479223a7b226e616d65223a2241726e68656d222c22636f756e747279223a224e4c222c22726f6c65223a2263697479222c227374617465223a22616374697665222c22617574686f72697479223a226c6f63616c686f73743a3139343938222c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a2258575a4a53484b4b626777705f4868504b6554664867616c6f712d71504c4574644e4478582d374f4f4977227d7d7d	\\xc7e6e56495c9ea03fa7b2154a1b29f78fe46a946def509f83f487877cbb4521d	\\xabf7c07f630ceb4711720b3bae5b1f922c20b094b18ab505c48b84992559d2ef	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVnZXTFZHcS1oZWtNSXhyTFA5bHBhR0N3VFpGRWQxd2xrdGx0cWxzSzFTVSIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MjcxMDUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjozLCJjaGFpbiI6InFfZkFmMk1NNjBjUmNnczdybHNma2l3Z3NKU3hpclVGeEl1RW1TVlowdTgiLCJpYXQiOjE3OTYwNTAwMTZ9.asSyOc-I1tvXTpJW34sk6-NtFsQfRTHMi_RwlGK-zI1BHHnIqi3ZlOZuuDXcYUkeJtJYzWdof5DC76q9Fdq_Dg	held	t	\N	2026-11-30 14:46:56.120236+00
5	1	epoch	13af2232-282a-48ab-bd75-31e5d067754e	1	\N	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2231336166323233322d323832612d343861622d626437352d333165356430363737353465222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35365a222c2273616c74223a22632d4a576c58434e72496e4970674958305031386c67222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a22533549504c6763304130477166765a5a5a65666f626154474353646f584a6b786a632d51797475666a7841227d7d7d	\\xb3db8bca160af909857806e9df6cd17db5bfd6706719a040b735294bdc204605	\\x195f3f699f7dbff4ae6d71e51897de44b541475eab803e53166d876b4098666f	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVnZXTFZHcS1oZWtNSXhyTFA5bHBhR0N3VFpGRWQxd2xrdGx0cWxzSzFTVSIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MjcxMDUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6MTk0OTgiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxLCJjaGFpbiI6IkdWOF9hWjk5dl9TdWJYSGxHSmZlUkxWQlIxNnJnRDVURm0ySGEwQ1labTgiLCJpYXQiOjE3OTYwNTAwMTZ9.0TywCXJDl0s3DN5gPc6hjug-WOOxf43PKGH-eAvV3dPj7xGiurKCdkBOUnAezIxNj24xzMgdz6EGYoRADTMgAA	held	t	\N	2026-11-30 14:46:56.120236+00
6	1	epoch	b8ebab43-92a9-4be3-aa10-23864d6d0607	1	2026-11-30 14:46:56+00	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2262386562616234332d393261392d346265332d616131302d323338363464366430363037222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35365a222c2273616c74223a22746f626e637273736e33684745414848596472476441222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a2258575a4a53484b4b626777705f4868504b6554664867616c6f712d71504c4574644e4478582d374f4f4977227d7d7d	\\x0a937c1ef750416bba5762a7025e6d3c1652cc0fd5771b82772e48db4aea7746	\\xc599d96582adc122a5a0c6f70046a5f469be70e35455ddad41ac6ede2768400c	\N	held	t	\N	2026-11-30 14:46:56.204383+00
7	1	epoch	d4338a54-26d8-4c09-9006-047fe5ffa279	1	2026-11-30 14:46:53+00	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2264343333386135342d323664382d346330392d393030362d303437666535666661323739222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35335a222c2273616c74223a22475f57665475776773774e796853436e376f596b4741222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a2258575a4a53484b4b626777705f4868504b6554664867616c6f712d71504c4574644e4478582d374f4f4977227d7d7d	\\xe50cbb415b92dbbb33ddf6975aa90799dc159687df22d36f21526825800b1728	\\xbb11b5ee76cde103cb7d14e2242534e1f7dcda4f64bb638972c2371d74e17ab4	\N	held	t	\N	2026-11-30 14:46:56.22179+00
4	2	proposal	10b249dc-7f6b-4577-bc89-ab0f9da1f388	1	2026-11-30 14:46:59+00	\\x7b22736571223a322c2274797065223a2270726f706f73616c222c226964223a2231306232343964632d376636622d343537372d626338392d616230663964613166333838222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35395a222c2273616c74223a227336416668364f635542626d59733364527941613651222c226b6565705f756e74696c223a22323032372d31312d33305431343a34363a35395a222c22626f6479223a7b227469746c65223a225374c3bc686c652066c3bc722065696e656e205361616c20287375626d697474656429222c2274657874223a22476573756368742077657264656e205374c3bc686c6520756e642068656c66656e64652048c3a46e64652e204772c3b6c39f6520756e642046617262652073696e6420676c656963682e222c226c616e6775616765223a226465222c2268656c70223a5b7b2263617465676f7279223a22676f6f6473222c227175616e74697479223a2232312d313030227d2c7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a22536161726272c3bc636b656e222c22736368656d65223a2244452d414753222c22636f6465223a223130303431313030227d2c226d6f6e7468223a22323139392d3132222c227374617465223a227375626d6974746564227d7d	\\x4d316b5239d499007324843f6c53e5797ef69c116497509f9eaa056b245c9a4a	\\x6009c7959a934c530928309e24c987b9245f3b58a244cce4fbbe0385ae3b8b41	\N	held	t	2027-11-30 14:46:59+00	2026-11-30 14:47:00.010144+00
4	3	proposal	07e410c5-85ef-4989-96d6-5da778403689	1	2026-11-30 14:46:59+00	\\x7b22736571223a332c2274797065223a2270726f706f73616c222c226964223a2230376534313063352d383565662d343938392d393664362d356461373738343033363839222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35395a222c2273616c74223a22677a4d546343517278315971674d4c37746a30636751222c226b6565705f756e74696c223a22323032372d31312d33305431343a34363a35395a222c22626f6479223a7b227469746c65223a225374c3bc686c652066c3bc722065696e656e205361616c20287365656b696e6729222c2274657874223a22476573756368742077657264656e205374c3bc686c6520756e642068656c66656e64652048c3a46e64652e204772c3b6c39f6520756e642046617262652073696e6420676c656963682e222c226c616e6775616765223a226465222c2268656c70223a5b7b2263617465676f7279223a22676f6f6473222c227175616e74697479223a2232312d313030227d2c7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a22536161726272c3bc636b656e222c22736368656d65223a2244452d414753222c22636f6465223a223130303431313030227d2c226d6f6e7468223a22323139392d3132222c227374617465223a227365656b696e67227d7d	\\x7f84ea2d1573d63c34ce7cb8809bd1680cf39078e527ddf9850e2b7a3354d843	\\x3a01ae6727333b01347ed31a4f554305a0a4d29e5c0892153522c2da157559e8	\N	held	t	2027-11-30 14:46:59+00	2026-11-30 14:47:00.010144+00
4	5	proposal	04fd0dd6-eecb-433c-b091-745bfdab2c6f	1	2026-11-30 14:46:59+00	\\x7b22736571223a352c2274797065223a2270726f706f73616c222c226964223a2230346664306464362d656563622d343333632d623039312d373435626664616232633666222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35395a222c2273616c74223a226a4f6d50324b685a746f3068685a7569423245774267222c226b6565705f756e74696c223a22323032372d31312d33305431343a34363a35395a222c22626f6479223a7b227469746c65223a225374c3bc686c652066c3bc722065696e656e205361616c20287363686564756c656429222c2274657874223a22476573756368742077657264656e205374c3bc686c6520756e642068656c66656e64652048c3a46e64652e204772c3b6c39f6520756e642046617262652073696e6420676c656963682e222c226c616e6775616765223a226465222c2268656c70223a5b7b2263617465676f7279223a22676f6f6473222c227175616e74697479223a2232312d313030227d2c7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a22526567696f6e616c76657262616e6420536161726272c3bc636b656e222c22736368656d65223a224e555453222c22636f6465223a224445433031227d2c226d6f6e7468223a22323139392d3132222c227374617465223a227363686564756c6564227d7d	\\x6062719cd70af1cb07d01ded6545caf5bc2cd31ad1a3f85507dcdd3210b457c4	\\xe51bbd685af3a04b71a3c9518fac11047cbdf053956e96bdc3b4b02c3bb61d80	\N	held	t	2027-11-30 14:46:59+00	2026-11-30 14:47:00.010144+00
4	6	proposal	68fb753a-49b1-4f7a-b3a3-a9ad70377111	1	2026-11-30 14:47:00+00	\\x7b22736571223a362c2274797065223a2270726f706f73616c222c226964223a2236386662373533612d343962312d346637612d623361332d613961643730333737313131222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a2277514f5854464c7245777a664235485a3373444c5877222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30305a222c22626f6479223a7b227469746c65223a225374c3bc686c652066c3bc722065696e656e205361616c2028616363657074656429222c2274657874223a2241627a75686f6c656e20616d20576568722c2054656c65666f6e203036383120303030302e222c226c616e6775616765223a226465222c2268656c70223a5b7b2263617465676f7279223a22676f6f6473222c227175616e74697479223a2232312d313030227d2c7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a22536161726272c3bc636b656e222c22736368656d65223a2244452d414753222c22636f6465223a223130303431313030227d2c226d6f6e7468223a22323139392d3132222c227374617465223a226163636570746564227d7d	\\x7df1551fab2af0e0223722a058a95adfaf227a6c5502f1371201057ad6ca3525	\\xca699c6d1c6dc9a60124da355d41096dab26f748d17b8f807490299ce81532c2	\N	held	t	2027-11-30 14:47:00+00	2026-11-30 14:47:00.29063+00
4	7	proposal	2daa3853-2631-4e80-a3ec-de4aedee5a8c	1	2026-11-30 14:47:00+00	\\x7b22736571223a372c2274797065223a2270726f706f73616c222c226964223a2232646161333835332d323633312d346538302d613365632d646534616564656535613863222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a22354d71426d78644343483652336e4539475336767177222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30305a222c22626f6479223a7b227469746c65223a225374c3bc686c652066c3bc722065696e656e205361616c20286d61746368656429222c2274657874223a2241627a75686f6c656e20626569206465722054697363686c65726569204269726b656e6861696e2e222c226c616e6775616765223a226465222c2268656c70223a5b7b2263617465676f7279223a22676f6f6473222c227175616e74697479223a2232312d313030227d2c7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a22536161726272c3bc636b656e222c22736368656d65223a2244452d414753222c22636f6465223a223130303431313030227d2c226d6f6e7468223a22323139392d3132222c227374617465223a226d617463686564227d7d	\\xae80217402b69f35ee6c3c3fded970ad2ee3f83a88638b0fcfaaa4c16e2820be	\\xf96c7ad4d6142a8d01862ae34b99bf1e9bbb82160c14327e282698feb740a91b	\N	held	t	2027-11-30 14:47:00+00	2026-11-30 14:47:00.29063+00
4	8	offer	ed65bc9f-9937-43dd-b18b-d20d35c63da5	1	2026-11-30 14:47:00+00	\\x7b22736571223a382c2274797065223a226f66666572222c226964223a2265643635626339662d393933372d343364642d623138622d643230643335633633646135222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a227241766f3159645a3339774f30366a344376714a6977222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30305a222c22626f6479223a7b227469746c65223a225374c3bc686c652066c3bc722065696e656e205361616c2028617661696c61626c6529222c2274657874223a22476573756368742077657264656e205374c3bc686c6520756e642068656c66656e64652048c3a46e64652e204772c3b6c39f6520756e642046617262652073696e6420676c656963682e222c226c616e6775616765223a226465222c2268656c70223a5b7b2263617465676f7279223a22676f6f6473222c227175616e74697479223a2232312d313030227d2c7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a22536161726272c3bc636b656e222c22736368656d65223a2244452d414753222c22636f6465223a223130303431313030227d2c226d6f6e7468223a22323139392d3132222c227374617465223a22617661696c61626c65227d7d	\\x831346ffaf2857b2bba4389621b2ecd3a988e78c0b907d4a4feccfc6e82c7258	\\x7f3767126699e42285252f272f52211df05b5e6de83c76aadf77732ad87c4f5f	\N	held	t	2027-11-30 14:47:00+00	2026-11-30 14:47:00.29063+00
4	9	offer	bc7ec450-92b3-465b-a3c1-c07b2c34c3ba	1	2026-11-30 14:47:00+00	\\x7b22736571223a392c2274797065223a226f66666572222c226964223a2262633765633435302d393262332d343635622d613363312d633037623263333463336261222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a22622d54354e495f37426334636e4d7042382d4d2d7667222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30305a222c22626f6479223a7b227469746c65223a225374c3bc686c652066c3bc722065696e656e205361616c202874616b656e29222c2274657874223a22476573756368742077657264656e205374c3bc686c6520756e642068656c66656e64652048c3a46e64652e204772c3b6c39f6520756e642046617262652073696e6420676c656963682e222c226c616e6775616765223a226465222c2268656c70223a5b7b2263617465676f7279223a22676f6f6473222c227175616e74697479223a2232312d313030227d2c7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a22536161726272c3bc636b656e222c22736368656d65223a2244452d414753222c22636f6465223a223130303431313030227d2c226d6f6e7468223a22323139392d3132222c227374617465223a2274616b656e227d7d	\\x68362c57add84681a798181ccc68a4f09d7effe511f0fa2c2d285a9a57955441	\\x9d2274369ca80faf4dd1aced2c1c1d9be3c761139b68d8e74c043b735e56f18a	\N	held	t	2027-11-30 14:47:00+00	2026-11-30 14:47:00.29063+00
4	10	erase	441661d6-c7d8-42c0-9557-d3360cda949a	1	2026-11-30 14:47:00+00	\\x7b22736571223a31302c2274797065223a226572617365222c226964223a2234343136363164362d633764382d343263302d393535372d643333363063646139343961222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a2271695033302d4767755a496d50694a754a7650594567222c22626f6479223a7b22656e7472696573223a5b22313739363035303031342e34225d7d7d	\\xcc96eb7db128369023e9bfdb459d89ae110e7974314ac461f2d54086b2d7eb42	\\xff01824995cf3ded55ca4e9dbad694c27976a65ef8a25681617b3a9cb00a7539	\N	held	t	\N	2026-11-30 14:47:00.29063+00
4	4	\N	\N	\N	\N	\N	\\x5a46fe56bcf991620ec0f93cc3b8753fdebea311bfa4e16cf258adf99fb4c12c	\\xb50762a9a2e2a1e680a71fa7b65dfcfb5f7d21cf1d091109b0cd7c87ee14b144	\N	erased	t	\N	2026-11-30 14:47:00.010144+00
4	11	proposal	8c86f7c6-5e95-4410-b975-399ab1d2717b	1	2026-11-30 14:47:00+00	\\x7b22736571223a31312c2274797065223a2270726f706f73616c222c226964223a2238633836663763362d356539352d343431302d623937352d333939616231643237313762222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a225a2d384e3263424364796c537a7970476c4d77514377222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30305a222c22626f6479223a7b227469746c65223a22556d7a75672065696e65732041726368697673222c2274657874223a22476573756368742077657264656e2068656c66656e64652048c3a46e646520616e2065696e656d2053616d737461672e222c226c616e6775616765223a226465222c2268656c70223a5b7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a22536161726272c3bc636b656e222c22736368656d65223a2244452d414753222c22636f6465223a223130303431313030227d2c227374617465223a227375626d6974746564227d7d	\\xfbd6b527a20363df45a125e589a5dc4f83b30953ea5a587220ff80845100cfc1	\\xdcb56704293c93ae634977da910c64270d0c7be690499f901cc871e5f0b62f1d	\N	held	t	2027-11-30 14:47:00+00	2026-11-30 14:47:00.29063+00
7	2	proposal	8748d243-6557-4983-9a6a-92e9867765ca	1	2026-11-30 14:47:00+00	\\x7b22736571223a322c2274797065223a2270726f706f73616c222c226964223a2238373438643234332d363535372d343938332d396136612d393265393836373736356361222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a22646b6b384f4f46474267696a70474a65763359356841222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30305a222c22626f6479223a7b227469746c65223a22506c616e6b656e20766f6f722065656e20706f6469756d222c2274657874223a2257696a207a6f656b656e20706c616e6b656e20766f6f722065656e20706f6469756d2e222c226c616e6775616765223a226e6c222c2268656c70223a5b7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a2241726e68656d222c22736368656d65223a224e4c2d434253222c22636f6465223a22474d30323032227d2c227374617465223a227375626d6974746564227d7d	\\xad7328381efe63439dee47abf09cc5436e08defed6035f20c1d9d6857e26641c	\\x6dcd838f9c461a586483a81e66acfcfd2ce147e8700f0735297fc3026f373aff	\N	held	t	2027-11-30 14:47:00+00	2026-11-30 14:47:00.389307+00
7	4	erase	6cd9cce6-8db3-4bef-b2bd-555a9e60e304	1	2026-11-30 14:47:00+00	\\x7b22736571223a342c2274797065223a226572617365222c226964223a2236636439636365362d386462332d346265662d623262642d353535613965363065333034222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a22634c793355414f365938485077554455794939327741222c22626f6479223a7b22656e7472696573223a5b22313739363035303031332e33225d7d7d	\\x9d9011a81c3a9561c8aca248bbb248b4dbce55a0380233990bc129f3bac876dd	\\xa20952ea00b59d666bd331b58b2577ebd165d53aadc53389c8bdc2eebae303ce	\N	held	t	\N	2026-11-30 14:47:00.99518+00
7	3	\N	\N	\N	\N	\N	\\x19e9e2caaf2441e4bc6025e4a1199cb801433bb200df16cf8577701f5ce31b7c	\\x80445172839226fc769d92b64534c68c05b978c27f95cf711db43e1ae97c84cd	\N	erased	t	\N	2026-11-30 14:47:00.389307+00
1	4	member	8bfda652-83c0-4ec1-876e-51d8e263e0a6	2	\N	\\x7b22736571223a342c2274797065223a226d656d626572222c226964223a2238626664613635322d383363302d346563312d383736652d353164386532363365306136222c22726576223a322c226174223a22323032362d31312d33305431343a34373a30315a222c2273616c74223a2264574d62444a4f6e337872726f64716c69744e754b51222c22626f6479223a7b226e616d65223a22536161726272c3bc636b656e222c22636f756e747279223a224445222c22726f6c65223a2263697479222c227374617465223a2273757370656e646564222c22617574686f72697479223a226c6f63616c686f73743a3238353535222c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226c4b78664e3466536f7530544f6841585f67506b47756649622d754d502d424e58496d6c4f6a4736586141227d7d7d	\\x59b8e806e973611ea91f027ef1fb543dedd0e72c7b14fef2727e8a051658362b	\\x4405ab1bf02accf0ee2bf6d6d2f38e5a6e89ab8358d9c42764020b8ce44d53c6	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVnZXTFZHcS1oZWtNSXhyTFA5bHBhR0N3VFpGRWQxd2xrdGx0cWxzSzFTVSIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MjcxMDUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjo0LCJjaGFpbiI6IlJBV3JHX0FxelBEdUtfYlcwdk9PV202SnE0TlkyY1FuWkFJTGpPUk5VOFkiLCJpYXQiOjE3OTYwNTAwMjF9.kbwG9SEU-qiwPLJeiYlfH3ql5PZ_XY1ABgDx7GNcEVTSz2Pm5A1wDITtNUa5SavFYOUL4NSYzGQEH0X6yuuhAQ	held	t	\N	2026-11-30 14:47:01.498627+00
1	5	member	8bfda652-83c0-4ec1-876e-51d8e263e0a6	3	\N	\\x7b22736571223a352c2274797065223a226d656d626572222c226964223a2238626664613635322d383363302d346563312d383736652d353164386532363365306136222c22726576223a332c226174223a22323032362d31312d33305431343a34373a30385a222c2273616c74223a2246664b4367724830506971303341786746594a564667222c22626f6479223a7b226e616d65223a22536161726272c3bc636b656e222c22636f756e747279223a224445222c22726f6c65223a2263697479222c227374617465223a22616374697665222c22617574686f72697479223a226c6f63616c686f73743a3238353535222c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226c4b78664e3466536f7530544f6841585f67506b47756649622d754d502d424e58496d6c4f6a4736586141227d7d7d	\\x98e3b4ad252e3eb6985bdca8f9b3cf6f33879f04af72c637fc3adb5d0502c632	\\xb0758d1cee780cabc30d62330704a8a6fb7e9190dca026bfb3749c8a6ea5daaf	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVnZXTFZHcS1oZWtNSXhyTFA5bHBhR0N3VFpGRWQxd2xrdGx0cWxzSzFTVSIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MjcxMDUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjo1LCJjaGFpbiI6InNIV05ITzU0REt2RERXSXpCd1NvcHZ0LWtaRGNvQ2FfczNTY2ltNmwycTgiLCJpYXQiOjE3OTYwNTAwMjh9.wBKoNSTmGHaHxvEFgDDUQbfrIJHRCjCyDkn7gPYaMan7BIbUQNGVlJtQ9xfu_4IkB1Dy8OciGHNBv-cU9e21Dg	held	t	\N	2026-11-30 14:47:08.699764+00
1	6	member	8bfda652-83c0-4ec1-876e-51d8e263e0a6	4	\N	\\x7b22736571223a362c2274797065223a226d656d626572222c226964223a2238626664613635322d383363302d346563312d383736652d353164386532363365306136222c22726576223a342c226174223a22323032362d31312d33305431343a34373a30385a222c2273616c74223a227832783634433262484c595246326b75694744375241222c22626f6479223a7b226e616d65223a22536161726272c3bc636b656e222c22636f756e747279223a224445222c22726f6c65223a2263697479222c227374617465223a2273757370656e646564222c22617574686f72697479223a226c6f63616c686f73743a3238353535222c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226c4b78664e3466536f7530544f6841585f67506b47756649622d754d502d424e58496d6c4f6a4736586141227d7d7d	\\xedfd2eafc487d5392832409408ae8082ddd8f1a040fbc8d631c7362584638a80	\\x40c5a56eb948a73bf589ff7bdd4d9843e0c75fbedd5eba3c893ea557480289da	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVnZXTFZHcS1oZWtNSXhyTFA5bHBhR0N3VFpGRWQxd2xrdGx0cWxzSzFTVSIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MjcxMDUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjo2LCJjaGFpbiI6IlFNV2xicmxJcHp2MWlmOTczVTJZUS1ESFg3N2RYcm84aVQ2bFYwZ0NpZG8iLCJpYXQiOjE3OTYwNTAwMjh9.BopgF5OI9p_HypyrYElMYuRPNyYnO_PggoqLQzVCaa1jXZFBejOseCKFRSJlwiI3Cu1QDsmz8CyeIkz7pp2wDw	held	t	\N	2026-11-30 14:47:08.748367+00
1	7	member	8bfda652-83c0-4ec1-876e-51d8e263e0a6	5	\N	\\x7b22736571223a372c2274797065223a226d656d626572222c226964223a2238626664613635322d383363302d346563312d383736652d353164386532363365306136222c22726576223a352c226174223a22323032362d31312d33305431343a34373a30385a222c2273616c74223a2231684d68427a5069427a793174717070394258517767222c22626f6479223a7b226e616d65223a22536161726272c3bc636b656e222c22636f756e747279223a224445222c22726f6c65223a2263697479222c227374617465223a22616374697665222c22617574686f72697479223a226c6f63616c686f73743a3238353535222c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226c4b78664e3466536f7530544f6841585f67506b47756649622d754d502d424e58496d6c4f6a4736586141227d7d7d	\\x850a1e84e2e1ed4679bcd88b044f64c56ed5750905895f2ad55f1091ec1c4f8a	\\x5d7e33e30e8c054fec5af4e1d9189a6dacf318b6bf0f999759c3713a5caca51d	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVnZXTFZHcS1oZWtNSXhyTFA5bHBhR0N3VFpGRWQxd2xrdGx0cWxzSzFTVSIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MjcxMDUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjo3LCJjaGFpbiI6IlhYNHo0dzZNQlVfc1d2VGgyUmlhYmF6ekdMYV9ENW1YV2NOeE9seXNwUjAiLCJpYXQiOjE3OTYwNTAwMjh9.xM5w24trWaFH3nPBJlWzx-yKxKk2jm7OFCgYTUlVs4MyD0Yp30vq9p9v_jbsHWLzhKwsV6M8GMuGTN_jc0g3BA	held	t	\N	2026-11-30 14:47:08.813137+00
\.


--
-- Data for Name: events; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.events (id, at, object_type, object_id, origin, user_id, role, peer, action, from_state, to_state, reason, details) FROM stdin;
1	2026-11-30 14:46:55.210432+00	user	f6e59b7a-c7ca-4f49-b962-be8a5954d34a	\N	\N	system	\N	created	\N	admin	\N	\N
2	2026-11-30 14:46:55.379195+00	user	7d06bbf7-894f-4d71-8f8a-b59a638caa00	\N	\N	system	\N	created	\N	viewer	\N	\N
3	2026-11-30 14:46:55.468266+00	token	963c65fa-f891-4ca1-84ff-2ecfdfad0f2f	\N	\N	system	\N	created	\N	\N	\N	\N
4	2026-11-30 14:46:55.868133+00	invitation	2a6a3f84-8cf1-465b-a81e-85709972ba8b	\N	\N	system	\N	created	\N	\N	\N	\N
5	2026-11-30 14:46:55.948669+00	peer	localhost:28555	\N	\N	system	localhost:28555	joined	\N	\N	\N	\N
6	2026-11-30 14:46:56.050564+00	invitation	67d7dbe2-e4fb-4631-9cf0-10c67644ed30	\N	\N	system	\N	created	\N	\N	\N	\N
7	2026-11-30 14:46:56.120236+00	peer	localhost:19498	\N	\N	system	localhost:19498	joined	\N	\N	\N	\N
8	2026-11-30 14:47:01.48002+00	token	d8826701-5bee-4815-a6ca-001b01a45b7b	\N	\N	system	\N	created	\N	\N	\N	\N
9	2026-11-30 14:47:01.498627+00	peer	localhost:28555	\N	f6e59b7a-c7ca-4f49-b962-be8a5954d34a	admin	localhost:28555	suspended	\N	\N	Zur Klärung.	\N
10	2026-11-30 14:47:08.699764+00	peer	localhost:28555	\N	f6e59b7a-c7ca-4f49-b962-be8a5954d34a	admin	localhost:28555	resumed	\N	\N	\N	\N
11	2026-11-30 14:47:08.748367+00	peer	localhost:28555	\N	f6e59b7a-c7ca-4f49-b962-be8a5954d34a	admin	localhost:28555	suspended	\N	\N	Zur Klärung.	\N
12	2026-11-30 14:47:08.813137+00	peer	localhost:28555	\N	f6e59b7a-c7ca-4f49-b962-be8a5954d34a	admin	localhost:28555	resumed	\N	\N	\N	\N
13	2026-11-30 14:47:08.890861+00	invitation	021dfb73-df73-4f41-94f8-6136d1f069b8	\N	f6e59b7a-c7ca-4f49-b962-be8a5954d34a	admin	\N	created	\N	\N	\N	\N
\.


--
-- Data for Name: forwards; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.forwards (id, direction, peer, origin, object, object_type, note, user_id, at, received_at, epoch, seq, response, response_reason, response_at, response_epoch, response_seq, unanswered) FROM stdin;
\.


--
-- Data for Name: idempotency_keys; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.idempotency_keys (user_id, key, request_hash, location, created_at) FROM stdin;
\.


--
-- Data for Name: imports; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.imports (id, kind, user_id, content, report, created_at, applied_at) FROM stdin;
\.


--
-- Data for Name: invitations; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.invitations (id, token_hash, label, created_at, expires_at, used_at, used_by) FROM stdin;
2a6a3f84-8cf1-465b-a81e-85709972ba8b	\\xa03a84ec2d1edac0fce05f43794c2482740beaf309101f2e2373c5010875ea4a	\N	2026-11-30 14:46:55.868133+00	2026-12-14 14:46:55+00	2026-11-30 14:46:55.948669+00	localhost:28555
67d7dbe2-e4fb-4631-9cf0-10c67644ed30	\\x5449f2a3fe1af6885f2c48e4684c1ad8ae25c17ffda1bc1465743147f11a93ba	\N	2026-11-30 14:46:56.050564+00	2026-12-14 14:46:56+00	2026-11-30 14:46:56.120236+00	localhost:19498
021dfb73-df73-4f41-94f8-6136d1f069b8	\\x739b8dd444f4a34cf85fdcc4a9c305c011488faa64bf244cd38a4316c5af60ea	Noch nicht gebraucht	2026-11-30 14:47:08.890861+00	2026-12-14 14:47:08+00	\N	\N
\.


--
-- Data for Name: jobs; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.jobs (name, ended_at, failures) FROM stdin;
erase text of ours whose time is over	2026-11-30 14:46:54.458729+00	0
erase text of others whose time is over	2026-11-30 14:46:54.459332+00	0
forget nonces	2026-11-30 14:46:54.460293+00	0
take keys that waited	2026-11-30 14:46:54.461272+00	0
expire listings	2026-11-30 14:46:54.463586+00	0
forget what nobody needs	2026-11-30 14:46:54.465739+00	0
tidy up the words of searches	2026-11-30 14:46:54.469421+00	0
\.


--
-- Data for Name: known_names_changes; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.known_names_changes (n, stamp, kind, id) FROM stdin;
\.


--
-- Data for Name: listings; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.listings (id, organisation_id, updated_at, created_at, state_since, number, version, forwarded, kind, state, title, text, language, help, municipality, day, return_favour, note, contact_id, external_source, external_id, import_digest, organisation_name, published_at, published_epoch, published_seq, published_source) FROM stdin;
\.


--
-- Data for Name: migrations; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.migrations (name, checksum, applied_at) FROM stdin;
0001_town	3bd3e657d5c79626c31d1a504f693cd5f6e52b942c92f3f81ff3c606c1363243	2026-11-30 14:46:53.896405+00
0002_network	ed2f90d5a0f62f4eded3ba106eccd32fec53c4aba254f397708847c4f665ff18	2026-11-30 14:46:54.174238+00
\.


--
-- Data for Name: network_items; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.network_items (id, published_at, received_at, rev, epoch, seq, answered, forwarded, origin, type, state, title, text, language, help, municipality, month) FROM stdin;
\.


--
-- Data for Name: node_state; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.node_state (one, authority, epoch, system_identifier, timeline, database_oid, key) FROM stdin;
t	localhost:27105	1796050014	7713976060826523696	1	16909	\\x4b920f2e07340341aa7ef65965e7e86da4c60927685c99318dcf90cadb9f8f10
\.


--
-- Data for Name: organisations; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.organisations (id, name, sector, kind, municipality, website, note, version, created_at, updated_at) FROM stdin;
\.


--
-- Data for Name: peer_cursors; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.peer_cursors (authority, stream, epoch, seq, created, at) FROM stdin;
localhost:28555	to	1796050014	1	1796050016	2026-11-30 14:46:56.088309+00
localhost:19498	to	1796050014	1	1796050016	2026-11-30 14:46:56.229062+00
localhost:28555	net	1796050014	7	1796050028	2026-11-30 14:47:08.884198+00
localhost:19498	net	1796050014	7	1796050029	2026-11-30 14:47:09.079925+00
\.


--
-- Data for Name: peers; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.peers (authority, name, country, role, areas, latitude_e6, longitude_e6, mailbox, confirmed, via, registry_state, decision, suspended_reason, frozen, key, key_id, other_key, other_key_at, other_key_by, read_epoch, read_seq, member, member_id, failing_since, last_contact_at, last_error, version, created_at, updated_at) FROM stdin;
localhost:19498	Arnhem	NL	city	[{"code": "GM0202", "scheme": "NL-CBS", "valid_on": "2024-01-01"}, {"code": "NL226", "scheme": "NUTS", "valid_on": "2024-01-01"}]	51985000	5899000	herausforderung@arnhem.example	f	localhost:27105	active	\N	\N	f	\\x5d664948728a6e0c29fc784f29e4df1e06a5a2afaa3cb12d74d0f15feece388c	iC6KdiKVG6PhVfH7STP32-sgxc6mL_ldACRu0DuUO8o	\N	\N	\N	\N	\N	f	66abf579-6eaf-461e-bb4f-a59270191799	\N	2026-11-30 14:46:56.23176+00	\N	2	2026-11-30 14:46:56.120236+00	2026-11-30 14:46:56.120236+00
localhost:28555	Saarbrücken	DE	city	[{"code": "10041100", "scheme": "DE-AGS", "valid_on": "2024-01-01"}, {"code": "DEC01", "scheme": "NUTS", "valid_on": "2024-01-01"}]	49234000	6996000	herausforderung@saarbruecken.example	f	localhost:27105	active	\N	\N	f	\\x94ac5f3787d2a2ed133a1017fe03e41ae7c86feb8c3fe04d5c89a53a31ba5da0	Vl7DViRXfEO1Nqhc0-1ESfAsBsR5hDhvuWMc-jYWGjo	\N	\N	\N	1796050014	4	f	8bfda652-83c0-4ec1-876e-51d8e263e0a6	\N	2026-11-30 14:47:08.854799+00	\N	6	2026-11-30 14:46:55.948669+00	2026-11-30 14:47:08.813137+00
\.


--
-- Data for Name: publications; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.publications (listing_id, rev, epoch, seq, body, wording, coarsened, source, published_at, erased_at, erase_epoch, erase_seq, accepted, held_at) FROM stdin;
\.


--
-- Data for Name: registrations; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.registrations (authority, office, state) FROM stdin;
\.


--
-- Data for Name: search_words; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.search_words (word) FROM stdin;
\.


--
-- Data for Name: sessions; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.sessions (token_hash, user_id, created_at, seen_at, expires_at) FROM stdin;
\.


--
-- Data for Name: streams; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.streams (id, origin, name, epoch, seq, chain, head, issued_at, key, settled, frozen, vouched_seq, vouched_head, vouched_key, applied_seq, opened_at) FROM stdin;
1	localhost:27105	net	1796050014	7	\\x5d7e33e30e8c054fec5af4e1d9189a6dacf318b6bf0f999759c3713a5caca51d	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVnZXTFZHcS1oZWtNSXhyTFA5bHBhR0N3VFpGRWQxd2xrdGx0cWxzSzFTVSIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MjcxMDUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjo3LCJjaGFpbiI6IlhYNHo0dzZNQlVfc1d2VGgyUmlhYmF6ekdMYV9ENW1YV2NOeE9seXNwUjAiLCJpYXQiOjE3OTYwNTAwMjh9.xM5w24trWaFH3nPBJlWzx-yKxKk2jm7OFCgYTUlVs4MyD0Yp30vq9p9v_jbsHWLzhKwsV6M8GMuGTN_jc0g3BA	1796050028	\\x4b920f2e07340341aa7ef65965e7e86da4c60927685c99318dcf90cadb9f8f10	t	f	0	\N	\N	0	2026-11-30 14:46:54.395724+00
6	localhost:19498	to/localhost:27105	1796050013	1	\\xc599d96582adc122a5a0c6f70046a5f469be70e35455ddad41ac6ede2768400c	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiaUM2S2RpS1ZHNlBoVmZIN1NUUDMyLXNneGM2bUxfbGRBQ1J1MER1VU84byIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MTk0OTgiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6MjcxMDUiLCJlcG9jaCI6MTc5NjA1MDAxMywic2VxIjoxLCJjaGFpbiI6InhablpaWUt0d1NLbG9NYjNBRWFsOUdtLWNPTlVWZDJ0UWF4dTNpZG9RQXciLCJpYXQiOjE3OTYwNTAwMTZ9.VcQzzW7SmU2RA6sXs8zswsd9m4nduI5XPzMM_jIe3FZvkx7i2FvAdXawyenyVUKGiUxaUWkTcK_6p0ioIKS9Bg	1796050016	\\x5d664948728a6e0c29fc784f29e4df1e06a5a2afaa3cb12d74d0f15feece388c	t	f	1	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiaUM2S2RpS1ZHNlBoVmZIN1NUUDMyLXNneGM2bUxfbGRBQ1J1MER1VU84byIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MTk0OTgiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6MjcxMDUiLCJlcG9jaCI6MTc5NjA1MDAxMywic2VxIjoxLCJjaGFpbiI6InhablpaWUt0d1NLbG9NYjNBRWFsOUdtLWNPTlVWZDJ0UWF4dTNpZG9RQXciLCJpYXQiOjE3OTYwNTAwMTZ9.VcQzzW7SmU2RA6sXs8zswsd9m4nduI5XPzMM_jIe3FZvkx7i2FvAdXawyenyVUKGiUxaUWkTcK_6p0ioIKS9Bg	\\x5d664948728a6e0c29fc784f29e4df1e06a5a2afaa3cb12d74d0f15feece388c	1	2026-11-30 14:46:56.204383+00
2	localhost:27105	to/localhost:28555	1796050014	1	\\x7a2f2e6771fda9e5996121179ded24da6bb8788da565d579f17d71a6484983ef	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVnZXTFZHcS1oZWtNSXhyTFA5bHBhR0N3VFpGRWQxd2xrdGx0cWxzSzFTVSIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MjcxMDUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6Mjg1NTUiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxLCJjaGFpbiI6ImVpOHVaM0g5cWVXWllTRVhuZTBrMm11NGVJMmxaZFY1OFgxeHBraEpnLTgiLCJpYXQiOjE3OTYwNTAwMTV9.zTiL55lPyFteC5QKSBPlnx7_-fRkI-gv2y-qA7ZF0bn1sKUKan_NMxavy9A0US-EGGqhQLMXkvz4sui86E-qDQ	1796050015	\\x4b920f2e07340341aa7ef65965e7e86da4c60927685c99318dcf90cadb9f8f10	t	f	0	\N	\N	0	2026-11-30 14:46:55.948669+00
5	localhost:27105	to/localhost:19498	1796050014	1	\\x195f3f699f7dbff4ae6d71e51897de44b541475eab803e53166d876b4098666f	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVnZXTFZHcS1oZWtNSXhyTFA5bHBhR0N3VFpGRWQxd2xrdGx0cWxzSzFTVSIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MjcxMDUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6MTk0OTgiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxLCJjaGFpbiI6IkdWOF9hWjk5dl9TdWJYSGxHSmZlUkxWQlIxNnJnRDVURm0ySGEwQ1labTgiLCJpYXQiOjE3OTYwNTAwMTZ9.0TywCXJDl0s3DN5gPc6hjug-WOOxf43PKGH-eAvV3dPj7xGiurKCdkBOUnAezIxNj24xzMgdz6EGYoRADTMgAA	1796050016	\\x4b920f2e07340341aa7ef65965e7e86da4c60927685c99318dcf90cadb9f8f10	t	f	0	\N	\N	0	2026-11-30 14:46:56.120236+00
7	localhost:19498	net	1796050013	4	\\xa20952ea00b59d666bd331b58b2577ebd165d53aadc53389c8bdc2eebae303ce	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiaUM2S2RpS1ZHNlBoVmZIN1NUUDMyLXNneGM2bUxfbGRBQ1J1MER1VU84byIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MTk0OTgiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxMywic2VxIjo0LCJjaGFpbiI6Im9nbFM2Z0MxbldacjB6RzFpeVYzNjlGbDFUcXR4VE9KeUwzQzdycmpBODQiLCJpYXQiOjE3OTYwNTAwMjB9.jtRCeHYUSkcx1BxIb8t6hWjJoKivDNB77vDzob5k1YtMSa-gYfOHlMEqLuDSGgX9IWJWw-VXcLkd4-QMA8SuBQ	1796050020	\\x5d664948728a6e0c29fc784f29e4df1e06a5a2afaa3cb12d74d0f15feece388c	t	f	4	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiaUM2S2RpS1ZHNlBoVmZIN1NUUDMyLXNneGM2bUxfbGRBQ1J1MER1VU84byIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MTk0OTgiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxMywic2VxIjo0LCJjaGFpbiI6Im9nbFM2Z0MxbldacjB6RzFpeVYzNjlGbDFUcXR4VE9KeUwzQzdycmpBODQiLCJpYXQiOjE3OTYwNTAwMjB9.jtRCeHYUSkcx1BxIb8t6hWjJoKivDNB77vDzob5k1YtMSa-gYfOHlMEqLuDSGgX9IWJWw-VXcLkd4-QMA8SuBQ	\\x5d664948728a6e0c29fc784f29e4df1e06a5a2afaa3cb12d74d0f15feece388c	4	2026-11-30 14:46:56.22179+00
4	localhost:28555	net	1796050014	11	\\xdcb56704293c93ae634977da910c64270d0c7be690499f901cc871e5f0b62f1d	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxMSwiY2hhaW4iOiIzTFZuQkNrOGs2NWpTWGZha1F4a0p3ME1lLWFRU1otUUhNaHg1ZkMyTHgwIiwiaWF0IjoxNzk2MDUwMDIwfQ.M7r_D6AhOmdWoT7McM4GtyvdVR1lnEfjhm2hAERhWtSy3ffMWlEGigJyNCMgRV6VzR3FmFMDD9nJ5pViF84sCQ	1796050020	\\x94ac5f3787d2a2ed133a1017fe03e41ae7c86feb8c3fe04d5c89a53a31ba5da0	t	f	11	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxMSwiY2hhaW4iOiIzTFZuQkNrOGs2NWpTWGZha1F4a0p3ME1lLWFRU1otUUhNaHg1ZkMyTHgwIiwiaWF0IjoxNzk2MDUwMDIwfQ.M7r_D6AhOmdWoT7McM4GtyvdVR1lnEfjhm2hAERhWtSy3ffMWlEGigJyNCMgRV6VzR3FmFMDD9nJ5pViF84sCQ	\\x94ac5f3787d2a2ed133a1017fe03e41ae7c86feb8c3fe04d5c89a53a31ba5da0	11	2026-11-30 14:46:56.05515+00
3	localhost:28555	to/localhost:27105	1796050014	1	\\x267ced82e2068ed7d737a9effe3f9f01d45ee4dbe2feafd8b5d6495a0bb98983	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6MjcxMDUiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxLCJjaGFpbiI6IkpuenRndUlHanRmWE42bnZfai1mQWRSZTVOdmlfcV9ZdGRaSldndTVpWU0iLCJpYXQiOjE3OTYwNTAwMTV9.0VFpEQ7O1Hebe4FNFaSWWtSTk7VEuEkagxjJ_pN4wKUTQ1H78G46oIOH6lgoZABOHW3d1YQaC3DaAAQqP5SQCg	1796050015	\\x94ac5f3787d2a2ed133a1017fe03e41ae7c86feb8c3fe04d5c89a53a31ba5da0	t	f	1	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6MjcxMDUiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxLCJjaGFpbiI6IkpuenRndUlHanRmWE42bnZfai1mQWRSZTVOdmlfcV9ZdGRaSldndTVpWU0iLCJpYXQiOjE3OTYwNTAwMTV9.0VFpEQ7O1Hebe4FNFaSWWtSTk7VEuEkagxjJ_pN4wKUTQ1H78G46oIOH6lgoZABOHW3d1YQaC3DaAAQqP5SQCg	\\x94ac5f3787d2a2ed133a1017fe03e41ae7c86feb8c3fe04d5c89a53a31ba5da0	1	2026-11-30 14:46:56.02824+00
\.


--
-- Data for Name: users; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.users (id, email, name, role, language, password_hash, disabled, last_sign_in_at, version, created_at, updated_at) FROM stdin;
f6e59b7a-c7ca-4f49-b962-be8a5954d34a	verwaltung@landesbuero.example	Nele Hartwig	admin	de	$argon2id$v=19$m=19456,t=2,p=1$oEVFyGExXJD9dKFRMEKJuw$wuUB3+54dghL35sGa+FB0tHRpdQ43xUDw8ePGl8IkhA	f	\N	1	2026-11-30 14:46:55.210432+00	2026-11-30 14:46:55.210432+00
7d06bbf7-894f-4d71-8f8a-b59a638caa00	einsicht@landesbuero.example	Till Sommer	viewer	de	$argon2id$v=19$m=19456,t=2,p=1$5ZooIjyrYpb2l4jyyR4FDQ$NvqiWfO+XiUraXCZdbvLQV5g1koXe9yaOxSwhMLRttc	f	\N	1	2026-11-30 14:46:55.379195+00	2026-11-30 14:46:55.379195+00
\.


--
-- Name: events_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.events_id_seq', 13, true);


--
-- Name: offer_number; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.offer_number', 1, false);


--
-- Name: proposal_number; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.proposal_number', 1, false);


--
-- Name: streams_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.streams_id_seq', 11, true);


--
-- Name: alarms alarms_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alarms
    ADD CONSTRAINT alarms_pkey PRIMARY KEY (id);


--
-- Name: api_tokens api_tokens_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_pkey PRIMARY KEY (id);


--
-- Name: api_tokens api_tokens_token_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_token_hash_key UNIQUE (token_hash);


--
-- Name: case_steps case_steps_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.case_steps
    ADD CONSTRAINT case_steps_pkey PRIMARY KEY (case_id, n);


--
-- Name: cases cases_origin_object_helper_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_origin_object_helper_key UNIQUE (origin, object, helper);


--
-- Name: cases cases_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_pkey PRIMARY KEY (id);


--
-- Name: contacts contacts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_pkey PRIMARY KEY (id);


--
-- Name: entries entries_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (stream_id, seq);


--
-- Name: events events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);


--
-- Name: forwards forwards_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.forwards
    ADD CONSTRAINT forwards_pkey PRIMARY KEY (id);


--
-- Name: idempotency_keys idempotency_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key);


--
-- Name: imports imports_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_pkey PRIMARY KEY (id);


--
-- Name: invitations invitations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_pkey PRIMARY KEY (id);


--
-- Name: invitations invitations_token_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_token_hash_key UNIQUE (token_hash);


--
-- Name: jobs jobs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (name);


--
-- Name: known_names_changes known_names_changes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.known_names_changes
    ADD CONSTRAINT known_names_changes_pkey PRIMARY KEY (n);


--
-- Name: listings listings_kind_number_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listings
    ADD CONSTRAINT listings_kind_number_key UNIQUE (kind, number);


--
-- Name: listings listings_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listings
    ADD CONSTRAINT listings_pkey PRIMARY KEY (id);


--
-- Name: migrations migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (name);


--
-- Name: network_items network_items_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.network_items
    ADD CONSTRAINT network_items_pkey PRIMARY KEY (origin, id);


--
-- Name: node_state node_state_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.node_state
    ADD CONSTRAINT node_state_pkey PRIMARY KEY (one);


--
-- Name: nonces nonces_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.nonces
    ADD CONSTRAINT nonces_pkey PRIMARY KEY (key_id, nonce);


--
-- Name: organisations organisations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.organisations
    ADD CONSTRAINT organisations_pkey PRIMARY KEY (id);


--
-- Name: peer_cursors peer_cursors_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.peer_cursors
    ADD CONSTRAINT peer_cursors_pkey PRIMARY KEY (authority, stream);


--
-- Name: peers peers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.peers
    ADD CONSTRAINT peers_pkey PRIMARY KEY (authority);


--
-- Name: publications publications_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.publications
    ADD CONSTRAINT publications_pkey PRIMARY KEY (listing_id);


--
-- Name: registrations registrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.registrations
    ADD CONSTRAINT registrations_pkey PRIMARY KEY (authority, office);


--
-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (token_hash);


--
-- Name: sign_in_attempts sign_in_attempts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sign_in_attempts
    ADD CONSTRAINT sign_in_attempts_pkey PRIMARY KEY (bucket);


--
-- Name: streams streams_origin_name_epoch_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.streams
    ADD CONSTRAINT streams_origin_name_epoch_key UNIQUE (origin, name, epoch);


--
-- Name: streams streams_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.streams
    ADD CONSTRAINT streams_pkey PRIMARY KEY (id);


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


--
-- Name: wakes wakes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.wakes
    ADD CONSTRAINT wakes_pkey PRIMARY KEY (authority);


--
-- Name: alarms_open; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX alarms_open ON public.alarms USING btree (kind, COALESCE(peer, ''::text)) WHERE (acknowledged_at IS NULL);


--
-- Name: api_tokens_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX api_tokens_user ON public.api_tokens USING btree (user_id);


--
-- Name: case_steps_entry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX case_steps_entry ON public.case_steps USING btree (epoch, seq);


--
-- Name: cases_heard; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cases_heard ON public.cases USING btree (heard_at) WHERE (heard_at IS NOT NULL);


--
-- Name: cases_withdrawn; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX cases_withdrawn ON public.cases USING btree (withdrawn_at) WHERE ((withdrawn_at IS NOT NULL) AND (NOT withdrawal_seen));


--
-- Name: contacts_organisation; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX contacts_organisation ON public.contacts USING btree (organisation_id);


--
-- Name: entries_keep; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX entries_keep ON public.entries USING btree (keep_until) WHERE ((line IS NOT NULL) AND (keep_until IS NOT NULL));


--
-- Name: entries_object; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX entries_object ON public.entries USING btree (object_id, stream_id, seq) WHERE (line IS NOT NULL);


--
-- Name: entries_rev; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX entries_rev ON public.entries USING btree (object_id, stream_id, rev) WHERE (object_id IS NOT NULL);


--
-- Name: entries_uncovered; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX entries_uncovered ON public.entries USING btree (stream_id) WHERE (NOT covered);


--
-- Name: events_entry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX events_entry ON public.events USING btree (((details ->> 'entry'::text))) WHERE ((details ->> 'entry'::text) IS NOT NULL);


--
-- Name: events_object; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX events_object ON public.events USING btree (object_type, object_id, id DESC);


--
-- Name: forwards_answer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX forwards_answer ON public.forwards USING btree (peer, response_epoch, response_seq) WHERE (response IS NOT NULL);


--
-- Name: forwards_entry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX forwards_entry ON public.forwards USING btree (peer, epoch, seq);


--
-- Name: forwards_newest; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX forwards_newest ON public.forwards USING btree (direction, received_at, id);


--
-- Name: forwards_object; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX forwards_object ON public.forwards USING btree (origin, object, received_at);


--
-- Name: forwards_unanswered; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX forwards_unanswered ON public.forwards USING btree (at) WHERE unanswered;


--
-- Name: listings_by_day; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_day ON public.listings USING btree (kind, day_key, id);


--
-- Name: listings_by_title; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_by_title ON public.listings USING btree (kind, title_key, id);


--
-- Name: listings_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_due ON public.listings USING btree (state, day) WHERE (day IS NOT NULL);


--
-- Name: listings_expertise; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_expertise ON public.listings USING btree (kind, updated_at, id) WHERE ((categories & 8) <> 0);


--
-- Name: listings_external; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX listings_external ON public.listings USING btree (kind, external_id) WHERE (external_id IS NOT NULL);


--
-- Name: listings_goods; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_goods ON public.listings USING btree (kind, updated_at, id) WHERE ((categories & 1) <> 0);


--
-- Name: listings_hands; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_hands ON public.listings USING btree (kind, updated_at, id) WHERE ((categories & 16) <> 0);


--
-- Name: listings_network; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_network ON public.listings USING btree (kind, updated_at, id) WHERE ((categories & 64) <> 0);


--
-- Name: listings_newest; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_newest ON public.listings USING btree (kind, updated_at, id);


--
-- Name: listings_organisation; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_organisation ON public.listings USING btree (organisation_id, kind);


--
-- Name: listings_published; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_published ON public.listings USING btree (kind, updated_at, id) WHERE published;


--
-- Name: listings_published_by_day; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_published_by_day ON public.listings USING btree (kind, day_key, id) WHERE published;


--
-- Name: listings_space; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_space ON public.listings USING btree (kind, updated_at, id) WHERE ((categories & 4) <> 0);


--
-- Name: listings_state; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_state ON public.listings USING btree (kind, state, updated_at, id) INCLUDE (categories, published);


--
-- Name: listings_state_by_day; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_state_by_day ON public.listings USING btree (kind, state, day_key, id) INCLUDE (categories, published);


--
-- Name: listings_state_by_title; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_state_by_title ON public.listings USING btree (kind, state, title_key, id) INCLUDE (categories, published);


--
-- Name: listings_training; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_training ON public.listings USING btree (kind, updated_at, id) WHERE ((categories & 32) <> 0);


--
-- Name: listings_transport; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_transport ON public.listings USING btree (kind, updated_at, id) WHERE ((categories & 2) <> 0);


--
-- Name: listings_vector; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_vector ON public.listings USING gin (search_vector) WITH (gin_pending_list_limit='64');


--
-- Name: listings_waiting; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX listings_waiting ON public.listings USING btree (state, state_since) WHERE ((kind = 'proposal'::text) AND (state = ANY (ARRAY['submitted'::text, 'needs_information'::text])));


--
-- Name: network_items_answered; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX network_items_answered ON public.network_items USING btree (type, published_at, id, origin) WHERE answered;


--
-- Name: network_items_by_month; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX network_items_by_month ON public.network_items USING btree (type, month_key, id, origin);


--
-- Name: network_items_expertise; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX network_items_expertise ON public.network_items USING btree (type, published_at, id, origin) WHERE ((categories & 8) <> 0);


--
-- Name: network_items_forwarded; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX network_items_forwarded ON public.network_items USING btree (type, published_at, id, origin) WHERE forwarded;


--
-- Name: network_items_goods; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX network_items_goods ON public.network_items USING btree (type, published_at, id, origin) WHERE ((categories & 1) <> 0);


--
-- Name: network_items_hands; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX network_items_hands ON public.network_items USING btree (type, published_at, id, origin) WHERE ((categories & 16) <> 0);


--
-- Name: network_items_network; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX network_items_network ON public.network_items USING btree (type, published_at, id, origin) WHERE ((categories & 64) <> 0);


--
-- Name: network_items_newest; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX network_items_newest ON public.network_items USING btree (type, published_at, id, origin);


--
-- Name: network_items_origin; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX network_items_origin ON public.network_items USING btree (type, origin, published_at, id) INCLUDE (state, categories, answered, forwarded);


--
-- Name: network_items_space; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX network_items_space ON public.network_items USING btree (type, published_at, id, origin) WHERE ((categories & 4) <> 0);


--
-- Name: network_items_state; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX network_items_state ON public.network_items USING btree (type, state, published_at, id, origin) INCLUDE (categories, answered, forwarded);


--
-- Name: network_items_state_by_month; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX network_items_state_by_month ON public.network_items USING btree (type, state, month_key, id, origin) INCLUDE (categories, answered, forwarded);


--
-- Name: network_items_training; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX network_items_training ON public.network_items USING btree (type, published_at, id, origin) WHERE ((categories & 32) <> 0);


--
-- Name: network_items_transport; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX network_items_transport ON public.network_items USING btree (type, published_at, id, origin) WHERE ((categories & 2) <> 0);


--
-- Name: network_items_vector; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX network_items_vector ON public.network_items USING gin (search_vector) WITH (gin_pending_list_limit='64');


--
-- Name: nonces_expires; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX nonces_expires ON public.nonces USING btree (expires);


--
-- Name: organisations_by_name; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX organisations_by_name ON public.organisations USING btree (name_key, id);


--
-- Name: organisations_kind_place; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX organisations_kind_place ON public.organisations USING btree (public.fold(kind), COALESCE(public.fold(municipality), ''::text));


--
-- Name: organisations_name; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX organisations_name ON public.organisations USING btree (public.fold(name), sector);


--
-- Name: organisations_sector; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX organisations_sector ON public.organisations USING btree (sector, name_key, id);


--
-- Name: organisations_sector_place; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX organisations_sector_place ON public.organisations USING btree (sector, COALESCE(public.fold(municipality), ''::text));


--
-- Name: organisations_vector; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX organisations_vector ON public.organisations USING gin (search_vector) WITH (gin_pending_list_limit='64');


--
-- Name: peers_key_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX peers_key_id ON public.peers USING btree (key_id) WHERE (state <> 'removed'::text);


--
-- Name: publications_erased; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX publications_erased ON public.publications USING btree (erase_epoch, erase_seq) WHERE (erased_at IS NOT NULL);


--
-- Name: publications_held; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX publications_held ON public.publications USING btree (held_at) WHERE (held_at IS NOT NULL);


--
-- Name: search_words_alike; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX search_words_alike ON public.search_words USING gin (word public.gin_trgm_ops) WITH (fastupdate=off);


--
-- Name: search_words_word; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX search_words_word ON public.search_words USING btree (word);


--
-- Name: sessions_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_user ON public.sessions USING btree (user_id);


--
-- Name: users_email; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX users_email ON public.users USING btree (lower(email));


--
-- Name: contacts contacts_known; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER contacts_known AFTER INSERT OR DELETE ON public.contacts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.note_name('contact');


--
-- Name: contacts contacts_renamed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER contacts_renamed AFTER UPDATE ON public.contacts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((old.name IS DISTINCT FROM new.name)) EXECUTE FUNCTION public.note_name();


--
-- Name: listings learn; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER learn AFTER UPDATE ON public.listings FOR EACH ROW WHEN ((old.search_vector <> new.search_vector)) EXECUTE FUNCTION public.search_learn();


--
-- Name: network_items learn; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER learn AFTER UPDATE ON public.network_items FOR EACH ROW WHEN ((old.search_vector <> new.search_vector)) EXECUTE FUNCTION public.search_learn();


--
-- Name: organisations learn; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER learn AFTER UPDATE ON public.organisations FOR EACH ROW WHEN ((old.search_vector <> new.search_vector)) EXECUTE FUNCTION public.search_learn();


--
-- Name: listings learn_new; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER learn_new AFTER INSERT ON public.listings FOR EACH ROW EXECUTE FUNCTION public.search_learn();


--
-- Name: network_items learn_new; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER learn_new AFTER INSERT ON public.network_items FOR EACH ROW EXECUTE FUNCTION public.search_learn();


--
-- Name: organisations learn_new; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER learn_new AFTER INSERT ON public.organisations FOR EACH ROW EXECUTE FUNCTION public.search_learn();


--
-- Name: organisations organisations_known; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER organisations_known AFTER INSERT OR DELETE ON public.organisations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.note_name('organisation');


--
-- Name: organisations organisations_renamed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER organisations_renamed AFTER UPDATE ON public.organisations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((((old.name IS DISTINCT FROM new.name) OR (old.sector IS DISTINCT FROM new.sector)) OR (old.municipality IS DISTINCT FROM new.municipality))) EXECUTE FUNCTION public.note_name();


--
-- Name: network_items take_answers; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER take_answers BEFORE INSERT ON public.network_items FOR EACH ROW EXECUTE FUNCTION public.network_items_take_answers();


--
-- Name: listings take_organisation; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER take_organisation BEFORE INSERT ON public.listings FOR EACH ROW EXECUTE FUNCTION public.listings_take_organisation();


--
-- Name: cases tell_items; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tell_items AFTER INSERT OR DELETE ON public.cases FOR EACH ROW EXECUTE FUNCTION public.cases_tell_items();


--
-- Name: forwards tell_items_added; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tell_items_added AFTER INSERT ON public.forwards FOR EACH ROW WHEN ((new.direction = 'in'::text)) EXECUTE FUNCTION public.forwards_tell_items();


--
-- Name: forwards tell_items_erased; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tell_items_erased AFTER DELETE ON public.forwards FOR EACH ROW WHEN ((old.direction = 'in'::text)) EXECUTE FUNCTION public.forwards_tell_items();


--
-- Name: organisations tell_listings; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tell_listings AFTER UPDATE OF name ON public.organisations FOR EACH ROW WHEN ((old.name <> new.name)) EXECUTE FUNCTION public.organisations_tell_listings();


--
-- Name: publications tell_listings; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tell_listings AFTER INSERT OR UPDATE ON public.publications FOR EACH ROW EXECUTE FUNCTION public.publications_tell_listings();


--
-- Name: forwards tell_listings_added; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tell_listings_added AFTER INSERT ON public.forwards FOR EACH ROW WHEN ((new.direction = 'out'::text)) EXECUTE FUNCTION public.forwards_tell_listings();


--
-- Name: forwards tell_listings_erased; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tell_listings_erased AFTER DELETE ON public.forwards FOR EACH ROW WHEN ((old.direction = 'out'::text)) EXECUTE FUNCTION public.forwards_tell_listings();


--
-- Name: alarms alarms_acknowledged_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alarms
    ADD CONSTRAINT alarms_acknowledged_by_fkey FOREIGN KEY (acknowledged_by) REFERENCES public.users(id) ON DELETE SET NULL;


--
-- Name: api_tokens api_tokens_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT api_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;


--
-- Name: case_steps case_steps_case_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.case_steps
    ADD CONSTRAINT case_steps_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.cases(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: case_steps case_steps_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.case_steps
    ADD CONSTRAINT case_steps_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE SET NULL;


--
-- Name: contacts contacts_organisation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES public.organisations(id) ON DELETE CASCADE;


--
-- Name: entries entries_stream_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES public.streams(id);


--
-- Name: events events_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE SET NULL;


--
-- Name: forwards forwards_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.forwards
    ADD CONSTRAINT forwards_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE SET NULL;


--
-- Name: idempotency_keys idempotency_keys_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;


--
-- Name: imports imports_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE SET NULL;


--
-- Name: listings listings_contact_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listings
    ADD CONSTRAINT listings_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES public.contacts(id) ON DELETE SET NULL;


--
-- Name: listings listings_organisation_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listings
    ADD CONSTRAINT listings_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES public.organisations(id) ON DELETE RESTRICT;


--
-- Name: network_items network_items_origin_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.network_items
    ADD CONSTRAINT network_items_origin_fkey FOREIGN KEY (origin) REFERENCES public.peers(authority) ON DELETE CASCADE;


--
-- Name: peer_cursors peer_cursors_authority_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.peer_cursors
    ADD CONSTRAINT peer_cursors_authority_fkey FOREIGN KEY (authority) REFERENCES public.peers(authority) ON DELETE CASCADE;


--
-- Name: publications publications_listing_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.publications
    ADD CONSTRAINT publications_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES public.listings(id) ON DELETE RESTRICT;


--
-- Name: registrations registrations_authority_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.registrations
    ADD CONSTRAINT registrations_authority_fkey FOREIGN KEY (authority) REFERENCES public.peers(authority) ON DELETE CASCADE;


--
-- Name: sessions sessions_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;


--
-- Name: wakes wakes_authority_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.wakes
    ADD CONSTRAINT wakes_authority_fkey FOREIGN KEY (authority) REFERENCES public.peers(authority) ON DELETE CASCADE;


--
-- PostgreSQL database dump complete
--


