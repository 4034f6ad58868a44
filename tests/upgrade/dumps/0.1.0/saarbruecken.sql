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
10d54148-f31b-4cc1-a006-66415132a242	2026-11-30 14:47:08.662964+00	1	member_unasked	localhost:27105	localhost:27105 says that this node is suspended.	\N	2026-11-30 14:47:08.73403+00	dd74a92b-8a52-4aa8-a100-0d43d44f0d36	Geklärt.
f92c4844-5b59-4ab9-be77-717dfaef9e24	2026-11-30 14:47:08.773937+00	1	member_unasked	localhost:27105	localhost:27105 says that this node is suspended.	\N	\N	\N	\N
\.


--
-- Data for Name: api_tokens; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.api_tokens (id, token_hash, user_id, label, created_at, last_used_at) FROM stdin;
52bf5660-0609-4b9e-b025-16b006e9faf6	\\x32680ba64294993f62bf716c4d0babb53e10c5a56e5915c3f652536c41bfb1d2	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	demo	2026-11-30 14:46:55.749581+00	2026-11-30 14:46:57.148014+00
37b928fd-1169-437b-8a8c-cec2923f3c78	\\x7e8185c609323eeee5116cceb3ed7365293c9907be9fe4c256b3ab9cf20efff4	dd74a92b-8a52-4aa8-a100-0d43d44f0d36	test	2026-11-30 14:46:58.861405+00	2026-11-30 14:46:58.882612+00
\.


--
-- Data for Name: case_steps; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.case_steps (case_id, n, at, response, reason, user_id, user_role, direction, epoch, seq) FROM stdin;
ecaaacdb-c2fb-4d36-8193-8bf4e2c1569c	1	2026-11-30 14:47:00+00	company_found	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	out	1796050014	2
838b2a76-40d0-409d-9dd6-8cc3a0ad9097	1	2026-11-30 14:47:00+00	taken_up	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	out	1796050014	3
e2d84067-f895-4893-9e63-62200b71bce6	1	2026-11-30 14:47:00+00	taken_up	\N	\N	\N	in	1796050013	2
e2d84067-f895-4893-9e63-62200b71bce6	2	2026-11-30 14:47:00+00	handed_back	Geen vrachtwagen.	\N	\N	in	1796050013	3
79fd6d1f-7733-4979-86ba-ea9add40db5b	1	2026-11-30 14:47:01+00	declined	Trop loin.	\N	\N	in	1796050014	3
\.


--
-- Data for Name: cases; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.cases (id, origin, object, object_type, helper, response, reason, at, began_at, withdrawn_at, withdrawal_seen, heard_at) FROM stdin;
ecaaacdb-c2fb-4d36-8193-8bf4e2c1569c	localhost:19498	8748d243-6557-4983-9a6a-92e9867765ca	proposal	localhost:28555	company_found	\N	2026-11-30 14:47:00+00	2026-11-30 14:47:00.516031+00	\N	f	\N
e2d84067-f895-4893-9e63-62200b71bce6	localhost:28555	8c86f7c6-5e95-4410-b975-399ab1d2717b	proposal	localhost:19498	handed_back	Geen vrachtwagen.	2026-11-30 14:47:00+00	2026-11-30 14:47:00.685223+00	\N	f	2026-11-30 14:47:00.685223+00
838b2a76-40d0-409d-9dd6-8cc3a0ad9097	localhost:19498	2033e10b-a5d8-4f39-ba7a-94fc6a1a8841	proposal	localhost:28555	taken_up	\N	2026-11-30 14:47:00+00	2026-11-30 14:47:00.529624+00	2026-11-30 14:47:00.993701+00	f	\N
79fd6d1f-7733-4979-86ba-ea9add40db5b	localhost:28555	8c86f7c6-5e95-4410-b975-399ab1d2717b	proposal	localhost:14303	declined	Trop loin.	2026-11-30 14:47:01+00	2026-11-30 14:47:01.444482+00	\N	f	2026-11-30 14:47:01.444482+00
\.


--
-- Data for Name: contacts; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.contacts (id, organisation_id, name, email, phone, role, source, purpose, version, created_at, updated_at) FROM stdin;
338d7dd6-9a93-4bc6-90a2-c6dc512dd7b2	5610990b-6ae7-4c7b-9474-07deac5d1a41	Alex Beispiel	told_by_themselves@town.example	0681 0000	Vorsitz	told_by_themselves	Absprachen zum Vorschlag	1	2026-11-30 14:46:59.246629+00	2026-11-30 14:46:59.246629+00
605beaad-b781-46e0-ae0b-dc9c70d0b0a0	5610990b-6ae7-4c7b-9474-07deac5d1a41	Alex Beispiel	public_source@town.example	0681 0000	Vorsitz	public_source	Absprachen zum Vorschlag	1	2026-11-30 14:46:59.275885+00	2026-11-30 14:46:59.275885+00
\.


--
-- Data for Name: entries; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.entries (stream_id, seq, type, object_id, rev, at, line, digest, chain, head, status, covered, keep_until, received_at) FROM stdin;
1	1	epoch	431c1325-5672-4e49-b2f0-c169933f366c	1	\N	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2234333163313332352d353637322d346534392d623266302d633136393933336633363663222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35345a222c2273616c74223a22776e33614276734d707a414e6b5a546e4e694f546e41222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226c4b78664e3466536f7530544f6841585f67506b47756649622d754d502d424e58496d6c4f6a4736586141227d7d7d	\\x3634383afb54644cc8d264f72825fd64bde1827f367ba0ec1b79d5e9a22d37f3	\\x3880066249d926df2ce6ab41369e5d0e4efb3c01bb2b54c8396e03b319b60a6e	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxLCJjaGFpbiI6Ik9JQUdZa25aSnQ4czVxdEJOcDVkRGs3N1BBRzdLMVRJT1c0RHN4bTJDbTQiLCJpYXQiOjE3OTYwNTAwMTR9.bcUwSGqyoF6Tc_bVr30_gvfqu_jiIrBMJOnko7MLow6xthfz4Sh_UvVekihROS56QwL96--G4nfjMU2cgETfBA	held	t	\N	2026-11-30 14:46:54.792804+00
2	1	epoch	ede5c305-a5a0-4b12-9a40-92531d2874d0	1	\N	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2265646535633330352d613561302d346231322d396134302d393235333164323837346430222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35355a222c2273616c74223a22364f5f477051723042774c4c377376544b476e2d4867222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226c4b78664e3466536f7530544f6841585f67506b47756649622d754d502d424e58496d6c4f6a4736586141227d7d7d	\\x2252a124982be03ef1ba3bd7219c5ad6595d8f2c18552663fe9afe75e274ca07	\\x267ced82e2068ed7d737a9effe3f9f01d45ee4dbe2feafd8b5d6495a0bb98983	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6MjcxMDUiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxLCJjaGFpbiI6IkpuenRndUlHanRmWE42bnZfai1mQWRSZTVOdmlfcV9ZdGRaSldndTVpWU0iLCJpYXQiOjE3OTYwNTAwMTV9.0VFpEQ7O1Hebe4FNFaSWWtSTk7VEuEkagxjJ_pN4wKUTQ1H78G46oIOH6lgoZABOHW3d1YQaC3DaAAQqP5SQCg	held	t	\N	2026-11-30 14:46:55.912955+00
3	1	epoch	80d6b0d7-8d56-48a5-b816-c78c058eaa47	1	2026-11-30 14:46:55+00	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2238306436623064372d386435362d343861352d623831362d633738633035386561613437222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35355a222c2273616c74223a225f4e44687971774a5a67547a7162714b5759465f6c41222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a22533549504c6763304130477166765a5a5a65666f626154474353646f584a6b786a632d51797475666a7841227d7d7d	\\x0773c6b8fccb41e2de73ea180ec1ad7b40466bf8a569ef96679d853ac862f295	\\x7a2f2e6771fda9e5996121179ded24da6bb8788da565d579f17d71a6484983ef	\N	held	t	\N	2026-11-30 14:46:56.052009+00
4	1	epoch	c87342d1-d665-401f-8aaf-422405f1384c	1	2026-11-30 14:46:54+00	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2263383733343264312d643636352d343031662d386161662d343232343035663133383463222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35345a222c2273616c74223a2271616d4951746c5a35536f736a5270724b4d45652d41222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a22533549504c6763304130477166765a5a5a65666f626154474353646f584a6b786a632d51797475666a7841227d7d7d	\\xbbf731c8582607792f56c11e5f47f9716fb805526552eb8e0f99650dc35fec98	\\x7876a6f193a240312866544a994bd636b1a61414e993c68983facf8e303d086c	\N	held	t	\N	2026-11-30 14:46:56.0776+00
4	2	member	8bfda652-83c0-4ec1-876e-51d8e263e0a6	1	2026-11-30 14:46:55+00	\\x7b22736571223a322c2274797065223a226d656d626572222c226964223a2238626664613635322d383363302d346563312d383736652d353164386532363365306136222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35355a222c2273616c74223a224e326352796843384b4e51576d2d556c417639774f77222c22626f6479223a7b226e616d65223a22536161726272c3bc636b656e222c22636f756e747279223a224445222c22726f6c65223a2263697479222c227374617465223a22616374697665222c22617574686f72697479223a226c6f63616c686f73743a3238353535222c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226c4b78664e3466536f7530544f6841585f67506b47756649622d754d502d424e58496d6c4f6a4736586141227d7d7d	\\xaf308a896422644d04d809aacd85d6577f5734404d5f1c8b07658b4e416c0e2b	\\x343004427975f6b00b8cc4a900d0c6548992597e926ae6eeeccdfeb336bcecb0	\N	held	t	\N	2026-11-30 14:46:56.0776+00
4	3	member	66abf579-6eaf-461e-bb4f-a59270191799	1	2026-11-30 14:46:56+00	\\x7b22736571223a332c2274797065223a226d656d626572222c226964223a2236366162663537392d366561662d343631652d626234662d613539323730313931373939222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35365a222c2273616c74223a22345f6b5031496d4248705035556550737a5842786b67222c22626f6479223a7b226e616d65223a2241726e68656d222c22636f756e747279223a224e4c222c22726f6c65223a2263697479222c227374617465223a22616374697665222c22617574686f72697479223a226c6f63616c686f73743a3139343938222c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a2258575a4a53484b4b626777705f4868504b6554664867616c6f712d71504c4574644e4478582d374f4f4977227d7d7d	\\xc7e6e56495c9ea03fa7b2154a1b29f78fe46a946def509f83f487877cbb4521d	\\xabf7c07f630ceb4711720b3bae5b1f922c20b094b18ab505c48b84992559d2ef	\N	held	t	\N	2026-11-30 14:46:56.335374+00
6	1	epoch	43acdba9-3cdb-45ee-a11f-96b0f845d073	1	\N	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2234336163646261392d336364622d343565652d613131662d393662306638343564303733222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35365a222c2273616c74223a2255695f6f734c754b4231756f78626241615f4f425667222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226c4b78664e3466536f7530544f6841585f67506b47756649622d754d502d424e58496d6c4f6a4736586141227d7d7d	\\xb46eabb5f91939079a731574ecf815091b9716175e0a5a55f3f7a5e64f2e114c	\\xf6d93ca0bb3120a0658f624252fdb93964aafaa3c8302e0a2a28e24ec70e5a02	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6MTk0OTgiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxLCJjaGFpbiI6Ijl0azhvTHN4SUtCbGoySkNVdjI1T1dTcS1xUElNQzRLS2lqaVRzY09XZ0kiLCJpYXQiOjE3OTYwNTAwMTZ9.P2iYj-vj2A4EpOHU7LVr0jRR5u7fylRtsYaVYqTMHU7ZjC_DT_hSUrn-WEA2oJ-x_e1y22WyYA6P8HB2uHeuBw	held	t	\N	2026-11-30 14:46:56.335374+00
7	1	epoch	6309a7ab-7a84-435d-ab7e-dee8fe30e00d	1	2026-11-30 14:46:56+00	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2236333039613761622d376138342d343335642d616237652d646565386665333065303064222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35365a222c2273616c74223a226f5568486764356746514b6465336371346a6b454e67222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a2258575a4a53484b4b626777705f4868504b6554664867616c6f712d71504c4574644e4478582d374f4f4977227d7d7d	\\x80c4cfa2bbb62d782f2c4cb75a66e08fd81cf53dfd11640b670adb42af608135	\\xcb6b49daa735dcd27f39602eb7201a2fbf78f64439b38814346a2051faaf0abe	\N	held	t	\N	2026-11-30 14:46:56.388571+00
8	1	epoch	d4338a54-26d8-4c09-9006-047fe5ffa279	1	2026-11-30 14:46:53+00	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2264343333386135342d323664382d346330392d393030362d303437666535666661323739222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35335a222c2273616c74223a22475f57665475776773774e796853436e376f596b4741222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a2258575a4a53484b4b626777705f4868504b6554664867616c6f712d71504c4574644e4478582d374f4f4977227d7d7d	\\xe50cbb415b92dbbb33ddf6975aa90799dc159687df22d36f21526825800b1728	\\xbb11b5ee76cde103cb7d14e2242534e1f7dcda4f64bb638972c2371d74e17ab4	\N	held	t	\N	2026-11-30 14:46:56.392644+00
9	1	epoch	f237150b-68f2-426e-854c-6499194dd3a0	1	\N	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2266323337313530622d363866322d343236652d383534632d363439393139346464336130222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35365a222c2273616c74223a224d34576c7a6d4631706c714b6b5f6f41693638524677222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226c4b78664e3466536f7530544f6841585f67506b47756649622d754d502d424e58496d6c4f6a4736586141227d7d7d	\\x7412fe600e0445db55bc0fe3a19402719c6514dae7f7cce05da4291ea23d8313	\\x47877e511c87c8dd6d261816e67077e5857e33ec1fa1c99a5c1a19bec00881d3	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6MTQzMDMiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxLCJjaGFpbiI6IlI0ZC1VUnlIeU4xdEpoZ1c1bkIzNVlWLU0td2ZvY21hWEJvWnZzQUlnZE0iLCJpYXQiOjE3OTYwNTAwMTZ9.9MwGNiLi7N-bH1jRdsBLYVnWDlVo5EeDAh3EfkmLdkpW02EqOCheY8jfHZBqyRqE-oeCuyejotf3xeoVBEUTDw	held	t	\N	2026-11-30 14:46:56.481204+00
10	1	epoch	6146f648-fbcb-4341-b84f-ab2b8d3ffb86	1	2026-11-30 14:46:56+00	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2236313436663634382d666263622d343334312d623834662d616232623864336666623836222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35365a222c2273616c74223a225145616d35374d5862494f3638474a516f302d4e4e67222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226166774c7453423434634d5f594b724d386f435533555a7a526733695042474156704271436639354a4549227d7d7d	\\x8dc507e048844ec6c230220f99f1dba3e2585cbd5176f7b698cbacff3c6763c9	\\x16ac3cb594ee4abafcb2b484a10ccfce54e69b82b7131acdd6124ba9e519630c	\N	held	t	\N	2026-11-30 14:46:56.555739+00
11	1	epoch	df08eebe-82ba-458e-8d09-ec963181577e	1	2026-11-30 14:46:54+00	\\x7b22736571223a312c2274797065223a2265706f6368222c226964223a2264663038656562652d383262612d343538652d386430392d656339363331383135373765222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35345a222c2273616c74223a22396b46476c6a716a73794876672d326e683036485641222c22626f6479223a7b2270726576696f7573223a6e756c6c2c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226166774c7453423434634d5f594b724d386f435533555a7a526733695042474156704271436639354a4549227d7d7d	\\x0cd930e1243142c511ea82340683a456fd83886ddd061673e3753090100db484	\\x7c2123b291cbc8af0af89217f2991783c86918578b6d898de9fb7e4ab0a4cac0	\N	held	t	\N	2026-11-30 14:46:56.562917+00
1	2	proposal	10b249dc-7f6b-4577-bc89-ab0f9da1f388	1	\N	\\x7b22736571223a322c2274797065223a2270726f706f73616c222c226964223a2231306232343964632d376636622d343537372d626338392d616230663964613166333838222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35395a222c2273616c74223a227336416668364f635542626d59733364527941613651222c226b6565705f756e74696c223a22323032372d31312d33305431343a34363a35395a222c22626f6479223a7b227469746c65223a225374c3bc686c652066c3bc722065696e656e205361616c20287375626d697474656429222c2274657874223a22476573756368742077657264656e205374c3bc686c6520756e642068656c66656e64652048c3a46e64652e204772c3b6c39f6520756e642046617262652073696e6420676c656963682e222c226c616e6775616765223a226465222c2268656c70223a5b7b2263617465676f7279223a22676f6f6473222c227175616e74697479223a2232312d313030227d2c7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a22536161726272c3bc636b656e222c22736368656d65223a2244452d414753222c22636f6465223a223130303431313030227d2c226d6f6e7468223a22323139392d3132222c227374617465223a227375626d6974746564227d7d	\\x4d316b5239d499007324843f6c53e5797ef69c116497509f9eaa056b245c9a4a	\\x6009c7959a934c530928309e24c987b9245f3b58a244cce4fbbe0385ae3b8b41	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoyLCJjaGFpbiI6IllBbkhsWnFUVEZNSktEQ2VKTW1IdVNSZk8xaWlSTXprLTc0RGhhNDdpMEUiLCJpYXQiOjE3OTYwNTAwMTl9.gQ7_zLN7m5cHKxl0YgAWIi2nRBQeLj5J4ZnH-Z0pCaXyUhy8fLRjm4J-BHrRkhHbLa57guASLm6tAqDd7j1HCw	held	t	2027-11-30 14:46:59+00	2026-11-30 14:46:59.910085+00
1	3	proposal	07e410c5-85ef-4989-96d6-5da778403689	1	\N	\\x7b22736571223a332c2274797065223a2270726f706f73616c222c226964223a2230376534313063352d383565662d343938392d393664362d356461373738343033363839222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35395a222c2273616c74223a22677a4d546343517278315971674d4c37746a30636751222c226b6565705f756e74696c223a22323032372d31312d33305431343a34363a35395a222c22626f6479223a7b227469746c65223a225374c3bc686c652066c3bc722065696e656e205361616c20287365656b696e6729222c2274657874223a22476573756368742077657264656e205374c3bc686c6520756e642068656c66656e64652048c3a46e64652e204772c3b6c39f6520756e642046617262652073696e6420676c656963682e222c226c616e6775616765223a226465222c2268656c70223a5b7b2263617465676f7279223a22676f6f6473222c227175616e74697479223a2232312d313030227d2c7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a22536161726272c3bc636b656e222c22736368656d65223a2244452d414753222c22636f6465223a223130303431313030227d2c226d6f6e7468223a22323139392d3132222c227374617465223a227365656b696e67227d7d	\\x7f84ea2d1573d63c34ce7cb8809bd1680cf39078e527ddf9850e2b7a3354d843	\\x3a01ae6727333b01347ed31a4f554305a0a4d29e5c0892153522c2da157559e8	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjozLCJjaGFpbiI6Ik9nR3VaeWN6T3dFMGZ0TWFUMVZEQmFDazBwNWNDSklWTlNMQzJoVjFXZWciLCJpYXQiOjE3OTYwNTAwMTl9.iUS4l1Ecc40E5xSf5IufjSD__8ckY4Mdfrmlr4UKoTtP9k9qRZittOnLKQfnRN0PKf65FW67gXcPB0Cad7ZdCQ	held	t	2027-11-30 14:46:59+00	2026-11-30 14:46:59.946116+00
1	5	proposal	04fd0dd6-eecb-433c-b091-745bfdab2c6f	1	\N	\\x7b22736571223a352c2274797065223a2270726f706f73616c222c226964223a2230346664306464362d656563622d343333632d623039312d373435626664616232633666222c22726576223a312c226174223a22323032362d31312d33305431343a34363a35395a222c2273616c74223a226a4f6d50324b685a746f3068685a7569423245774267222c226b6565705f756e74696c223a22323032372d31312d33305431343a34363a35395a222c22626f6479223a7b227469746c65223a225374c3bc686c652066c3bc722065696e656e205361616c20287363686564756c656429222c2274657874223a22476573756368742077657264656e205374c3bc686c6520756e642068656c66656e64652048c3a46e64652e204772c3b6c39f6520756e642046617262652073696e6420676c656963682e222c226c616e6775616765223a226465222c2268656c70223a5b7b2263617465676f7279223a22676f6f6473222c227175616e74697479223a2232312d313030227d2c7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a22526567696f6e616c76657262616e6420536161726272c3bc636b656e222c22736368656d65223a224e555453222c22636f6465223a224445433031227d2c226d6f6e7468223a22323139392d3132222c227374617465223a227363686564756c6564227d7d	\\x6062719cd70af1cb07d01ded6545caf5bc2cd31ad1a3f85507dcdd3210b457c4	\\xe51bbd685af3a04b71a3c9518fac11047cbdf053956e96bdc3b4b02c3bb61d80	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjo1LCJjaGFpbiI6IjVSdTlhRnJ6b0V0eG84bFJqNndSQkh5OThGT1ZicGE5dzdTd0xEdTJIWUEiLCJpYXQiOjE3OTYwNTAwMTl9.ztkgfi_9IaHwJWPffHL-QKxnJdaCj3zHJ3Bh-15Dm8GVOiuBheU9cVWA08AnSS22-ox-ATpMdNBj0ZigCtozAQ	held	t	2027-11-30 14:46:59+00	2026-11-30 14:46:59.976231+00
1	6	proposal	68fb753a-49b1-4f7a-b3a3-a9ad70377111	1	\N	\\x7b22736571223a362c2274797065223a2270726f706f73616c222c226964223a2236386662373533612d343962312d346637612d623361332d613961643730333737313131222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a2277514f5854464c7245777a664235485a3373444c5877222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30305a222c22626f6479223a7b227469746c65223a225374c3bc686c652066c3bc722065696e656e205361616c2028616363657074656429222c2274657874223a2241627a75686f6c656e20616d20576568722c2054656c65666f6e203036383120303030302e222c226c616e6775616765223a226465222c2268656c70223a5b7b2263617465676f7279223a22676f6f6473222c227175616e74697479223a2232312d313030227d2c7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a22536161726272c3bc636b656e222c22736368656d65223a2244452d414753222c22636f6465223a223130303431313030227d2c226d6f6e7468223a22323139392d3132222c227374617465223a226163636570746564227d7d	\\x7df1551fab2af0e0223722a058a95adfaf227a6c5502f1371201057ad6ca3525	\\xca699c6d1c6dc9a60124da355d41096dab26f748d17b8f807490299ce81532c2	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjo2LCJjaGFpbiI6InltbWNiUnh0eWFZQkpObzFYVUVKYmFzbTkwalJlNC1BZEpBcG5PZ1ZNc0kiLCJpYXQiOjE3OTYwNTAwMjB9.2Ul01o7qlgfmCKMn3Q7f6PDT8F2yYN8nGzaxXKh5EJorA0cLaKSlitE1N6TjSN15HhXqBla4eXbu4M5NC12bAw	held	t	2027-11-30 14:47:00+00	2026-11-30 14:47:00.008235+00
1	7	proposal	2daa3853-2631-4e80-a3ec-de4aedee5a8c	1	\N	\\x7b22736571223a372c2274797065223a2270726f706f73616c222c226964223a2232646161333835332d323633312d346538302d613365632d646534616564656535613863222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a22354d71426d78644343483652336e4539475336767177222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30305a222c22626f6479223a7b227469746c65223a225374c3bc686c652066c3bc722065696e656e205361616c20286d61746368656429222c2274657874223a2241627a75686f6c656e20626569206465722054697363686c65726569204269726b656e6861696e2e222c226c616e6775616765223a226465222c2268656c70223a5b7b2263617465676f7279223a22676f6f6473222c227175616e74697479223a2232312d313030227d2c7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a22536161726272c3bc636b656e222c22736368656d65223a2244452d414753222c22636f6465223a223130303431313030227d2c226d6f6e7468223a22323139392d3132222c227374617465223a226d617463686564227d7d	\\xae80217402b69f35ee6c3c3fded970ad2ee3f83a88638b0fcfaaa4c16e2820be	\\xf96c7ad4d6142a8d01862ae34b99bf1e9bbb82160c14327e282698feb740a91b	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjo3LCJjaGFpbiI6Ii1XeDYxTllVS28wQmhpcmpTNW1fSHB1N2doWU1GREotS0NhWV9yZEFxUnMiLCJpYXQiOjE3OTYwNTAwMjB9.sHvl1VT7k-JnJ2lTcho1Rd1TYgQP10qr4ix3850AKFlI0e7Ow1pobFz0iBV6IHoiI8CJMMoIi6VL9--R0bkQCQ	held	t	2027-11-30 14:47:00+00	2026-11-30 14:47:00.037588+00
1	8	offer	ed65bc9f-9937-43dd-b18b-d20d35c63da5	1	\N	\\x7b22736571223a382c2274797065223a226f66666572222c226964223a2265643635626339662d393933372d343364642d623138622d643230643335633633646135222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a227241766f3159645a3339774f30366a344376714a6977222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30305a222c22626f6479223a7b227469746c65223a225374c3bc686c652066c3bc722065696e656e205361616c2028617661696c61626c6529222c2274657874223a22476573756368742077657264656e205374c3bc686c6520756e642068656c66656e64652048c3a46e64652e204772c3b6c39f6520756e642046617262652073696e6420676c656963682e222c226c616e6775616765223a226465222c2268656c70223a5b7b2263617465676f7279223a22676f6f6473222c227175616e74697479223a2232312d313030227d2c7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a22536161726272c3bc636b656e222c22736368656d65223a2244452d414753222c22636f6465223a223130303431313030227d2c226d6f6e7468223a22323139392d3132222c227374617465223a22617661696c61626c65227d7d	\\x831346ffaf2857b2bba4389621b2ecd3a988e78c0b907d4a4feccfc6e82c7258	\\x7f3767126699e42285252f272f52211df05b5e6de83c76aadf77732ad87c4f5f	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjo4LCJjaGFpbiI6ImZ6ZG5FbWFaNUNLRkpTOG5MMUloSGZCYlhtM29QSGFxMzNkekt0aDhUMTgiLCJpYXQiOjE3OTYwNTAwMjB9.BM0MJ4MckkOEclGsNxtbo-zxBqXmgQxgFfJXX0wzUHUL50gzlI0NChsyy17EBNMQX1PgQxUAsAwhAAULrmJVBw	held	t	2027-11-30 14:47:00+00	2026-11-30 14:47:00.061503+00
1	9	offer	bc7ec450-92b3-465b-a3c1-c07b2c34c3ba	1	\N	\\x7b22736571223a392c2274797065223a226f66666572222c226964223a2262633765633435302d393262332d343635622d613363312d633037623263333463336261222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a22622d54354e495f37426334636e4d7042382d4d2d7667222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30305a222c22626f6479223a7b227469746c65223a225374c3bc686c652066c3bc722065696e656e205361616c202874616b656e29222c2274657874223a22476573756368742077657264656e205374c3bc686c6520756e642068656c66656e64652048c3a46e64652e204772c3b6c39f6520756e642046617262652073696e6420676c656963682e222c226c616e6775616765223a226465222c2268656c70223a5b7b2263617465676f7279223a22676f6f6473222c227175616e74697479223a2232312d313030227d2c7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a22536161726272c3bc636b656e222c22736368656d65223a2244452d414753222c22636f6465223a223130303431313030227d2c226d6f6e7468223a22323139392d3132222c227374617465223a2274616b656e227d7d	\\x68362c57add84681a798181ccc68a4f09d7effe511f0fa2c2d285a9a57955441	\\x9d2274369ca80faf4dd1aced2c1c1d9be3c761139b68d8e74c043b735e56f18a	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjo5LCJjaGFpbiI6Im5TSjBOcHlvRDY5TjBhenRMQndkbS1QSFlST2JhTmpuVEFRN2MxNVc4WW8iLCJpYXQiOjE3OTYwNTAwMjB9.JIPj38oaJjBDe3GkG6JK9SbkU3Xw-GRmeQPpM40ac4DRk-k5Gm5igqfCn-9rk5EoP3g3tYsYDSXj3ELnA8kdAQ	held	t	2027-11-30 14:47:00+00	2026-11-30 14:47:00.105383+00
1	10	erase	441661d6-c7d8-42c0-9557-d3360cda949a	1	\N	\\x7b22736571223a31302c2274797065223a226572617365222c226964223a2234343136363164362d633764382d343263302d393535372d643333363063646139343961222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a2271695033302d4767755a496d50694a754a7650594567222c22626f6479223a7b22656e7472696573223a5b22313739363035303031342e34225d7d7d	\\xcc96eb7db128369023e9bfdb459d89ae110e7974314ac461f2d54086b2d7eb42	\\xff01824995cf3ded55ca4e9dbad694c27976a65ef8a25681617b3a9cb00a7539	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxMCwiY2hhaW4iOiJfd0dDU1pYUFBlMVZ5azZkdXRhVXdubDJwbDc0b2xhQllYczZuTEFLZFRrIiwiaWF0IjoxNzk2MDUwMDIwfQ.nW2ii5CJzlXNGsQDXrmbF5yG1ZEkK2Oq9O8yDDnat_M9oRbjCQiuQ7kOcNcI5MkDwzzH1QEkv2NJJkJdV2yqDA	held	t	\N	2026-11-30 14:47:00.120813+00
1	4	\N	401ece98-e82c-4e8a-ab19-86abaa3dc557	1	\N	\N	\\x5a46fe56bcf991620ec0f93cc3b8753fdebea311bfa4e16cf258adf99fb4c12c	\\xb50762a9a2e2a1e680a71fa7b65dfcfb5f7d21cf1d091109b0cd7c87ee14b144	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjo0LCJjaGFpbiI6InRRZGlxYUxpb2VhQXB4LW50bDM4LTE5OUljOGRDUkVKc00xOGgtNFVzVVEiLCJpYXQiOjE3OTYwNTAwMTl9.kluz_WRqD-A2ZmaiFGC3gaYue5azAk2bGy_A508-ZK801Mu4-GChJiqxNkTMMsFYkBJAPqvrvjZE_U_KzJWlAA	erased	t	\N	2026-11-30 14:46:59.96337+00
1	11	proposal	8c86f7c6-5e95-4410-b975-399ab1d2717b	1	\N	\\x7b22736571223a31312c2274797065223a2270726f706f73616c222c226964223a2238633836663763362d356539352d343431302d623937352d333939616231643237313762222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a225a2d384e3263424364796c537a7970476c4d77514377222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30305a222c22626f6479223a7b227469746c65223a22556d7a75672065696e65732041726368697673222c2274657874223a22476573756368742077657264656e2068656c66656e64652048c3a46e646520616e2065696e656d2053616d737461672e222c226c616e6775616765223a226465222c2268656c70223a5b7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a22536161726272c3bc636b656e222c22736368656d65223a2244452d414753222c22636f6465223a223130303431313030227d2c227374617465223a227375626d6974746564227d7d	\\xfbd6b527a20363df45a125e589a5dc4f83b30953ea5a587220ff80845100cfc1	\\xdcb56704293c93ae634977da910c64270d0c7be690499f901cc871e5f0b62f1d	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxMSwiY2hhaW4iOiIzTFZuQkNrOGs2NWpTWGZha1F4a0p3ME1lLWFRU1otUUhNaHg1ZkMyTHgwIiwiaWF0IjoxNzk2MDUwMDIwfQ.M7r_D6AhOmdWoT7McM4GtyvdVR1lnEfjhm2hAERhWtSy3ffMWlEGigJyNCMgRV6VzR3FmFMDD9nJ5pViF84sCQ	held	t	2027-11-30 14:47:00+00	2026-11-30 14:47:00.240818+00
6	2	response	ecaaacdb-c2fb-4d36-8193-8bf4e2c1569c	1	\N	\\x7b22736571223a322c2274797065223a22726573706f6e7365222c226964223a2265636161616364622d633266622d346433362d383139332d386266346532633135363963222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a22747857716947366d6350354f4b6450775978574a7277222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30305a222c22626f6479223a7b226f726967696e223a226c6f63616c686f73743a3139343938222c226f626a656374223a2238373438643234332d363535372d343938332d396136612d393265393836373736356361222c226f626a6563745f74797065223a2270726f706f73616c222c22726573706f6e7365223a22636f6d70616e795f666f756e64227d7d	\\xa3f78610ca7349b0b60b2344bbc0cd105d26c33a10b9aef1e61ad901cfeb698b	\\xdb0cc43bdc1e4e935feb1951022ccbebe83600cc3724a8bb124081a4d7f2e3d3	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6MTk0OTgiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoyLCJjaGFpbiI6IjJ3ekVPOXdlVHBOZjZ4bFJBaXpMNi1nMkFNdzNKS2k3RWtDQnBOZnk0OU0iLCJpYXQiOjE3OTYwNTAwMjB9.xVNaYR0C891q6elGf3m-rqQthK-AVMp2fPIIzqP97ug1xw1B0PL0e2O3iP0GiASDJ814AH4bTYtg6-OT9QjDBQ	held	t	2027-11-30 14:47:00+00	2026-11-30 14:47:00.516031+00
6	3	response	838b2a76-40d0-409d-9dd6-8cc3a0ad9097	1	\N	\\x7b22736571223a332c2274797065223a22726573706f6e7365222c226964223a2238333862326137362d343064302d343039642d396464362d386363336130616439303937222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a2246614d587a4a687073757957726f4e707668354c5441222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30305a222c22626f6479223a7b226f726967696e223a226c6f63616c686f73743a3139343938222c226f626a656374223a2232303333653130622d613564382d346633392d626137612d393466633661316138383431222c226f626a6563745f74797065223a2270726f706f73616c222c22726573706f6e7365223a2274616b656e5f7570227d7d	\\x7f9b0636b7917c04998aedb05c190619a389e0215466e18909b9d9497c4da81f	\\x9d6d12ee01cfc85a13afe6cf1c2adb7d61f406e6e4c85049fd4ec9290f90de84	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6MTk0OTgiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjozLCJjaGFpbiI6Im5XMFM3Z0hQeUZvVHItYlBIQ3JiZldIMEJ1Ymt5RkJKX1U3SktRLVEzb1EiLCJpYXQiOjE3OTYwNTAwMjB9.JskA3_aepSwtoAeWY424Mofd4NC1_wvcVETeuxej9TiZAnSOZsoshvnISs_PvIK6AZRKrY-GO_RekuW7jPTJBQ	held	t	2027-11-30 14:47:00+00	2026-11-30 14:47:00.529624+00
8	2	proposal	8748d243-6557-4983-9a6a-92e9867765ca	1	2026-11-30 14:47:00+00	\\x7b22736571223a322c2274797065223a2270726f706f73616c222c226964223a2238373438643234332d363535372d343938332d396136612d393265393836373736356361222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a22646b6b384f4f46474267696a70474a65763359356841222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30305a222c22626f6479223a7b227469746c65223a22506c616e6b656e20766f6f722065656e20706f6469756d222c2274657874223a2257696a207a6f656b656e20706c616e6b656e20766f6f722065656e20706f6469756d2e222c226c616e6775616765223a226e6c222c2268656c70223a5b7b2263617465676f7279223a2268616e6473222c227175616e74697479223a22322d35227d5d2c226d756e69636970616c697479223a7b226e616d65223a2241726e68656d222c22736368656d65223a224e4c2d434253222c22636f6465223a22474d30323032227d2c227374617465223a227375626d6974746564227d7d	\\xad7328381efe63439dee47abf09cc5436e08defed6035f20c1d9d6857e26641c	\\x6dcd838f9c461a586483a81e66acfcfd2ce147e8700f0735297fc3026f373aff	\N	held	t	2027-11-30 14:47:00+00	2026-11-30 14:47:00.394408+00
7	2	response	e2d84067-f895-4893-9e63-62200b71bce6	1	2026-11-30 14:47:00+00	\\x7b22736571223a322c2274797065223a22726573706f6e7365222c226964223a2265326438343036372d663839352d343839332d396536332d363232303062373162636536222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a22676b43756b776f6e54586e5372377368654445636277222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30305a222c22626f6479223a7b226f726967696e223a226c6f63616c686f73743a3238353535222c226f626a656374223a2238633836663763362d356539352d343431302d623937352d333939616231643237313762222c226f626a6563745f74797065223a2270726f706f73616c222c22726573706f6e7365223a2274616b656e5f7570227d7d	\\x197552b30edb909ff0379f37bc1e6b92dd88ab335cb3742865288bd792d074b8	\\xb28f4a0a9193c8becd91f5fd080d877d46c3d085c3ce0a1fd898927c5ea801cd	\N	held	t	2027-11-30 14:47:00+00	2026-11-30 14:47:00.685223+00
7	3	response	e2d84067-f895-4893-9e63-62200b71bce6	2	2026-11-30 14:47:00+00	\\x7b22736571223a332c2274797065223a22726573706f6e7365222c226964223a2265326438343036372d663839352d343839332d396536332d363232303062373162636536222c22726576223a322c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a226d51555457542d5473384341635479496b455f674777222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30305a222c22626f6479223a7b226f726967696e223a226c6f63616c686f73743a3238353535222c226f626a656374223a2238633836663763362d356539352d343431302d623937352d333939616231643237313762222c226f626a6563745f74797065223a2270726f706f73616c222c22726573706f6e7365223a2268616e6465645f6261636b222c22726561736f6e223a224765656e20767261636874776167656e2e227d7d	\\x2ae0bc7a8af668588ab49967e236882ed7295324ef241ce268e60acc603ea6ec	\\x39c41671dda5fc14f3eef8a5c7f2697595544f5ffbb9161cc69d0ce8e29cda50	\N	held	t	2027-11-30 14:47:00+00	2026-11-30 14:47:00.685223+00
8	4	erase	6cd9cce6-8db3-4bef-b2bd-555a9e60e304	1	2026-11-30 14:47:00+00	\\x7b22736571223a342c2274797065223a226572617365222c226964223a2236636439636365362d386462332d346265662d623262642d353535613965363065333034222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30305a222c2273616c74223a22634c793355414f365938485077554455794939327741222c22626f6479223a7b22656e7472696573223a5b22313739363035303031332e33225d7d7d	\\x9d9011a81c3a9561c8aca248bbb248b4dbce55a0380233990bc129f3bac876dd	\\xa20952ea00b59d666bd331b58b2577ebd165d53aadc53389c8bdc2eebae303ce	\N	held	t	\N	2026-11-30 14:47:00.993701+00
8	3	\N	\N	\N	\N	\N	\\x19e9e2caaf2441e4bc6025e4a1199cb801433bb200df16cf8577701f5ce31b7c	\\x80445172839226fc769d92b64534c68c05b978c27f95cf711db43e1ae97c84cd	\N	erased	t	\N	2026-11-30 14:47:00.394408+00
9	2	forward	ae320b42-f6f3-4c98-9e13-5df7e17c180e	1	\N	\\x7b22736571223a322c2274797065223a22666f7277617264222c226964223a2261653332306234322d663666332d346339382d396531332d356466376531376331383065222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30315a222c2273616c74223a22485265694a55556539413669366f7273394934746751222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30315a222c22626f6479223a7b226f726967696e223a226c6f63616c686f73743a3238353535222c226f626a656374223a2238633836663763362d356539352d343431302d623937352d333939616231643237313762222c226f626a6563745f74797065223a2270726f706f73616c222c226e6f7465223a225669656c6c65696368742062656920657563683f227d7d	\\xbf4e0661bebf8ad23873f0385987ff9482318e1971214fa2ddfdffacb4c5e03f	\\x61cd5f2d46f61e52380e4725ea25dfc8dde0d21a482500fed74240a5e8873aa2	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6MTQzMDMiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoyLCJjaGFpbiI6IlljMWZMVWIySGxJNERrY2w2aVhmeU4zZzBocElKUUQtMTBKQXBlaUhPcUkiLCJpYXQiOjE3OTYwNTAwMjF9.kVYpYHJOgnw8atvCYviYFvtUD137xMVABg3leCS_CfizXJtaN44JDp3X2d7gLecOOHveH4SKZJ26N_XmDPM6Bg	held	t	2027-11-30 14:47:01+00	2026-11-30 14:47:01.099694+00
10	2	forward	ffc39405-633c-439b-8003-2fc27fd3deb6	1	2026-11-30 14:47:01+00	\\x7b22736571223a322c2274797065223a22666f7277617264222c226964223a2266666333393430352d363333632d343339622d383030332d326663323766643364656236222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30315a222c2273616c74223a22614f4c415736494e316e7145545272314a6a7a634541222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30315a222c22626f6479223a7b226f726967696e223a226c6f63616c686f73743a3139343938222c226f626a656374223a2238373438643234332d363535372d343938332d396136612d393265393836373736356361222c226f626a6563745f74797065223a2270726f706f73616c222c226e6f7465223a22506575742dc3aa747265206368657a20766f7573203f227d7d	\\x662a401fe5a0f7f14157a2c85f7cfbcf68bb3e73e2f80954bf849c95e80b20da	\\x47015331894a029a185e41bee9ffdbc96ffb8853dbfb443c5641ab080b03519a	\N	held	t	2027-11-30 14:47:01+00	2026-11-30 14:47:01.144775+00
10	3	response	79fd6d1f-7733-4979-86ba-ea9add40db5b	1	2026-11-30 14:47:01+00	\\x7b22736571223a332c2274797065223a22726573706f6e7365222c226964223a2237396664366431662d373733332d343937392d383662612d656139616464343064623562222c22726576223a312c226174223a22323032362d31312d33305431343a34373a30315a222c2273616c74223a224d4f524a3049527a676b327767626b37634a556b7851222c226b6565705f756e74696c223a22323032372d31312d33305431343a34373a30315a222c22626f6479223a7b226f726967696e223a226c6f63616c686f73743a3238353535222c226f626a656374223a2238633836663763362d356539352d343431302d623937352d333939616231643237313762222c226f626a6563745f74797065223a2270726f706f73616c222c22726573706f6e7365223a226465636c696e6564222c22666f7277617264223a2261653332306234322d663666332d346339382d396531332d356466376531376331383065222c22726561736f6e223a2254726f70206c6f696e2e227d7d	\\x0b68ecd10f6b32c826f7a90a26482f4be27bcea1e877cfc3bfbce8ddc0f5ab97	\\xd03051db21cb1f5937ecdbfbffb2cdeec74b7e685ae95885f0b0eb6aa1d768d4	\N	held	t	2027-11-30 14:47:01+00	2026-11-30 14:47:01.444482+00
4	4	member	8bfda652-83c0-4ec1-876e-51d8e263e0a6	2	2026-11-30 14:47:01+00	\\x7b22736571223a342c2274797065223a226d656d626572222c226964223a2238626664613635322d383363302d346563312d383736652d353164386532363365306136222c22726576223a322c226174223a22323032362d31312d33305431343a34373a30315a222c2273616c74223a2264574d62444a4f6e337872726f64716c69744e754b51222c22626f6479223a7b226e616d65223a22536161726272c3bc636b656e222c22636f756e747279223a224445222c22726f6c65223a2263697479222c227374617465223a2273757370656e646564222c22617574686f72697479223a226c6f63616c686f73743a3238353535222c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226c4b78664e3466536f7530544f6841585f67506b47756649622d754d502d424e58496d6c4f6a4736586141227d7d7d	\\x59b8e806e973611ea91f027ef1fb543dedd0e72c7b14fef2727e8a051658362b	\\x4405ab1bf02accf0ee2bf6d6d2f38e5a6e89ab8358d9c42764020b8ce44d53c6	\N	held	t	\N	2026-11-30 14:47:08.662964+00
4	5	member	8bfda652-83c0-4ec1-876e-51d8e263e0a6	3	2026-11-30 14:47:08+00	\\x7b22736571223a352c2274797065223a226d656d626572222c226964223a2238626664613635322d383363302d346563312d383736652d353164386532363365306136222c22726576223a332c226174223a22323032362d31312d33305431343a34373a30385a222c2273616c74223a2246664b4367724830506971303341786746594a564667222c22626f6479223a7b226e616d65223a22536161726272c3bc636b656e222c22636f756e747279223a224445222c22726f6c65223a2263697479222c227374617465223a22616374697665222c22617574686f72697479223a226c6f63616c686f73743a3238353535222c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226c4b78664e3466536f7530544f6841585f67506b47756649622d754d502d424e58496d6c4f6a4736586141227d7d7d	\\x98e3b4ad252e3eb6985bdca8f9b3cf6f33879f04af72c637fc3adb5d0502c632	\\xb0758d1cee780cabc30d62330704a8a6fb7e9190dca026bfb3749c8a6ea5daaf	\N	held	t	\N	2026-11-30 14:47:08.773937+00
4	6	member	8bfda652-83c0-4ec1-876e-51d8e263e0a6	4	2026-11-30 14:47:08+00	\\x7b22736571223a362c2274797065223a226d656d626572222c226964223a2238626664613635322d383363302d346563312d383736652d353164386532363365306136222c22726576223a342c226174223a22323032362d31312d33305431343a34373a30385a222c2273616c74223a227832783634433262484c595246326b75694744375241222c22626f6479223a7b226e616d65223a22536161726272c3bc636b656e222c22636f756e747279223a224445222c22726f6c65223a2263697479222c227374617465223a2273757370656e646564222c22617574686f72697479223a226c6f63616c686f73743a3238353535222c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226c4b78664e3466536f7530544f6841585f67506b47756649622d754d502d424e58496d6c4f6a4736586141227d7d7d	\\xedfd2eafc487d5392832409408ae8082ddd8f1a040fbc8d631c7362584638a80	\\x40c5a56eb948a73bf589ff7bdd4d9843e0c75fbedd5eba3c893ea557480289da	\N	held	t	\N	2026-11-30 14:47:08.773937+00
4	7	member	8bfda652-83c0-4ec1-876e-51d8e263e0a6	5	2026-11-30 14:47:08+00	\\x7b22736571223a372c2274797065223a226d656d626572222c226964223a2238626664613635322d383363302d346563312d383736652d353164386532363365306136222c22726576223a352c226174223a22323032362d31312d33305431343a34373a30385a222c2273616c74223a2231684d68427a5069427a793174717070394258517767222c22626f6479223a7b226e616d65223a22536161726272c3bc636b656e222c22636f756e747279223a224445222c22726f6c65223a2263697479222c227374617465223a22616374697665222c22617574686f72697479223a226c6f63616c686f73743a3238353535222c226a776b223a7b22637276223a2245643235353139222c226b7479223a224f4b50222c2278223a226c4b78664e3466536f7530544f6841585f67506b47756649622d754d502d424e58496d6c4f6a4736586141227d7d7d	\\x850a1e84e2e1ed4679bcd88b044f64c56ed5750905895f2ad55f1091ec1c4f8a	\\x5d7e33e30e8c054fec5af4e1d9189a6dacf318b6bf0f999759c3713a5caca51d	\N	held	t	\N	2026-11-30 14:47:08.87844+00
\.


--
-- Data for Name: events; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.events (id, at, object_type, object_id, origin, user_id, role, peer, action, from_state, to_state, reason, details) FROM stdin;
1	2026-11-30 14:46:55.091082+00	user	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	\N	\N	system	\N	created	\N	coordinator	\N	\N
2	2026-11-30 14:46:55.300042+00	user	e9b20697-26dc-469a-a9c3-492f35f59c39	\N	\N	system	\N	created	\N	match_group	\N	\N
3	2026-11-30 14:46:55.446801+00	user	9ce858d3-30b0-4a45-b4c2-15cb2ead3dfd	\N	\N	system	\N	created	\N	viewer	\N	\N
4	2026-11-30 14:46:55.688909+00	user	dd74a92b-8a52-4aa8-a100-0d43d44f0d36	\N	\N	system	\N	created	\N	admin	\N	\N
5	2026-11-30 14:46:55.749581+00	token	52bf5660-0609-4b9e-b025-16b006e9faf6	\N	\N	system	\N	created	\N	\N	\N	\N
6	2026-11-30 14:46:55.969494+00	peer	localhost:27105	\N	\N	system	localhost:27105	joined	\N	\N	\N	\N
7	2026-11-30 14:46:56.330297+00	peer	localhost:14303	\N	\N	system	localhost:14303	invited	\N	\N	\N	\N
8	2026-11-30 14:46:56.481204+00	peer	localhost:14303	\N	\N	system	localhost:14303	confirmed	\N	\N	\N	\N
9	2026-11-30 14:46:58.861405+00	token	37b928fd-1169-437b-8a8c-cec2923f3c78	\N	\N	system	\N	created	\N	\N	\N	\N
10	2026-11-30 14:46:58.956136+00	user	c24cba78-4517-4cd0-aa4b-fc864b87578b	\N	dd74a92b-8a52-4aa8-a100-0d43d44f0d36	admin	\N	created	\N	coordinator	\N	\N
11	2026-11-30 14:46:59.059957+00	user	c530fa93-b688-4bbb-a1f3-81a107f37c8f	\N	dd74a92b-8a52-4aa8-a100-0d43d44f0d36	admin	\N	created	\N	viewer	\N	\N
12	2026-11-30 14:46:59.091904+00	user	c530fa93-b688-4bbb-a1f3-81a107f37c8f	\N	\N	system	\N	disabled	\N	\N	\N	\N
13	2026-11-30 14:46:59.19756+00	organisation	5610990b-6ae7-4c7b-9474-07deac5d1a41	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
14	2026-11-30 14:46:59.231712+00	organisation	80bbd744-7765-437d-80cf-23d4dafe14c7	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
15	2026-11-30 14:46:59.23925+00	organisation	1fb4847e-093b-4cc5-bfe1-2168f17a4c06	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
16	2026-11-30 14:46:59.246629+00	contact	338d7dd6-9a93-4bc6-90a2-c6dc512dd7b2	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
17	2026-11-30 14:46:59.275885+00	contact	605beaad-b781-46e0-ae0b-dc9c70d0b0a0	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
18	2026-11-30 14:46:59.28603+00	proposal	f1917895-e6c5-45ee-969a-ee50aab29537	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
19	2026-11-30 14:46:59.355584+00	proposal	10b249dc-7f6b-4577-bc89-ab0f9da1f388	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
20	2026-11-30 14:46:59.370113+00	proposal	10b249dc-7f6b-4577-bc89-ab0f9da1f388	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	submitted	So ist es besprochen.	\N
21	2026-11-30 14:46:59.406717+00	proposal	c1b22163-00c4-4831-868e-330133c53c4d	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
22	2026-11-30 14:46:59.414609+00	proposal	c1b22163-00c4-4831-868e-330133c53c4d	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	submitted	So ist es besprochen.	\N
23	2026-11-30 14:46:59.420707+00	proposal	c1b22163-00c4-4831-868e-330133c53c4d	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	submitted	needs_information	So ist es besprochen.	\N
24	2026-11-30 14:46:59.427046+00	proposal	6237814b-5b1b-4473-8c2a-acd083c6c44e	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
25	2026-11-30 14:46:59.434217+00	proposal	6237814b-5b1b-4473-8c2a-acd083c6c44e	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	submitted	So ist es besprochen.	\N
26	2026-11-30 14:46:59.439951+00	proposal	6237814b-5b1b-4473-8c2a-acd083c6c44e	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	submitted	prechecked	So ist es besprochen.	\N
27	2026-11-30 14:46:59.445719+00	proposal	04fd0dd6-eecb-433c-b091-745bfdab2c6f	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
28	2026-11-30 14:46:59.453535+00	proposal	04fd0dd6-eecb-433c-b091-745bfdab2c6f	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	submitted	So ist es besprochen.	\N
29	2026-11-30 14:46:59.460168+00	proposal	04fd0dd6-eecb-433c-b091-745bfdab2c6f	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	submitted	prechecked	So ist es besprochen.	\N
30	2026-11-30 14:46:59.466643+00	proposal	04fd0dd6-eecb-433c-b091-745bfdab2c6f	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	prechecked	scheduled	So ist es besprochen.	\N
31	2026-11-30 14:46:59.473361+00	proposal	68fb753a-49b1-4f7a-b3a3-a9ad70377111	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
32	2026-11-30 14:46:59.480871+00	proposal	68fb753a-49b1-4f7a-b3a3-a9ad70377111	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	submitted	So ist es besprochen.	\N
33	2026-11-30 14:46:59.487614+00	proposal	68fb753a-49b1-4f7a-b3a3-a9ad70377111	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	submitted	prechecked	So ist es besprochen.	\N
34	2026-11-30 14:46:59.492949+00	proposal	68fb753a-49b1-4f7a-b3a3-a9ad70377111	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	prechecked	scheduled	So ist es besprochen.	\N
35	2026-11-30 14:46:59.499703+00	proposal	68fb753a-49b1-4f7a-b3a3-a9ad70377111	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	scheduled	accepted	So ist es besprochen.	\N
36	2026-11-30 14:46:59.508+00	proposal	306a2489-0421-40b4-9069-b2c3c0535af9	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
37	2026-11-30 14:46:59.516534+00	proposal	306a2489-0421-40b4-9069-b2c3c0535af9	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	submitted	So ist es besprochen.	\N
38	2026-11-30 14:46:59.523392+00	proposal	306a2489-0421-40b4-9069-b2c3c0535af9	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	submitted	prechecked	So ist es besprochen.	\N
39	2026-11-30 14:46:59.529285+00	proposal	306a2489-0421-40b4-9069-b2c3c0535af9	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	prechecked	scheduled	So ist es besprochen.	\N
40	2026-11-30 14:46:59.534877+00	proposal	306a2489-0421-40b4-9069-b2c3c0535af9	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	scheduled	declined	So ist es besprochen.	\N
41	2026-11-30 14:46:59.540233+00	proposal	07e410c5-85ef-4989-96d6-5da778403689	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
42	2026-11-30 14:46:59.549094+00	proposal	07e410c5-85ef-4989-96d6-5da778403689	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	submitted	So ist es besprochen.	\N
43	2026-11-30 14:46:59.555059+00	proposal	07e410c5-85ef-4989-96d6-5da778403689	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	submitted	prechecked	So ist es besprochen.	\N
44	2026-11-30 14:46:59.561396+00	proposal	07e410c5-85ef-4989-96d6-5da778403689	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	prechecked	seeking	So ist es besprochen.	\N
45	2026-11-30 14:46:59.569705+00	proposal	2daa3853-2631-4e80-a3ec-de4aedee5a8c	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
46	2026-11-30 14:46:59.576639+00	proposal	2daa3853-2631-4e80-a3ec-de4aedee5a8c	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	submitted	So ist es besprochen.	\N
47	2026-11-30 14:46:59.582454+00	proposal	2daa3853-2631-4e80-a3ec-de4aedee5a8c	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	submitted	prechecked	So ist es besprochen.	\N
48	2026-11-30 14:46:59.587833+00	proposal	2daa3853-2631-4e80-a3ec-de4aedee5a8c	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	prechecked	seeking	So ist es besprochen.	\N
49	2026-11-30 14:46:59.593259+00	proposal	2daa3853-2631-4e80-a3ec-de4aedee5a8c	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	seeking	matched	So ist es besprochen.	\N
50	2026-11-30 14:46:59.599434+00	proposal	5c8320b3-6d1a-4b68-a57a-fd6040da6e86	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
51	2026-11-30 14:46:59.606211+00	proposal	5c8320b3-6d1a-4b68-a57a-fd6040da6e86	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	submitted	So ist es besprochen.	\N
52	2026-11-30 14:46:59.612389+00	proposal	5c8320b3-6d1a-4b68-a57a-fd6040da6e86	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	submitted	prechecked	So ist es besprochen.	\N
53	2026-11-30 14:46:59.618512+00	proposal	5c8320b3-6d1a-4b68-a57a-fd6040da6e86	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	prechecked	seeking	So ist es besprochen.	\N
54	2026-11-30 14:46:59.626135+00	proposal	5c8320b3-6d1a-4b68-a57a-fd6040da6e86	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	seeking	matched	So ist es besprochen.	\N
55	2026-11-30 14:46:59.632255+00	proposal	5c8320b3-6d1a-4b68-a57a-fd6040da6e86	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	matched	in_progress	So ist es besprochen.	\N
56	2026-11-30 14:46:59.640764+00	proposal	401ece98-e82c-4e8a-ab19-86abaa3dc557	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
57	2026-11-30 14:46:59.64882+00	proposal	401ece98-e82c-4e8a-ab19-86abaa3dc557	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	submitted	So ist es besprochen.	\N
58	2026-11-30 14:46:59.654213+00	proposal	401ece98-e82c-4e8a-ab19-86abaa3dc557	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	submitted	prechecked	So ist es besprochen.	\N
59	2026-11-30 14:46:59.658925+00	proposal	401ece98-e82c-4e8a-ab19-86abaa3dc557	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	prechecked	seeking	So ist es besprochen.	\N
60	2026-11-30 14:46:59.664153+00	proposal	401ece98-e82c-4e8a-ab19-86abaa3dc557	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	seeking	matched	So ist es besprochen.	\N
61	2026-11-30 14:46:59.669804+00	proposal	401ece98-e82c-4e8a-ab19-86abaa3dc557	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	matched	in_progress	So ist es besprochen.	\N
62	2026-11-30 14:46:59.675277+00	proposal	401ece98-e82c-4e8a-ab19-86abaa3dc557	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	in_progress	completed	So ist es besprochen.	\N
63	2026-11-30 14:46:59.680538+00	proposal	c0f05612-f8be-49f1-baea-89539a31223f	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
64	2026-11-30 14:46:59.689511+00	proposal	c0f05612-f8be-49f1-baea-89539a31223f	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	submitted	So ist es besprochen.	\N
65	2026-11-30 14:46:59.696789+00	proposal	c0f05612-f8be-49f1-baea-89539a31223f	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	submitted	withdrawn	So ist es besprochen.	\N
66	2026-11-30 14:46:59.702945+00	proposal	3de3e98f-2bfa-47fd-94c5-c800696fdd14	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
67	2026-11-30 14:46:59.710478+00	proposal	3de3e98f-2bfa-47fd-94c5-c800696fdd14	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	submitted	So ist es besprochen.	\N
68	2026-11-30 14:46:59.716257+00	proposal	3de3e98f-2bfa-47fd-94c5-c800696fdd14	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	submitted	expired	So ist es besprochen.	\N
69	2026-11-30 14:46:59.721814+00	proposal	864a76f9-d68b-4d6c-af99-b3904d6a2b6a	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
70	2026-11-30 14:46:59.728269+00	proposal	864a76f9-d68b-4d6c-af99-b3904d6a2b6a	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	submitted	So ist es besprochen.	\N
71	2026-11-30 14:46:59.733424+00	proposal	864a76f9-d68b-4d6c-af99-b3904d6a2b6a	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	submitted	not_feasible	So ist es besprochen.	\N
72	2026-11-30 14:46:59.741984+00	offer	48530009-5bd9-4c60-9c57-fcf1c0db428a	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
73	2026-11-30 14:46:59.77401+00	offer	ed65bc9f-9937-43dd-b18b-d20d35c63da5	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
74	2026-11-30 14:46:59.782161+00	offer	ed65bc9f-9937-43dd-b18b-d20d35c63da5	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	available	So ist es besprochen.	\N
75	2026-11-30 14:46:59.803681+00	offer	bc7ec450-92b3-465b-a3c1-c07b2c34c3ba	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
76	2026-11-30 14:46:59.810933+00	offer	bc7ec450-92b3-465b-a3c1-c07b2c34c3ba	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	available	So ist es besprochen.	\N
77	2026-11-30 14:46:59.816906+00	offer	bc7ec450-92b3-465b-a3c1-c07b2c34c3ba	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	available	taken	So ist es besprochen.	\N
78	2026-11-30 14:46:59.823347+00	offer	07dcc53e-42d2-4b59-a3ab-281e82706fb3	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
79	2026-11-30 14:46:59.829252+00	offer	07dcc53e-42d2-4b59-a3ab-281e82706fb3	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	available	So ist es besprochen.	\N
80	2026-11-30 14:46:59.83531+00	offer	07dcc53e-42d2-4b59-a3ab-281e82706fb3	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	available	withdrawn	So ist es besprochen.	\N
81	2026-11-30 14:46:59.841148+00	offer	1b876b3d-9f57-490e-91ee-23ec48957f91	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
82	2026-11-30 14:46:59.848472+00	offer	1b876b3d-9f57-490e-91ee-23ec48957f91	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	available	So ist es besprochen.	\N
83	2026-11-30 14:46:59.853703+00	offer	1b876b3d-9f57-490e-91ee-23ec48957f91	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	available	expired	So ist es besprochen.	\N
84	2026-11-30 14:46:59.910085+00	proposal	10b249dc-7f6b-4577-bc89-ab0f9da1f388	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	published	\N	\N	\N	\N
85	2026-11-30 14:46:59.946116+00	proposal	07e410c5-85ef-4989-96d6-5da778403689	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	published	\N	\N	\N	\N
86	2026-11-30 14:46:59.96337+00	proposal	401ece98-e82c-4e8a-ab19-86abaa3dc557	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	published	\N	\N	\N	\N
87	2026-11-30 14:46:59.976231+00	proposal	04fd0dd6-eecb-433c-b091-745bfdab2c6f	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	published	\N	\N	\N	\N
88	2026-11-30 14:47:00.008235+00	proposal	68fb753a-49b1-4f7a-b3a3-a9ad70377111	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	override	\N	\N	Das ist so abgesprochen.	{"kind": "phone", "field": "text"}
89	2026-11-30 14:47:00.008235+00	proposal	68fb753a-49b1-4f7a-b3a3-a9ad70377111	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	published	\N	\N	\N	\N
90	2026-11-30 14:47:00.037588+00	proposal	2daa3853-2631-4e80-a3ec-de4aedee5a8c	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	published	\N	\N	\N	\N
91	2026-11-30 14:47:00.061503+00	offer	ed65bc9f-9937-43dd-b18b-d20d35c63da5	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	published	\N	\N	\N	\N
92	2026-11-30 14:47:00.105383+00	offer	bc7ec450-92b3-465b-a3c1-c07b2c34c3ba	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	published	\N	\N	\N	\N
93	2026-11-30 14:47:00.120813+00	proposal	401ece98-e82c-4e8a-ab19-86abaa3dc557	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	erased	\N	\N	Hat sich erledigt.	\N
94	2026-11-30 14:47:00.143103+00	organisation	2645d9de-f69f-47cc-a524-6fbf1fbddb64	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
95	2026-11-30 14:47:00.151721+00	proposal	2daa3853-2631-4e80-a3ec-de4aedee5a8c	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	matched	seeking	So ist es besprochen.	\N
96	2026-11-30 14:47:00.151721+00	proposal	2daa3853-2631-4e80-a3ec-de4aedee5a8c	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	held_back	\N	\N	\N	\N
97	2026-11-30 14:47:00.16361+00	import	8667573b-dc4a-43a4-81b3-4a9bd8ac56aa	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
98	2026-11-30 14:47:00.171284+00	organisation	e10fc741-5877-4cc7-9870-d47e3d663655	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
99	2026-11-30 14:47:00.171284+00	proposal	aafca479-ba5a-4730-bae7-e5bacb5f104e	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	imported	\N	\N	\N	\N
100	2026-11-30 14:47:00.171284+00	import	8667573b-dc4a-43a4-81b3-4a9bd8ac56aa	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	applied	\N	\N	\N	\N
101	2026-11-30 14:47:00.210202+00	import	7d139b3d-0489-406e-bc0d-c68d1290b762	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
102	2026-11-30 14:47:00.215231+00	organisation	69bc8c4d-f696-43a8-9b8b-a2a8c386444a	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
103	2026-11-30 14:47:00.22103+00	proposal	8c86f7c6-5e95-4410-b975-399ab1d2717b	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	created	\N	\N	\N	\N
104	2026-11-30 14:47:00.227225+00	proposal	8c86f7c6-5e95-4410-b975-399ab1d2717b	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	transition	draft	submitted	\N	\N
105	2026-11-30 14:47:00.240818+00	proposal	8c86f7c6-5e95-4410-b975-399ab1d2717b	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	\N	published	\N	\N	\N	\N
106	2026-11-30 14:47:00.516031+00	proposal	8748d243-6557-4983-9a6a-92e9867765ca	localhost:19498	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	localhost:19498	response	\N	\N	\N	{"entry": "1796050014.2", "response": "company_found"}
107	2026-11-30 14:47:00.529624+00	proposal	2033e10b-a5d8-4f39-ba7a-94fc6a1a8841	localhost:19498	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	localhost:19498	response	\N	\N	\N	{"entry": "1796050014.3", "response": "taken_up"}
108	2026-11-30 14:47:00.685223+00	proposal	8c86f7c6-5e95-4410-b975-399ab1d2717b	\N	\N	system	localhost:19498	response	\N	\N	\N	{"entry": "1796050013.2", "response": "taken_up"}
109	2026-11-30 14:47:00.685223+00	proposal	8c86f7c6-5e95-4410-b975-399ab1d2717b	\N	\N	system	localhost:19498	response	\N	\N	Geen vrachtwagen.	{"entry": "1796050013.3", "response": "handed_back"}
110	2026-11-30 14:47:01.099694+00	proposal	8c86f7c6-5e95-4410-b975-399ab1d2717b	\N	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	coordinator	localhost:14303	forwarded	\N	\N	Vielleicht bei euch?	{"entry": "1796050014.2"}
111	2026-11-30 14:47:01.144775+00	proposal	8748d243-6557-4983-9a6a-92e9867765ca	localhost:19498	\N	system	localhost:14303	forward_received	\N	\N	\N	\N
112	2026-11-30 14:47:01.444482+00	proposal	8c86f7c6-5e95-4410-b975-399ab1d2717b	\N	\N	system	localhost:14303	response	\N	\N	Trop loin.	{"entry": "1796050014.3", "response": "declined"}
113	2026-11-30 14:47:08.73403+00	alarm	10d54148-f31b-4cc1-a006-66415132a242	\N	dd74a92b-8a52-4aa8-a100-0d43d44f0d36	admin	\N	acknowledged	\N	\N	Geklärt.	\N
\.


--
-- Data for Name: forwards; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.forwards (id, direction, peer, origin, object, object_type, note, user_id, at, received_at, epoch, seq, response, response_reason, response_at, response_epoch, response_seq, unanswered) FROM stdin;
ffc39405-633c-439b-8003-2fc27fd3deb6	in	localhost:14303	localhost:19498	8748d243-6557-4983-9a6a-92e9867765ca	proposal	Peut-être chez vous ?	\N	2026-11-30 14:47:01+00	2026-11-30 14:47:01.144775+00	1796050014	2	\N	\N	\N	\N	\N	f
ae320b42-f6f3-4c98-9e13-5df7e17c180e	out	localhost:14303	localhost:28555	8c86f7c6-5e95-4410-b975-399ab1d2717b	proposal	Vielleicht bei euch?	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	2026-11-30 14:47:01+00	2026-11-30 14:47:01.099694+00	1796050014	2	declined	Trop loin.	2026-11-30 14:47:01+00	1796050014	3	f
\.


--
-- Data for Name: idempotency_keys; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.idempotency_keys (user_id, key, request_hash, location, created_at) FROM stdin;
9e9d5a7c-c604-4150-ba59-8e705d6b49a7	upgrade-civil_society	\\x46598501c29b0fcedb9b436a24b8342678e279b7972a0cbc91a1699ad526b6d5	/api/v1/organisations/5610990b-6ae7-4c7b-9474-07deac5d1a41	2026-11-30 14:46:59.19756+00
9e9d5a7c-c604-4150-ba59-8e705d6b49a7	upgrade-company	\\x4872fe2241f4027532fc5cdbd02082fa7624f57593a82ff984409a8950af0f6e	/api/v1/organisations/80bbd744-7765-437d-80cf-23d4dafe14c7	2026-11-30 14:46:59.231712+00
9e9d5a7c-c604-4150-ba59-8e705d6b49a7	upgrade-public_administration	\\x822ae6d2ea1c30d9e0f47167c3cf82a0a87c65971526c42b301e3431a2e5849e	/api/v1/organisations/1fb4847e-093b-4cc5-bfe1-2168f17a4c06	2026-11-30 14:46:59.23925+00
\.


--
-- Data for Name: imports; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.imports (id, kind, user_id, content, report, created_at, applied_at) FROM stdin;
8667573b-dc4a-43a4-81b3-4a9bd8ac56aa	proposal	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	\\x	{"rows": [{"line": 2, "title": "Netze", "action": "create", "errors": [], "organisation": "Sportverein Mustertal"}], "counts": {"error": 0, "create": 1, "update": 0, "unchanged": 0}, "applied": {"error": 0, "create": 1, "update": 0, "unchanged": 0}, "ignored": [], "encoding": "UTF-8", "delimiter": ","}	2026-11-30 14:47:00.16361+00	2026-11-30 14:47:00.171284+00
7d139b3d-0489-406e-bc0d-c68d1290b762	proposal	9e9d5a7c-c604-4150-ba59-8e705d6b49a7	\\x6f7267616e69736174696f6e2c7469746c652c746578742c63617465676f72792c65787465726e616c5f69640a53706f727476657265696e204d757374657274616c2c546f72652c4573206665686c742065696e20546f722e2c717561747363682c6e320a	{"rows": [{"line": 2, "title": "Tore", "action": "error", "errors": [{"code": "not_allowed", "line": null, "field": "category", "column": "category", "detail": "must be one of goods transport space expertise hands training network"}], "organisation": "Sportverein Mustertal"}], "counts": {"error": 1, "create": 0, "update": 0, "unchanged": 0}, "applied": null, "ignored": [], "encoding": "UTF-8", "delimiter": ","}	2026-11-30 14:47:00.210202+00	\N
\.


--
-- Data for Name: invitations; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.invitations (id, token_hash, label, created_at, expires_at, used_at, used_by) FROM stdin;
\.


--
-- Data for Name: jobs; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.jobs (name, ended_at, failures) FROM stdin;
erase text of ours whose time is over	2026-11-30 14:46:54.86321+00	0
erase text of others whose time is over	2026-11-30 14:46:54.864014+00	0
forget nonces	2026-11-30 14:46:54.864978+00	0
take keys that waited	2026-11-30 14:46:54.865841+00	0
expire listings	2026-11-30 14:46:54.868453+00	0
forget what nobody needs	2026-11-30 14:46:54.871135+00	0
tidy up the words of searches	2026-11-30 14:46:54.875363+00	0
\.


--
-- Data for Name: known_names_changes; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.known_names_changes (n, stamp, kind, id) FROM stdin;
1	56b8d546-ac13-4ed6-a340-ff0fb72680ce	organisation	5610990b-6ae7-4c7b-9474-07deac5d1a41
2	4d0563eb-7875-460b-b9a2-74bfcc9eeed2	organisation	80bbd744-7765-437d-80cf-23d4dafe14c7
3	fb385729-c707-4598-83ee-94867e28547c	organisation	1fb4847e-093b-4cc5-bfe1-2168f17a4c06
4	4c75f8c3-a055-4e95-bb1d-7cf1fbc75555	contact	338d7dd6-9a93-4bc6-90a2-c6dc512dd7b2
5	82e82de3-ec0c-4835-a228-69e7b5e12ebc	contact	605beaad-b781-46e0-ae0b-dc9c70d0b0a0
6	e38ecafb-2701-4389-be3a-686e398c4b22	organisation	2645d9de-f69f-47cc-a524-6fbf1fbddb64
7	640b1527-6c7e-4ddc-b656-633bf7045445	organisation	e10fc741-5877-4cc7-9870-d47e3d663655
8	54d0cdd3-630e-4072-a55d-b6758d089a7a	organisation	69bc8c4d-f696-43a8-9b8b-a2a8c386444a
\.


--
-- Data for Name: listings; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.listings (id, organisation_id, updated_at, created_at, state_since, number, version, forwarded, kind, state, title, text, language, help, municipality, day, return_favour, note, contact_id, external_source, external_id, import_digest, organisation_name, published_at, published_epoch, published_seq, published_source) FROM stdin;
f1917895-e6c5-45ee-969a-ee50aab29537	5610990b-6ae7-4c7b-9474-07deac5d1a41	2026-11-30 14:46:59.28603+00	2026-11-30 14:46:59.28603+00	2026-11-30 14:46:59.28603+00	1	1	f	proposal	draft	Stühle für einen Saal (draft)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	Ein Konzert	\N	\N	\N	\N	\N	Nachbarschaftshaus am Wehr	\N	\N	\N	\N
c1b22163-00c4-4831-868e-330133c53c4d	5610990b-6ae7-4c7b-9474-07deac5d1a41	2026-11-30 14:46:59.420707+00	2026-11-30 14:46:59.406717+00	2026-11-30 14:46:59.420707+00	3	3	f	proposal	needs_information	Stühle für einen Saal (needs_information)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	Ein Konzert	\N	\N	\N	\N	\N	Nachbarschaftshaus am Wehr	\N	\N	\N	\N
6237814b-5b1b-4473-8c2a-acd083c6c44e	5610990b-6ae7-4c7b-9474-07deac5d1a41	2026-11-30 14:46:59.439951+00	2026-11-30 14:46:59.427046+00	2026-11-30 14:46:59.439951+00	4	3	f	proposal	prechecked	Stühle für einen Saal (prechecked)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	Ein Konzert	\N	\N	\N	\N	\N	Nachbarschaftshaus am Wehr	\N	\N	\N	\N
306a2489-0421-40b4-9069-b2c3c0535af9	5610990b-6ae7-4c7b-9474-07deac5d1a41	2026-11-30 14:46:59.534877+00	2026-11-30 14:46:59.508+00	2026-11-30 14:46:59.534877+00	7	5	f	proposal	declined	Stühle für einen Saal (declined)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	Ein Konzert	\N	\N	\N	\N	\N	Nachbarschaftshaus am Wehr	\N	\N	\N	\N
10b249dc-7f6b-4577-bc89-ab0f9da1f388	5610990b-6ae7-4c7b-9474-07deac5d1a41	2026-11-30 14:46:59.370113+00	2026-11-30 14:46:59.355584+00	2026-11-30 14:46:59.370113+00	2	2	f	proposal	submitted	Stühle für einen Saal (submitted)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	Ein Konzert	\N	\N	\N	\N	\N	Nachbarschaftshaus am Wehr	2026-11-30 14:46:59.910085+00	1796050014	2	f909bff29bcc921aac78826f3090da24
04fd0dd6-eecb-433c-b091-745bfdab2c6f	5610990b-6ae7-4c7b-9474-07deac5d1a41	2026-11-30 14:46:59.466643+00	2026-11-30 14:46:59.445719+00	2026-11-30 14:46:59.466643+00	5	4	f	proposal	scheduled	Stühle für einen Saal (scheduled)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	Ein Konzert	\N	\N	\N	\N	\N	Nachbarschaftshaus am Wehr	2026-11-30 14:46:59.976231+00	1796050014	5	fbd6262253f20d216892b3a1ecf87ec2
68fb753a-49b1-4f7a-b3a3-a9ad70377111	5610990b-6ae7-4c7b-9474-07deac5d1a41	2026-11-30 14:46:59.499703+00	2026-11-30 14:46:59.473361+00	2026-11-30 14:46:59.499703+00	6	5	f	proposal	accepted	Stühle für einen Saal (accepted)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	Ein Konzert	\N	\N	\N	\N	\N	Nachbarschaftshaus am Wehr	2026-11-30 14:47:00.008235+00	1796050014	6	667aed973b4801d13a2fb5ab183aa0fa
5c8320b3-6d1a-4b68-a57a-fd6040da6e86	5610990b-6ae7-4c7b-9474-07deac5d1a41	2026-11-30 14:46:59.632255+00	2026-11-30 14:46:59.599434+00	2026-11-30 14:46:59.632255+00	10	6	f	proposal	in_progress	Stühle für einen Saal (in_progress)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	Ein Konzert	\N	\N	\N	\N	\N	Nachbarschaftshaus am Wehr	\N	\N	\N	\N
c0f05612-f8be-49f1-baea-89539a31223f	5610990b-6ae7-4c7b-9474-07deac5d1a41	2026-11-30 14:46:59.696789+00	2026-11-30 14:46:59.680538+00	2026-11-30 14:46:59.696789+00	12	3	f	proposal	withdrawn	Stühle für einen Saal (withdrawn)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	Ein Konzert	\N	\N	\N	\N	\N	Nachbarschaftshaus am Wehr	\N	\N	\N	\N
3de3e98f-2bfa-47fd-94c5-c800696fdd14	5610990b-6ae7-4c7b-9474-07deac5d1a41	2026-11-30 14:46:59.716257+00	2026-11-30 14:46:59.702945+00	2026-11-30 14:46:59.716257+00	13	3	f	proposal	expired	Stühle für einen Saal (expired)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	Ein Konzert	\N	\N	\N	\N	\N	Nachbarschaftshaus am Wehr	\N	\N	\N	\N
07e410c5-85ef-4989-96d6-5da778403689	5610990b-6ae7-4c7b-9474-07deac5d1a41	2026-11-30 14:46:59.561396+00	2026-11-30 14:46:59.540233+00	2026-11-30 14:46:59.561396+00	8	4	f	proposal	seeking	Stühle für einen Saal (seeking)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	Ein Konzert	\N	\N	\N	\N	\N	Nachbarschaftshaus am Wehr	2026-11-30 14:46:59.946116+00	1796050014	3	cb8bc98670ecafff403f4fc10bba1f1b
401ece98-e82c-4e8a-ab19-86abaa3dc557	5610990b-6ae7-4c7b-9474-07deac5d1a41	2026-11-30 14:46:59.675277+00	2026-11-30 14:46:59.640764+00	2026-11-30 14:46:59.675277+00	11	7	f	proposal	completed	Stühle für einen Saal (completed)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	Ein Konzert	\N	\N	\N	\N	\N	Nachbarschaftshaus am Wehr	\N	1796050014	4	81dcb141b51a38a72030f8059a1aeecf
2daa3853-2631-4e80-a3ec-de4aedee5a8c	5610990b-6ae7-4c7b-9474-07deac5d1a41	2026-11-30 14:47:00.151721+00	2026-11-30 14:46:59.569705+00	2026-11-30 14:47:00.151721+00	9	6	f	proposal	seeking	Stühle für einen Saal (matched)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	Ein Konzert	\N	\N	\N	\N	\N	Nachbarschaftshaus am Wehr	2026-11-30 14:47:00.037588+00	1796050014	7	\N
864a76f9-d68b-4d6c-af99-b3904d6a2b6a	5610990b-6ae7-4c7b-9474-07deac5d1a41	2026-11-30 14:46:59.733424+00	2026-11-30 14:46:59.721814+00	2026-11-30 14:46:59.733424+00	14	3	f	proposal	not_feasible	Stühle für einen Saal (not_feasible)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	Ein Konzert	\N	\N	\N	\N	\N	Nachbarschaftshaus am Wehr	\N	\N	\N	\N
48530009-5bd9-4c60-9c57-fcf1c0db428a	80bbd744-7765-437d-80cf-23d4dafe14c7	2026-11-30 14:46:59.741984+00	2026-11-30 14:46:59.741984+00	2026-11-30 14:46:59.741984+00	1	1	f	offer	draft	Stühle für einen Saal (draft)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	\N	Nur ganze Paletten.	\N	\N	\N	\N	Möbelwerk Talblick	\N	\N	\N	\N
07dcc53e-42d2-4b59-a3ab-281e82706fb3	80bbd744-7765-437d-80cf-23d4dafe14c7	2026-11-30 14:46:59.83531+00	2026-11-30 14:46:59.823347+00	2026-11-30 14:46:59.83531+00	4	3	f	offer	withdrawn	Stühle für einen Saal (withdrawn)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	\N	Nur ganze Paletten.	\N	\N	\N	\N	Möbelwerk Talblick	\N	\N	\N	\N
ed65bc9f-9937-43dd-b18b-d20d35c63da5	80bbd744-7765-437d-80cf-23d4dafe14c7	2026-11-30 14:46:59.782161+00	2026-11-30 14:46:59.77401+00	2026-11-30 14:46:59.782161+00	2	2	f	offer	available	Stühle für einen Saal (available)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	\N	Nur ganze Paletten.	\N	\N	\N	\N	Möbelwerk Talblick	2026-11-30 14:47:00.061503+00	1796050014	8	d9eef90919e4be3cf3e2c9e3dc69807d
bc7ec450-92b3-465b-a3c1-c07b2c34c3ba	80bbd744-7765-437d-80cf-23d4dafe14c7	2026-11-30 14:46:59.816906+00	2026-11-30 14:46:59.803681+00	2026-11-30 14:46:59.816906+00	3	3	f	offer	taken	Stühle für einen Saal (taken)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	\N	Nur ganze Paletten.	\N	\N	\N	\N	Möbelwerk Talblick	2026-11-30 14:47:00.105383+00	1796050014	9	3cb1eed08275bf45b0019a9e218b2bd1
1b876b3d-9f57-490e-91ee-23ec48957f91	80bbd744-7765-437d-80cf-23d4dafe14c7	2026-11-30 14:46:59.853703+00	2026-11-30 14:46:59.841148+00	2026-11-30 14:46:59.853703+00	5	3	f	offer	expired	Stühle für einen Saal (expired)	Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.	de	[{"unit": "Stück", "category": "goods", "quantity": 40}, {"category": "hands", "quantity": 3}]	Saarbrücken	2199-12-31	\N	Nur ganze Paletten.	\N	\N	\N	\N	Möbelwerk Talblick	\N	\N	\N	\N
aafca479-ba5a-4730-bae7-e5bacb5f104e	e10fc741-5877-4cc7-9870-d47e3d663655	2026-11-30 14:47:00.171284+00	2026-11-30 14:47:00.171284+00	2026-11-30 14:47:00.171284+00	15	1	f	proposal	submitted	Netze	Es fehlen zwei Netze.	de	[{"category": "goods"}]	Saarbrücken	\N	\N	\N	\N	\N	n1	MHF5SHKZ7FVF7wkmBVQIfRKcjOOjVDXLpb3goHLAnjI	Sportverein Mustertal	\N	\N	\N	\N
8c86f7c6-5e95-4410-b975-399ab1d2717b	69bc8c4d-f696-43a8-9b8b-a2a8c386444a	2026-11-30 14:47:00.227225+00	2026-11-30 14:47:00.22103+00	2026-11-30 14:47:00.227225+00	16	2	t	proposal	submitted	Umzug eines Archivs	Gesucht werden helfende Hände an einem Samstag.	de	[{"category": "hands", "quantity": 4}]	Saarbrücken	\N	\N	\N	\N	\N	\N	\N	Beispielverein jxfd7lfwfbe	2026-11-30 14:47:00.240818+00	1796050014	11	ef52c5c5bdaa26e219274d84a6fc84bd
\.


--
-- Data for Name: migrations; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.migrations (name, checksum, applied_at) FROM stdin;
0001_town	3bd3e657d5c79626c31d1a504f693cd5f6e52b942c92f3f81ff3c606c1363243	2026-11-30 14:46:54.348849+00
0002_network	ed2f90d5a0f62f4eded3ba106eccd32fec53c4aba254f397708847c4f665ff18	2026-11-30 14:46:54.575809+00
\.


--
-- Data for Name: network_items; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.network_items (id, published_at, received_at, rev, epoch, seq, answered, forwarded, origin, type, state, title, text, language, help, municipality, month) FROM stdin;
8748d243-6557-4983-9a6a-92e9867765ca	2026-11-30 14:47:00+00	2026-11-30 14:47:00.394408+00	1	1796050013	2	t	t	localhost:19498	proposal	submitted	Planken voor een podium	Wij zoeken planken voor een podium.	nl	[{"category": "hands", "quantity_band": "2-5"}]	{"code": "GM0202", "name": "Arnhem", "scheme": "NL-CBS"}	\N
\.


--
-- Data for Name: node_state; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.node_state (one, authority, epoch, system_identifier, timeline, database_oid, key) FROM stdin;
t	localhost:28555	1796050014	7713976060826523696	1	17462	\\x94ac5f3787d2a2ed133a1017fe03e41ae7c86feb8c3fe04d5c89a53a31ba5da0
\.


--
-- Data for Name: organisations; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.organisations (id, name, sector, kind, municipality, website, note, version, created_at, updated_at) FROM stdin;
5610990b-6ae7-4c7b-9474-07deac5d1a41	Nachbarschaftshaus am Wehr	civil_society	Verein	Saarbrücken	https://wehr.example/	Montags geschlossen.	1	2026-11-30 14:46:59.19756+00	2026-11-30 14:46:59.19756+00
80bbd744-7765-437d-80cf-23d4dafe14c7	Möbelwerk Talblick	company	\N	\N	\N	\N	1	2026-11-30 14:46:59.231712+00	2026-11-30 14:46:59.231712+00
1fb4847e-093b-4cc5-bfe1-2168f17a4c06	Amt für Beispiele	public_administration	\N	\N	\N	\N	1	2026-11-30 14:46:59.23925+00	2026-11-30 14:46:59.23925+00
2645d9de-f69f-47cc-a524-6fbf1fbddb64	Tischlerei Birkenhain	company	\N	\N	\N	\N	1	2026-11-30 14:47:00.143103+00	2026-11-30 14:47:00.143103+00
e10fc741-5877-4cc7-9870-d47e3d663655	Sportverein Mustertal	civil_society	\N	\N	\N	\N	1	2026-11-30 14:47:00.171284+00	2026-11-30 14:47:00.171284+00
69bc8c4d-f696-43a8-9b8b-a2a8c386444a	Beispielverein jxfd7lfwfbe	civil_society	\N	\N	\N	\N	1	2026-11-30 14:47:00.215231+00	2026-11-30 14:47:00.215231+00
\.


--
-- Data for Name: peer_cursors; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.peer_cursors (authority, stream, epoch, seq, created, at) FROM stdin;
localhost:27105	to	1796050014	1	1796050016	2026-11-30 14:46:56.073742+00
localhost:14303	net	1796050014	11	1796050020	2026-11-30 14:47:00.301234+00
localhost:19498	net	1796050014	11	1796050020	2026-11-30 14:47:00.31028+00
localhost:27105	net	1796050014	11	1796050020	2026-11-30 14:47:00.31637+00
localhost:19498	to	1796050014	3	1796050020	2026-11-30 14:47:00.595121+00
localhost:14303	to	1796050014	2	1796050021	2026-11-30 14:47:01.182611+00
\.


--
-- Data for Name: peers; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.peers (authority, name, country, role, areas, latitude_e6, longitude_e6, mailbox, confirmed, via, registry_state, decision, suspended_reason, frozen, key, key_id, other_key, other_key_at, other_key_by, read_epoch, read_seq, member, member_id, failing_since, last_contact_at, last_error, version, created_at, updated_at) FROM stdin;
localhost:27105	Landesbüro	DE	office	[]	49354000	7023000	herausforderung@landesbuero.example	t	\N	\N	\N	\N	f	\\x4b920f2e07340341aa7ef65965e7e86da4c60927685c99318dcf90cadb9f8f10	VvWLVGq-hekMIxrLP9lpaGCwTZFEd1wlktltqlsK1SU	\N	\N	\N	\N	\N	t	fa1f822d-e33c-45a9-b743-c89a9a4c0541	\N	2026-11-30 14:46:56.081803+00	\N	3	2026-11-30 14:46:55.912955+00	2026-11-30 14:46:55.969494+00
localhost:19498	Arnhem	NL	city	[{"code": "GM0202", "scheme": "NL-CBS", "valid_on": "2024-01-01"}, {"code": "NL226", "scheme": "NUTS", "valid_on": "2024-01-01"}]	51985000	5899000	herausforderung@arnhem.example	f	localhost:27105	active	\N	\N	f	\\x5d664948728a6e0c29fc784f29e4df1e06a5a2afaa3cb12d74d0f15feece388c	iC6KdiKVG6PhVfH7STP32-sgxc6mL_ldACRu0DuUO8o	\N	\N	\N	\N	\N	f	34c1338a-3dbc-4053-8b74-c0c343e28200	\N	2026-11-30 14:46:56.396055+00	\N	2	2026-11-30 14:46:56.335374+00	2026-11-30 14:46:56.400615+00
localhost:14303	Metz	FR	city	[{"code": "57463", "scheme": "FR-INSEE", "valid_on": "2024-01-01"}, {"code": "FRF33", "scheme": "NUTS", "valid_on": "2024-01-01"}]	49119000	6176000	herausforderung@metz.example	t	\N	\N	\N	\N	f	\\x69fc0bb52078e1c33f60aaccf28094dd4673460de23c118056906a09ff792442	VETG03Sql36kVEXyqZxFJlAF15pIEQM1efAyTBQdEY4	\N	\N	\N	\N	\N	f	fc570f9f-719e-4dbb-b73c-414cc44a1ea2	\N	2026-11-30 14:46:56.568598+00	\N	2	2026-11-30 14:46:56.330297+00	2026-11-30 14:46:56.481204+00
\.


--
-- Data for Name: publications; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.publications (listing_id, rev, epoch, seq, body, wording, coarsened, source, published_at, erased_at, erase_epoch, erase_seq, accepted, held_at) FROM stdin;
10b249dc-7f6b-4577-bc89-ab0f9da1f388	1	1796050014	2	{"help": [{"category": "goods", "quantity": "21-100"}, {"category": "hands", "quantity": "2-5"}], "text": "Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.", "month": "2199-12", "state": "submitted", "title": "Stühle für einen Saal (submitted)", "language": "de", "municipality": {"code": "10041100", "name": "Saarbrücken", "scheme": "DE-AGS"}}	{}	f	f909bff29bcc921aac78826f3090da24	2026-11-30 14:46:59.910085+00	\N	\N	\N	[]	\N
07e410c5-85ef-4989-96d6-5da778403689	1	1796050014	3	{"help": [{"category": "goods", "quantity": "21-100"}, {"category": "hands", "quantity": "2-5"}], "text": "Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.", "month": "2199-12", "state": "seeking", "title": "Stühle für einen Saal (seeking)", "language": "de", "municipality": {"code": "10041100", "name": "Saarbrücken", "scheme": "DE-AGS"}}	{}	f	cb8bc98670ecafff403f4fc10bba1f1b	2026-11-30 14:46:59.946116+00	\N	\N	\N	[]	\N
04fd0dd6-eecb-433c-b091-745bfdab2c6f	1	1796050014	5	{"help": [{"category": "goods", "quantity": "21-100"}, {"category": "hands", "quantity": "2-5"}], "text": "Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.", "month": "2199-12", "state": "scheduled", "title": "Stühle für einen Saal (scheduled)", "language": "de", "municipality": {"code": "DEC01", "name": "Regionalverband Saarbrücken", "scheme": "NUTS"}}	{}	t	fbd6262253f20d216892b3a1ecf87ec2	2026-11-30 14:46:59.976231+00	\N	\N	\N	[]	\N
68fb753a-49b1-4f7a-b3a3-a9ad70377111	1	1796050014	6	{"help": [{"category": "goods", "quantity": "21-100"}, {"category": "hands", "quantity": "2-5"}], "text": "Abzuholen am Wehr, Telefon 0681 0000.", "month": "2199-12", "state": "accepted", "title": "Stühle für einen Saal (accepted)", "language": "de", "municipality": {"code": "10041100", "name": "Saarbrücken", "scheme": "DE-AGS"}}	{"text": "Abzuholen am Wehr, Telefon 0681 0000."}	f	667aed973b4801d13a2fb5ab183aa0fa	2026-11-30 14:47:00.008235+00	\N	\N	\N	["LHpaQZGU0EjiwJW57MvpXO0wNZpj7s0QfTAY29vufUo"]	\N
ed65bc9f-9937-43dd-b18b-d20d35c63da5	1	1796050014	8	{"help": [{"category": "goods", "quantity": "21-100"}, {"category": "hands", "quantity": "2-5"}], "text": "Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.", "month": "2199-12", "state": "available", "title": "Stühle für einen Saal (available)", "language": "de", "municipality": {"code": "10041100", "name": "Saarbrücken", "scheme": "DE-AGS"}}	{}	f	d9eef90919e4be3cf3e2c9e3dc69807d	2026-11-30 14:47:00.061503+00	\N	\N	\N	[]	\N
bc7ec450-92b3-465b-a3c1-c07b2c34c3ba	1	1796050014	9	{"help": [{"category": "goods", "quantity": "21-100"}, {"category": "hands", "quantity": "2-5"}], "text": "Gesucht werden Stühle und helfende Hände. Größe und Farbe sind gleich.", "month": "2199-12", "state": "taken", "title": "Stühle für einen Saal (taken)", "language": "de", "municipality": {"code": "10041100", "name": "Saarbrücken", "scheme": "DE-AGS"}}	{}	f	3cb1eed08275bf45b0019a9e218b2bd1	2026-11-30 14:47:00.105383+00	\N	\N	\N	[]	\N
401ece98-e82c-4e8a-ab19-86abaa3dc557	1	1796050014	4	{}	{}	f	81dcb141b51a38a72030f8059a1aeecf	2026-11-30 14:46:59.96337+00	2026-11-30 14:47:00.120813+00	1796050014	10	[]	\N
2daa3853-2631-4e80-a3ec-de4aedee5a8c	1	1796050014	7	{"help": [{"category": "goods", "quantity": "21-100"}, {"category": "hands", "quantity": "2-5"}], "text": "Abzuholen bei der Tischlerei Birkenhain.", "month": "2199-12", "state": "matched", "title": "Stühle für einen Saal (matched)", "language": "de", "municipality": {"code": "10041100", "name": "Saarbrücken", "scheme": "DE-AGS"}}	{"text": "Abzuholen bei der Tischlerei Birkenhain."}	f	1eb51d2ff5a6d3ee2e4a888426ac12cc	2026-11-30 14:47:00.037588+00	\N	\N	\N	[]	2026-11-30 14:47:00.151721+00
8c86f7c6-5e95-4410-b975-399ab1d2717b	1	1796050014	11	{"help": [{"category": "hands", "quantity": "2-5"}], "text": "Gesucht werden helfende Hände an einem Samstag.", "state": "submitted", "title": "Umzug eines Archivs", "language": "de", "municipality": {"code": "10041100", "name": "Saarbrücken", "scheme": "DE-AGS"}}	{}	f	ef52c5c5bdaa26e219274d84a6fc84bd	2026-11-30 14:47:00.240818+00	\N	\N	\N	[]	\N
\.


--
-- Data for Name: registrations; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.registrations (authority, office, state) FROM stdin;
localhost:19498	localhost:27105	active
\.


--
-- Data for Name: search_words; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.search_words (word) FROM stdin;
nachbarschaftshaus
saarbrucken
verein
wehr
mobelwerk
talblick
amt
beispiele
fur
draft
einen
farb
farbe
gesucht
gleich
gross
grosse
hand
hande
helfend
helfende
saal
saarbruck
sind
stuhl
stuhle
und
werden
submitted
information
need
needs
prechecked
scheduled
accepted
declined
seeking
matched
progress
completed
withdrawn
expired
feasibl
feasible
not
availabl
available
tak
taken
birkenhain
tischlerei
mustertal
sportverein
fehl
fehlen
netz
netze
zwei
beispielverein
jxfd7lfwfbe
archivs
einem
eines
samstag
umzug
arnhem
een
plank
planken
podium
voor
wij
zok
zoken
kast
oud
oude
\.


--
-- Data for Name: sessions; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.sessions (token_hash, user_id, created_at, seen_at, expires_at) FROM stdin;
\\x0211dc241df097629dbb2306701129ebd6a28f8e9d93c3244a36d74d5dd05cd6	c24cba78-4517-4cd0-aa4b-fc864b87578b	2026-11-30 14:46:59.181574+00	2026-11-30 14:46:59.181574+00	2026-12-01 02:46:59.181574+00
\.


--
-- Data for Name: streams; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.streams (id, origin, name, epoch, seq, chain, head, issued_at, key, settled, frozen, vouched_seq, vouched_head, vouched_key, applied_seq, opened_at) FROM stdin;
7	localhost:19498	to/localhost:28555	1796050013	3	\\x39c41671dda5fc14f3eef8a5c7f2697595544f5ffbb9161cc69d0ce8e29cda50	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiaUM2S2RpS1ZHNlBoVmZIN1NUUDMyLXNneGM2bUxfbGRBQ1J1MER1VU84byIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MTk0OTgiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6Mjg1NTUiLCJlcG9jaCI6MTc5NjA1MDAxMywic2VxIjozLCJjaGFpbiI6Ik9jUVdjZDJsX0JUejd2aWx4X0pwZFpWVVQxXzd1UlljeHAwTTZPS2MybEEiLCJpYXQiOjE3OTYwNTAwMjB9.8gxkLPVbcAnk0L77jfJm_H6lme_0VB4G66Oww-S0WM_zZ-oNW0zrxieI1Z3i7lrlSa_Q3zDzwDDBatD7GvERDA	1796050020	\\x5d664948728a6e0c29fc784f29e4df1e06a5a2afaa3cb12d74d0f15feece388c	t	f	3	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiaUM2S2RpS1ZHNlBoVmZIN1NUUDMyLXNneGM2bUxfbGRBQ1J1MER1VU84byIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MTk0OTgiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6Mjg1NTUiLCJlcG9jaCI6MTc5NjA1MDAxMywic2VxIjozLCJjaGFpbiI6Ik9jUVdjZDJsX0JUejd2aWx4X0pwZFpWVVQxXzd1UlljeHAwTTZPS2MybEEiLCJpYXQiOjE3OTYwNTAwMjB9.8gxkLPVbcAnk0L77jfJm_H6lme_0VB4G66Oww-S0WM_zZ-oNW0zrxieI1Z3i7lrlSa_Q3zDzwDDBatD7GvERDA	\\x5d664948728a6e0c29fc784f29e4df1e06a5a2afaa3cb12d74d0f15feece388c	3	2026-11-30 14:46:56.388571+00
2	localhost:28555	to/localhost:27105	1796050014	1	\\x267ced82e2068ed7d737a9effe3f9f01d45ee4dbe2feafd8b5d6495a0bb98983	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6MjcxMDUiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxLCJjaGFpbiI6IkpuenRndUlHanRmWE42bnZfai1mQWRSZTVOdmlfcV9ZdGRaSldndTVpWU0iLCJpYXQiOjE3OTYwNTAwMTV9.0VFpEQ7O1Hebe4FNFaSWWtSTk7VEuEkagxjJ_pN4wKUTQ1H78G46oIOH6lgoZABOHW3d1YQaC3DaAAQqP5SQCg	1796050015	\\x94ac5f3787d2a2ed133a1017fe03e41ae7c86feb8c3fe04d5c89a53a31ba5da0	t	f	0	\N	\N	0	2026-11-30 14:46:55.912955+00
9	localhost:28555	to/localhost:14303	1796050014	2	\\x61cd5f2d46f61e52380e4725ea25dfc8dde0d21a482500fed74240a5e8873aa2	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6MTQzMDMiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoyLCJjaGFpbiI6IlljMWZMVWIySGxJNERrY2w2aVhmeU4zZzBocElKUUQtMTBKQXBlaUhPcUkiLCJpYXQiOjE3OTYwNTAwMjF9.kVYpYHJOgnw8atvCYviYFvtUD137xMVABg3leCS_CfizXJtaN44JDp3X2d7gLecOOHveH4SKZJ26N_XmDPM6Bg	1796050021	\\x94ac5f3787d2a2ed133a1017fe03e41ae7c86feb8c3fe04d5c89a53a31ba5da0	t	f	0	\N	\N	0	2026-11-30 14:46:56.481204+00
3	localhost:27105	to/localhost:28555	1796050014	1	\\x7a2f2e6771fda9e5996121179ded24da6bb8788da565d579f17d71a6484983ef	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVnZXTFZHcS1oZWtNSXhyTFA5bHBhR0N3VFpGRWQxd2xrdGx0cWxzSzFTVSIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MjcxMDUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6Mjg1NTUiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxLCJjaGFpbiI6ImVpOHVaM0g5cWVXWllTRVhuZTBrMm11NGVJMmxaZFY1OFgxeHBraEpnLTgiLCJpYXQiOjE3OTYwNTAwMTV9.zTiL55lPyFteC5QKSBPlnx7_-fRkI-gv2y-qA7ZF0bn1sKUKan_NMxavy9A0US-EGGqhQLMXkvz4sui86E-qDQ	1796050015	\\x4b920f2e07340341aa7ef65965e7e86da4c60927685c99318dcf90cadb9f8f10	t	f	1	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVnZXTFZHcS1oZWtNSXhyTFA5bHBhR0N3VFpGRWQxd2xrdGx0cWxzSzFTVSIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MjcxMDUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6Mjg1NTUiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxLCJjaGFpbiI6ImVpOHVaM0g5cWVXWllTRVhuZTBrMm11NGVJMmxaZFY1OFgxeHBraEpnLTgiLCJpYXQiOjE3OTYwNTAwMTV9.zTiL55lPyFteC5QKSBPlnx7_-fRkI-gv2y-qA7ZF0bn1sKUKan_NMxavy9A0US-EGGqhQLMXkvz4sui86E-qDQ	\\x4b920f2e07340341aa7ef65965e7e86da4c60927685c99318dcf90cadb9f8f10	1	2026-11-30 14:46:56.052009+00
6	localhost:28555	to/localhost:19498	1796050014	3	\\x9d6d12ee01cfc85a13afe6cf1c2adb7d61f406e6e4c85049fd4ec9290f90de84	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6MTk0OTgiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjozLCJjaGFpbiI6Im5XMFM3Z0hQeUZvVHItYlBIQ3JiZldIMEJ1Ymt5RkJKX1U3SktRLVEzb1EiLCJpYXQiOjE3OTYwNTAwMjB9.JskA3_aepSwtoAeWY424Mofd4NC1_wvcVETeuxej9TiZAnSOZsoshvnISs_PvIK6AZRKrY-GO_RekuW7jPTJBQ	1796050020	\\x94ac5f3787d2a2ed133a1017fe03e41ae7c86feb8c3fe04d5c89a53a31ba5da0	t	f	0	\N	\N	0	2026-11-30 14:46:56.335374+00
1	localhost:28555	net	1796050014	11	\\xdcb56704293c93ae634977da910c64270d0c7be690499f901cc871e5f0b62f1d	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVmw3RFZpUlhmRU8xTnFoYzAtMUVTZkFzQnNSNWhEaHZ1V01jLWpZV0dqbyIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6Mjg1NTUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxMSwiY2hhaW4iOiIzTFZuQkNrOGs2NWpTWGZha1F4a0p3ME1lLWFRU1otUUhNaHg1ZkMyTHgwIiwiaWF0IjoxNzk2MDUwMDIwfQ.M7r_D6AhOmdWoT7McM4GtyvdVR1lnEfjhm2hAERhWtSy3ffMWlEGigJyNCMgRV6VzR3FmFMDD9nJ5pViF84sCQ	1796050020	\\x94ac5f3787d2a2ed133a1017fe03e41ae7c86feb8c3fe04d5c89a53a31ba5da0	t	f	0	\N	\N	0	2026-11-30 14:46:54.792804+00
11	localhost:14303	net	1796050014	1	\\x7c2123b291cbc8af0af89217f2991783c86918578b6d898de9fb7e4ab0a4cac0	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVkVURzAzU3FsMzZrVkVYeXFaeEZKbEFGMTVwSUVRTTFlZkF5VEJRZEVZNCIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MTQzMDMiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxLCJjaGFpbiI6ImZDRWpzcEhMeUs4Sy1KSVg4cGtYZzhocEdGZUxiWW1ONmZ0LVNyQ2t5c0EiLCJpYXQiOjE3OTYwNTAwMTR9.Pilk1rrLH0qfjHjQkop2JdqaREoLa8v4ogrdPnDt1imehVVlZGqmn2Iuz5mdlugz_1eeTv4H-N3iHIW2CpgaAg	1796050014	\\x69fc0bb52078e1c33f60aaccf28094dd4673460de23c118056906a09ff792442	t	f	1	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVkVURzAzU3FsMzZrVkVYeXFaeEZKbEFGMTVwSUVRTTFlZkF5VEJRZEVZNCIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MTQzMDMiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjoxLCJjaGFpbiI6ImZDRWpzcEhMeUs4Sy1KSVg4cGtYZzhocEdGZUxiWW1ONmZ0LVNyQ2t5c0EiLCJpYXQiOjE3OTYwNTAwMTR9.Pilk1rrLH0qfjHjQkop2JdqaREoLa8v4ogrdPnDt1imehVVlZGqmn2Iuz5mdlugz_1eeTv4H-N3iHIW2CpgaAg	\\x69fc0bb52078e1c33f60aaccf28094dd4673460de23c118056906a09ff792442	1	2026-11-30 14:46:56.562917+00
8	localhost:19498	net	1796050013	4	\\xa20952ea00b59d666bd331b58b2577ebd165d53aadc53389c8bdc2eebae303ce	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiaUM2S2RpS1ZHNlBoVmZIN1NUUDMyLXNneGM2bUxfbGRBQ1J1MER1VU84byIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MTk0OTgiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxMywic2VxIjo0LCJjaGFpbiI6Im9nbFM2Z0MxbldacjB6RzFpeVYzNjlGbDFUcXR4VE9KeUwzQzdycmpBODQiLCJpYXQiOjE3OTYwNTAwMjB9.jtRCeHYUSkcx1BxIb8t6hWjJoKivDNB77vDzob5k1YtMSa-gYfOHlMEqLuDSGgX9IWJWw-VXcLkd4-QMA8SuBQ	1796050020	\\x5d664948728a6e0c29fc784f29e4df1e06a5a2afaa3cb12d74d0f15feece388c	t	f	4	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiaUM2S2RpS1ZHNlBoVmZIN1NUUDMyLXNneGM2bUxfbGRBQ1J1MER1VU84byIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MTk0OTgiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxMywic2VxIjo0LCJjaGFpbiI6Im9nbFM2Z0MxbldacjB6RzFpeVYzNjlGbDFUcXR4VE9KeUwzQzdycmpBODQiLCJpYXQiOjE3OTYwNTAwMjB9.jtRCeHYUSkcx1BxIb8t6hWjJoKivDNB77vDzob5k1YtMSa-gYfOHlMEqLuDSGgX9IWJWw-VXcLkd4-QMA8SuBQ	\\x5d664948728a6e0c29fc784f29e4df1e06a5a2afaa3cb12d74d0f15feece388c	4	2026-11-30 14:46:56.392644+00
10	localhost:14303	to/localhost:28555	1796050014	3	\\xd03051db21cb1f5937ecdbfbffb2cdeec74b7e685ae95885f0b0eb6aa1d768d4	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVkVURzAzU3FsMzZrVkVYeXFaeEZKbEFGMTVwSUVRTTFlZkF5VEJRZEVZNCIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MTQzMDMiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6Mjg1NTUiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjozLCJjaGFpbiI6IjBEQlIyeUhMSDFrMzdOdjdfN0xON3NkTGZtaGE2VmlGOExEcmFxSFhhTlEiLCJpYXQiOjE3OTYwNTAwMjF9.v4rtJ3SaizkGUPBwoI9_Nsl9f_6T-TKSrey9raa7FKsuqnfcbsUxZXFamgg_AsuNSw_CIGi2zK1jIZK1_u0bCQ	1796050021	\\x69fc0bb52078e1c33f60aaccf28094dd4673460de23c118056906a09ff792442	t	f	3	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVkVURzAzU3FsMzZrVkVYeXFaeEZKbEFGMTVwSUVRTTFlZkF5VEJRZEVZNCIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MTQzMDMiLCJzdHJlYW0iOiJ0by9sb2NhbGhvc3Q6Mjg1NTUiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjozLCJjaGFpbiI6IjBEQlIyeUhMSDFrMzdOdjdfN0xON3NkTGZtaGE2VmlGOExEcmFxSFhhTlEiLCJpYXQiOjE3OTYwNTAwMjF9.v4rtJ3SaizkGUPBwoI9_Nsl9f_6T-TKSrey9raa7FKsuqnfcbsUxZXFamgg_AsuNSw_CIGi2zK1jIZK1_u0bCQ	\\x69fc0bb52078e1c33f60aaccf28094dd4673460de23c118056906a09ff792442	3	2026-11-30 14:46:56.555739+00
4	localhost:27105	net	1796050014	7	\\x5d7e33e30e8c054fec5af4e1d9189a6dacf318b6bf0f999759c3713a5caca51d	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVnZXTFZHcS1oZWtNSXhyTFA5bHBhR0N3VFpGRWQxd2xrdGx0cWxzSzFTVSIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MjcxMDUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjo3LCJjaGFpbiI6IlhYNHo0dzZNQlVfc1d2VGgyUmlhYmF6ekdMYV9ENW1YV2NOeE9seXNwUjAiLCJpYXQiOjE3OTYwNTAwMjh9.xM5w24trWaFH3nPBJlWzx-yKxKk2jm7OFCgYTUlVs4MyD0Yp30vq9p9v_jbsHWLzhKwsV6M8GMuGTN_jc0g3BA	1796050028	\\x4b920f2e07340341aa7ef65965e7e86da4c60927685c99318dcf90cadb9f8f10	t	f	7	eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiVnZXTFZHcS1oZWtNSXhyTFA5bHBhR0N3VFpGRWQxd2xrdGx0cWxzSzFTVSIsInR5cCI6ImhmLWhlYWQrand0In0.eyJpc3MiOiJsb2NhbGhvc3Q6MjcxMDUiLCJzdHJlYW0iOiJuZXQiLCJlcG9jaCI6MTc5NjA1MDAxNCwic2VxIjo3LCJjaGFpbiI6IlhYNHo0dzZNQlVfc1d2VGgyUmlhYmF6ekdMYV9ENW1YV2NOeE9seXNwUjAiLCJpYXQiOjE3OTYwNTAwMjh9.xM5w24trWaFH3nPBJlWzx-yKxKk2jm7OFCgYTUlVs4MyD0Yp30vq9p9v_jbsHWLzhKwsV6M8GMuGTN_jc0g3BA	\\x4b920f2e07340341aa7ef65965e7e86da4c60927685c99318dcf90cadb9f8f10	7	2026-11-30 14:46:56.0776+00
\.


--
-- Data for Name: users; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.users (id, email, name, role, language, password_hash, disabled, last_sign_in_at, version, created_at, updated_at) FROM stdin;
9e9d5a7c-c604-4150-ba59-8e705d6b49a7	koordination@saarbruecken.example	Mara Lindner	coordinator	de	$argon2id$v=19$m=19456,t=2,p=1$whVS4cwwdU9qUpt2dFEaSw$TkpkN07KkmIuIZx3oWhtqplpt6SAaSR2Vt1HVCOVY6k	f	\N	1	2026-11-30 14:46:55.091082+00	2026-11-30 14:46:55.091082+00
e9b20697-26dc-469a-a9c3-492f35f59c39	matching@saarbruecken.example	Jonas Feld	match_group	de	$argon2id$v=19$m=19456,t=2,p=1$gBfsGp2lDZnwpXLEwMVtZw$1OYEihXM6UHYg6o9iL+ZjDbzCswzFP+/Z2PAEHTatMU	f	\N	1	2026-11-30 14:46:55.300042+00	2026-11-30 14:46:55.300042+00
9ce858d3-30b0-4a45-b4c2-15cb2ead3dfd	einsicht@saarbruecken.example	Ida Brandt	viewer	de	$argon2id$v=19$m=19456,t=2,p=1$Ec6ATvH1KEJ/ytZTyN0Ozw$Avu6w+G4nH1ON3HnBW6fxM8lDqcbUT0C/nH7YTckUDE	f	\N	1	2026-11-30 14:46:55.446801+00	2026-11-30 14:46:55.446801+00
dd74a92b-8a52-4aa8-a100-0d43d44f0d36	verwaltung@saarbruecken.example	Ole Wagenknecht	admin	de	$argon2id$v=19$m=19456,t=2,p=1$X5RkG4Je2j3gTSCaMa82ZA$cerW4w+mciaV3TBvtHrNb33mZdbPurYLm+rPDSce6h0	f	\N	1	2026-11-30 14:46:55.688909+00	2026-11-30 14:46:55.688909+00
c530fa93-b688-4bbb-a1f3-81a107f37c8f	weg@town.example	Toni Altmann	viewer	de	$argon2id$v=19$m=19456,t=2,p=1$+LfwrQbRl+N+jo8QczehHQ$TSaOP/GnGPvm7BYe0k/KtTUrNCWSo2lrFAb2d4Vzm9Y	t	\N	2	2026-11-30 14:46:59.059957+00	2026-11-30 14:46:59.091904+00
c24cba78-4517-4cd0-aa4b-fc864b87578b	neu@town.example	Kim Neuland	coordinator	nl	$argon2id$v=19$m=19456,t=2,p=1$Sz+y/28QhtmjfWCNTZM7yg$Ve0S7mT9V2TFtf4c2DSm2J8bZWKscR7nonsuAYAZO6E	f	2026-11-30 14:46:59.181574+00	1	2026-11-30 14:46:58.956136+00	2026-11-30 14:46:58.956136+00
\.


--
-- Name: events_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.events_id_seq', 113, true);


--
-- Name: offer_number; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.offer_number', 5, true);


--
-- Name: proposal_number; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.proposal_number', 16, true);


--
-- Name: streams_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.streams_id_seq', 19, true);


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


