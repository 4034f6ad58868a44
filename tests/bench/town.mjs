// Fills a node's database with a town after ten years, straight through its schema: columns are named and generated ones left
// out, so that a new column with a default, an index or a generated one needs no change here.
//
// What a town has said and heard in ten years lies in an older epoch than the one its peers follow, as after a backup that was
// restored: rows for every table that a screen or an action reads, and nothing that a living peer would fetch or doubt.
//
//   node tests/bench/town.mjs --database CONNINFO [--proposals N] [--seed N]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { query } from './lib/database.mjs';
import { randomOf, writerOf } from './lib/words.mjs';

const FULL = 20_000; // proposals; all other numbers below are for this size
const DAY = 86_400_000, YEARS = 10 * 365 * DAY, TERM = 365 * DAY;
const EVENTS_OF_THE_LONG_CASE = 200;

// Of 20,000 proposals and of 10,000 offers. The first of each takes what is left over.
const states = {
  proposal: { completed: 0, expired: 3200, declined: 2600, withdrawn: 1800, not_feasible: 1200, draft: 20, submitted: 40,
    needs_information: 15, prechecked: 20, scheduled: 15, accepted: 20, seeking: 110, matched: 25, in_progress: 55 },
  offer: { taken: 0, expired: 3000, withdrawn: 800, draft: 10, available: 150 },
};
const open = new Set(['draft', 'submitted', 'needs_information', 'prechecked', 'scheduled', 'accepted', 'seeking', 'matched', 'in_progress', 'available']);
const way = ['submitted', 'prechecked', 'scheduled', 'accepted', 'seeking', 'matched', 'in_progress', 'completed'];
const paths = {
  proposal: { ...Object.fromEntries(way.map((state, i) => [state, way.slice(0, i + 1)])), draft: [],
    needs_information: ['submitted', 'needs_information'], declined: [...way.slice(0, 3), 'declined'],
    withdrawn: [...way.slice(0, 2), 'withdrawn'], expired: [...way.slice(0, 5), 'expired'], not_feasible: [...way.slice(0, 5), 'not_feasible'] },
  offer: { draft: [], available: ['available'], taken: ['available', 'taken'], expired: ['available', 'expired'], withdrawn: ['available', 'withdrawn'] },
};
const publicName = (state) => (state === 'needs_information' ? 'submitted' : state);
const bands = [[501, '501+'], [101, '101-500'], [21, '21-100'], [6, '6-20'], [2, '2-5'], [1, '1']];
const publicHelp = (help) => help.map(({ category, quantity }) => ({
  category, ...(quantity && { quantity: bands.find(([least]) => quantity >= least)[1] }),
}));
const instant = (ms) => new Date(ms).toISOString();
const date = (ms) => instant(ms).slice(0, 10);

class Town {
  constructor({ self, epoch, users, peers, proposals, seed, now }) {
    Object.assign(this, { self, users, peers, proposals, now, past: epoch - 1, random: randomOf(seed) });
    this.write = writerOf(this.random);
    this.rows = { organisations: [], contacts: [], listings: [], published: [], events: [], streams: [], entries: [], network_items: [],
      cases: [], case_steps: [], forwards: [] };
    this.spoken = 0;
  }

  scaled = (full, least = 0) => Math.max(least, Math.round((full * this.proposals) / FULL));
  between = (from, to) => from + this.random() * (to - from);
  chance = (p) => this.random() < p;

  id() {
    const hex = Array.from({ length: 4 }, () => Math.floor(this.random() * 2 ** 32).toString(16).padStart(8, '0')).join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${'89ab'[parseInt(hex[16], 16) >> 2]}${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  event(at, object, action, more = {}) {
    const user = more.peer || more.role === 'system' ? null : this.write.pick(this.users);
    this.rows.events.push({ at, object_type: object.type, object_id: object.id, user_id: user?.id, role: user?.role ?? 'system', action, ...more });
  }

  // -------- whom one knows

  organise() {
    const names = new Set();
    for (const count = this.scaled(5000, 12); this.rows.organisations.length < count; ) {
      const i = this.rows.organisations.length;
      const sector = i % 12 === 11 ? 'public_administration' : i % 3 === 2 ? 'company' : 'civil_society';
      const { kind, name } = this.write.organisation(sector);
      if (names.has(name)) continue;
      names.add(name);
      const created = this.now - this.between(1, YEARS / DAY) * DAY;
      const organisation = { id: this.id(), name, sector, kind, municipality: this.write.municipality(), website: this.chance(0.3) ? `https://${i}.example` : null,
        created_at: created, updated_at: Math.min(this.now - DAY, created + this.random() * TERM), contacts: [] };
      this.rows.organisations.push(organisation);
      this.event(created, { type: 'organisation', id: organisation.id }, 'created');
      for (let c = this.chance(0.6) ? 2 : 1; c > 0; c--) organisation.contacts.push(this.contact(organisation, i));
    }
  }

  contact(organisation, i) {
    const contact = { id: this.id(), organisation_id: organisation.id, name: this.write.person(), email: `kontakt-${i}@verein.example`, phone: `+49 681 ${100000 + i}`,
      role: this.chance(0.5) ? 'Vorstand' : null, source: 'told_by_themselves', purpose: 'Abstimmung eines Vorschlags', created_at: organisation.created_at, updated_at: organisation.updated_at };
    this.rows.contacts.push(contact);
    this.event(organisation.created_at, { type: 'contact', id: contact.id }, 'created');
    return contact;
  }

  // -------- proposals and offers

  /** As many of each state as there shall be, mixed; of the open ones there are at least a handful in the smallest town. */
  statesOf(kind, count) {
    const [rest, ...named] = Object.keys(states[kind]);
    const few = Math.min(14, count / 2) / named.filter((state) => open.has(state)).length;
    const list = named.flatMap((state) => Array(this.scaled(states[kind][state], open.has(state) ? Math.round(few) : 0)).fill(state)).slice(0, count);
    while (list.length < count) list.push(rest);
    for (let i = list.length - 1; i > 0; i--) {
      const j = Math.floor(this.random() * (i + 1));
      [list[i], list[j]] = [list[j], list[i]];
    }
    return list;
  }

  list(kind, count) {
    const givers = this.rows.organisations.filter(({ sector }) => (sector === 'company') === (kind === 'offer'));
    const wanted = this.statesOf(kind, count);
    // Numbers grow with time; what is open is young.
    const created = wanted.map((state) => this.now - (open.has(state) ? this.between(8, 150) : this.between(160, YEARS / DAY)) * DAY);
    const order = created.map((_, i) => i).sort((a, b) => created[a] - created[b]);
    order.forEach((i, n) => this.listing(kind, n + 1, wanted[i], created[i], this.write.pick(givers)));
  }

  listing(kind, number, state, created, organisation) {
    const { title, text, help } = this.write.listing(kind);
    const isOpen = open.has(state);
    const day = isOpen ? this.now + this.between(3, 200) * DAY : created + this.between(20, 150) * DAY;
    const listing = { type: kind, kind, id: this.id(), number, organisation_id: organisation.id, title, text, language: 'de', help: JSON.stringify(help), wishes: help,
      contact_id: this.chance(0.7) ? this.write.pick(organisation.contacts).id : null, municipality: organisation.municipality, day: this.chance(0.7) ? date(day) : null,
      return_favour: kind === 'proposal' && this.chance(0.4) ? this.write.favour() : null, note: this.chance(0.3) ? this.write.note() : null, state, created_at: created,
      external_id: this.chance(0.2) ? `${kind[0].toUpperCase()}${number}` : null, state_since: created, updated_at: created, answers_seen_at: null, version: 1 };
    this.rows.listings.push(listing);
    this.live(listing, isOpen ? Math.min(this.now - DAY / 24, created + 60 * DAY) : created + this.between(20, 150) * DAY);
    return listing;
  }

  /** From its creation to where it stands: what was done to it, and what was said of it. */
  live(listing, end) {
    const whole = paths[listing.kind][listing.state];
    const path = this.chance(0.6) && whole.includes('seeking') ? whole.filter((state) => state !== 'scheduled' && state !== 'accepted') : whole; // the fast lane
    const isPublic = (path.includes('seeking') || path.includes('available')) && this.chance(listing.kind === 'proposal' ? 0.75 : 0.6);
    const step = (end - listing.created_at) / (path.length + 1);
    let at = listing.created_at, from = 'draft', said = 0;

    this.event(at, listing, 'created');
    for (const to of path) {
      if (this.chance(0.1)) {
        this.event(at + step * 0.2, listing, 'edited');
        listing.version++;
      }
      at += step * this.between(0.5, 1);
      this.event(at, listing, 'transition', { from_state: from, to_state: to, reason: this.chance(0.2) ? this.write.reason() : null,
        ...(to === 'expired' && { role: 'system' }) });
      listing.version++;
      from = to;
      if (isPublic && (said > 0 || to === 'seeking' || to === 'available')) this.say(listing, to, at + 1, ++said);
    }
    listing.state_since = at;
    listing.updated_at = at;
    if (isPublic && path.length > 1 && this.chance(0.08)) this.answered(listing, at - step * 0.1);
  }

  bodyOf({ title, text, language, wishes, municipality, day }, state) {
    return { title, text, language, help: publicHelp(wishes), municipality: { name: municipality }, ...(day && { month: day.slice(0, 7) }), state };
  }

  /** A line of our stream; the publication is what the last one says. */
  say(listing, state, at, rev) {
    const seq = ++this.spoken, gone = at + TERM < this.now;
    this.event(at, listing, rev === 1 ? 'published' : 'republished');
    this.entry({ stream: this.self, seq, type: listing.kind, id: listing.id, rev, at, gone, listing, state: publicName(state) });
    listing.publication = { listing_id: listing.id, rev, epoch: this.past, seq, body: gone ? '{}' : JSON.stringify(this.bodyOf(listing, publicName(state))), published_at: at,
      erased_at: gone ? at + TERM : null, erase_epoch: gone ? this.past : null, erase_seq: gone ? seq : null };
  }

  entry({ stream, seq, type, id, rev, at, gone, listing, state }) {
    const line = !gone && JSON.stringify({ seq, type, id, rev, at: instant(at), keep_until: instant(at + TERM), salt: 'AAAAAAAAAAAAAAAAAAAAAA', body: this.bodyOf(listing, state) });
    const digest = `\\x${seq.toString(16).padStart(64, '0')}`;
    this.rows.entries.push({ stream, seq, type: gone ? null : type, object_id: gone && stream !== this.self ? null : id, rev, at: gone || stream === this.self ? null : at,
      line: gone ? null : `\\x${Buffer.from(line).toString('hex')}`, digest, chain: digest, status: gone ? 'erased' : 'held', keep_until: gone ? null : at + TERM, received_at: at });
  }

  // -------- other towns

  answered(listing, at) {
    for (const peer of this.peers) {
      if (this.chance(0.8)) continue;
      this.answer(listing, peer, at);
    }
  }

  answer(listing, peer, at, seen = true) {
    const c = { id: this.id(), origin: this.self, object: listing.id, object_type: listing.kind, helper: peer.authority, response: 'taken_up', reason: null, at, began_at: at };
    const steps = this.chance(0.5) ? ['taken_up', 'company_found'] : ['taken_up'];
    steps.forEach((response, n) => {
      const seq = ++this.spoken;
      Object.assign(c, { response, at: at + n * DAY / 48, reason: this.chance(0.3) ? this.write.reason() : null });
      this.rows.case_steps.push({ case_id: c.id, n: n + 1, at: c.at, response, reason: c.reason, direction: 'in', epoch: this.past, seq });
      this.event(c.at, listing, 'response', { peer: peer.authority, reason: c.reason, details: JSON.stringify({ response, entry: `${this.past}.${seq}` }) });
    });
    this.rows.cases.push(c);
    if (seen) listing.answers_seen_at = c.at + DAY;
  }

  hear() {
    const count = this.scaled(FULL, 28);
    for (let i = 0; i < count; i++) {
      const peer = this.peers[i % this.peers.length];
      this.item(peer, i % 3 === 2 ? 'offer' : 'proposal', Math.floor(i / this.peers.length) + 1);
    }
    const heard = this.rows.network_items;
    const some = (share, least, use) => {
      for (let i = 0, wanted = this.scaled(share, least); i < wanted; i++) use(heard[Math.floor((i * heard.length) / wanted)], i);
    };
    some(800, 3, (item) => this.takeUp(item));
    some(600, 3, (item, i) => this.forwarded(item, 'in', i % 40 === 0 ? null : 'taken_up'));
    for (const peer of this.peers)
      this.rows.streams.push({ origin: peer.authority, seq: heard.filter(({ origin }) => origin === peer.authority).length, key: peer.key, heard: true });
  }

  item(peer, type, seq) {
    const { title, text, help } = this.write.listing(type);
    const at = this.now - this.between(1, 360) * DAY;
    const state = this.write.pick(type === 'offer' ? ['available', 'available', 'taken', 'withdrawn', 'expired'] : way);
    const item = { origin: peer.authority, id: this.id(), type, rev: 1, epoch: peer.epoch - 1, seq, title, text, language: 'de', wishes: help, help: JSON.stringify(publicHelp(help)),
      municipality: JSON.stringify({ name: peer.name }), month: this.chance(0.6) ? date(at + 90 * DAY).slice(0, 7) : null, state, published_at: at, keep_until: at + TERM, received_at: at };
    this.rows.network_items.push(item);
    this.entry({ stream: peer.authority, seq, type, id: item.id, rev: 1, at, gone: false, listing: { ...item, municipality: peer.name }, state });
  }

  takeUp(item) {
    const user = this.write.pick(this.users), seq = ++this.spoken, at = item.published_at + DAY / 2;
    const c = { id: this.id(), origin: item.origin, object: item.id, object_type: item.type, helper: this.self, response: 'taken_up', reason: null, at, began_at: at };
    this.rows.cases.push(c);
    this.rows.case_steps.push({ case_id: c.id, n: 1, at, response: 'taken_up', reason: null, user_id: user.id, user_role: user.role, direction: 'out', epoch: this.past, seq });
    this.event(at, { type: item.type, id: item.id }, 'response', { origin: item.origin, details: JSON.stringify({ response: 'taken_up', entry: `${this.past}.${seq}` }) });
  }

  forwarded(item, direction, response) {
    const peer = direction === 'out' ? this.write.pick(this.peers) : this.peers.find(({ authority }) => authority === item.origin);
    const at = (item.published_at ?? item.updated_at) + DAY / 4, seq = ++this.spoken;
    this.rows.forwards.push({ id: this.id(), direction, peer: peer.authority, origin: direction === 'in' ? item.origin : this.self, object: item.id, object_type: item.type, note: null,
      at, received_at: at, epoch: this.past, seq, response, response_at: response && at + DAY, response_epoch: response && this.past, response_seq: response && seq });
  }

  forward() {
    const said = this.rows.listings.filter(({ publication }) => publication);
    for (let i = 0, wanted = this.scaled(600, 2); i < wanted; i++) this.forwarded(said[Math.floor((i * said.length) / wanted)], 'out', this.chance(0.7) ? 'taken_up' : null);
  }

  /** One open proposal that everybody has answered and much has happened to. */
  lengthen() {
    const listing = this.rows.listings.find(({ state, kind, publication }) => kind === 'proposal' && state === 'in_progress' && publication)
      ?? this.listing('proposal', this.proposals + 1, 'in_progress', this.now - 150 * DAY, this.rows.organisations[0]);
    const peers = this.rows.cases.filter(({ object }) => object === listing.id).map(({ helper }) => helper);
    for (const peer of this.peers) if (!peers.includes(peer.authority)) this.answer(listing, peer, listing.created_at + 40 * DAY, true);
    let have = this.rows.events.filter(({ object_id }) => object_id === listing.id).length;
    for (; have < EVENTS_OF_THE_LONG_CASE; have++) this.event(listing.created_at + ((have % 50) + 1) * DAY / 2, listing, 'edited', { reason: this.chance(0.3) ? this.write.reason() : null });
  }

  /** Some answers wait to be looked at. */
  waiting() {
    const listings = this.rows.listings.filter(({ publication, answers_seen_at, state }) => publication && !answers_seen_at && open.has(state));
    listings.slice(0, this.scaled(12, 2)).forEach((listing) => this.answer(listing, this.write.pick(this.peers), listing.updated_at, false));
  }

  make() {
    this.organise();
    this.list('proposal', this.proposals);
    this.list('offer', this.scaled(10_000, 14));
    if (this.peers.length) {
      this.lengthen();
      this.hear();
      this.forward();
      this.waiting();
    }
    this.rows.streams.push({ origin: this.self, seq: this.spoken, heard: false });
    this.rows.events.sort((a, b) => a.at - b.at);
    this.rows.published = this.rows.listings.filter(({ publication }) => publication).map(({ publication }) => publication);
    return this.rows;
  }
}

// -------- into the database

const isTime = (column) => /(_at|_since|^at|_until)$/.test(column);
const escapes = { '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r' };
const plainCell = (value) => (value === null || value === undefined ? '\\N' : typeof value === 'string' ? value.replace(/[\\\n\t\r]/g, (c) => escapes[c]) : String(value));
const timeCell = (value) => (value === null || value === undefined ? '\\N' : instant(value));

// What goes in as it is; the rest goes through a temporary table, since it needs something that only the database knows.
const plain = {
  organisations: 'id, name, sector, kind, municipality, website, created_at, updated_at',
  contacts: 'id, organisation_id, name, email, phone, role, source, purpose, created_at, updated_at',
  listings: 'id, kind, number, organisation_id, contact_id, title, text, language, help, municipality, day, return_favour, note, state, state_since, external_id, version, created_at, updated_at, answers_seen_at',
  events: 'at, object_type, object_id, origin, user_id, role, peer, action, from_state, to_state, reason, details',
  network_items: 'origin, id, type, rev, epoch, seq, title, text, language, help, municipality, month, state, published_at, keep_until, received_at',
  cases: 'id, origin, object, object_type, helper, response, reason, at, began_at',
  case_steps: 'case_id, n, at, response, reason, user_id, user_role, direction, epoch, seq',
  forwards: 'id, direction, peer, origin, object, object_type, note, at, received_at, epoch, seq, response, response_at, response_epoch, response_seq',
};
const PUBLISHED = 'listing_id, rev, epoch, seq, body, published_at, erased_at, erase_epoch, erase_seq';
const ENTRIES = 'seq, type, object_id, rev, at, line, digest, chain, status, keep_until, received_at';

async function send(database, town) {
  const child = spawn('psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-1', '-d', database], { stdio: ['pipe', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (complaint += text));
  child.stdin.on('error', () => {}); // it says itself why it ended
  const ended = once(child, 'exit');
  const put = async (text) => child.stdin.write(text) || child.exitCode !== null || (await Promise.race([once(child.stdin, 'drain'), ended]));
  const copy = async (table, columns, rows) => {
    const names = columns.split(', ').map((name) => [name, isTime(name) ? timeCell : plainCell]);
    await put(`COPY ${table} (${columns}) FROM STDIN;\n`);
    for (let i = 0; i < rows.length; i += 500)
      await put(rows.slice(i, i + 500).map((row) => names.map(([name, cell]) => cell(row[name])).join('\t') + '\n').join(''));
    await put('\\.\n');
  };
  await put(`SET maintenance_work_mem = '256MB';\nSET synchronous_commit = off;\n${SET_ASIDE}`);
  for (const [table, columns] of Object.entries(plain)) await copy(table, columns, town.rows[table]);
  await put(`CREATE TEMP TABLE said AS SELECT ${PUBLISHED} FROM publications LIMIT 0;\n`);
  await copy('said', PUBLISHED, town.rows.published);
  await put(`INSERT INTO publications (${PUBLISHED}, source) SELECT ${PUBLISHED.replace(/\w+/g, 's.$&')}, l.public_source FROM said s JOIN listings l ON l.id = s.listing_id;\n`);
  // Vouched for and applied, so that nobody goes through them again.
  for (const { origin, seq, heard } of town.rows.streams)
    await put(`INSERT INTO streams (origin, name, epoch, seq, chain, key, vouched_seq, applied_seq, opened_at)
      SELECT origin, name, epoch - 1, ${seq}, chain, key, ${heard ? seq : 0}, ${heard ? seq : 0}, now() - interval '9 years' FROM streams
      WHERE origin = '${origin}' AND name = 'net' ORDER BY epoch DESC LIMIT 1;\n`);
  await put(`CREATE TEMP TABLE lines AS SELECT ''::text AS stream, ${ENTRIES} FROM entries LIMIT 0;\n`);
  await copy('lines', `stream, ${ENTRIES}`, town.rows.entries);
  await put(`INSERT INTO entries (stream_id, ${ENTRIES}) SELECT s.id, ${ENTRIES.replace(/\w+/g, 'l.$&')} FROM lines l
    JOIN streams s ON s.origin = l.stream AND s.name = 'net' AND s.opened_at < now() - interval '8 years';\n`);
  await put(`SELECT setval('proposal_number', max(number)) FROM listings WHERE kind = 'proposal';
    SELECT setval('offer_number', max(number)) FROM listings WHERE kind = 'offer';\n${PUT_BACK}`);
  child.stdin.end();
  const [code] = await ended;
  if (code !== 0) throw new Error(`the town could not be filled: ${complaint.trim()}`);
}

// An index is made faster at once than row by row. Which there are, the database knows.
const SET_ASIDE = `CREATE TEMP TABLE set_aside AS SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    WHERE NOT i.indisunique AND t.relname IN ('listings', 'organisations', 'contacts', 'events', 'network_items', 'entries') AND t.relnamespace = 'public'::regnamespace;
  SELECT format('DROP INDEX %I', name) FROM set_aside \\gexec\n`;
const PUT_BACK = 'SELECT definition FROM set_aside \\gexec\n';

/** Fills an empty town. It must have made its first streams, and must have heard the first page of each of its peers. */
export async function fillTown(database, { proposals = FULL, seed = 1, now = Date.now() } = {}) {
  const [{ authority: self, epoch }] = query(database, 'SELECT authority, epoch FROM node_state');
  const users = query(database, "SELECT id, role FROM users WHERE role IN ('coordinator', 'admin') ORDER BY email");
  const peers = query(database, `SELECT p.authority, p.name, s.epoch FROM peers p JOIN streams s ON s.origin = p.authority AND s.name = 'net'
    WHERE p.state = 'active' AND p.role = 'city' ORDER BY p.name`);
  const [{ filled }] = query(database, 'SELECT count(*) AS filled FROM listings');
  if (filled > 0) throw new Error(`the town ${self} has ${filled} proposals and offers already`);
  const town = new Town({ self, epoch, users, peers, proposals, seed, now });
  town.make();
  await send(database, town);
  query(database, `VACUUM ANALYZE ${[...Object.keys(plain), 'publications', 'streams', 'entries'].join(', ')}`);
  return Object.fromEntries(Object.entries(town.rows).map(([table, rows]) => [table, rows.length]));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { database: { type: 'string' }, proposals: { type: 'string', default: String(FULL) }, seed: { type: 'string', default: '1' } } });
  if (!values.database) throw new Error('--database wants a libpq connection string');
  const began = Date.now();
  const counts = await fillTown(values.database, { proposals: Number(values.proposals), seed: Number(values.seed) });
  console.log(Object.entries(counts).map(([table, count]) => `${table} ${count}`).join(', '), `in ${((Date.now() - began) / 1000).toFixed(1)} s`);
}
