// What a town has lived through in ten years, as rows for its tables: whom it knows, what was proposed and offered, what was done
// to each and said of it, what other towns said and answered. Times are milliseconds.
import { randomOf, writerOf } from './words.mjs';

export const FULL = 20_000; // proposals; all other numbers below are for this size
const DAY = 86_400_000, YEARS = 10 * 365 * DAY, TERM = 365 * DAY;
const EVENTS_OF_THE_LONG_CASE = 200;

// Of 20,000 proposals and of 10,000 offers. The first of each takes what is left over.
const states = {
  proposal: {
    completed: 0, expired: 3200, declined: 2600, withdrawn: 1800, not_feasible: 1200, draft: 20, submitted: 40,
    needs_information: 15, prechecked: 20, scheduled: 15, accepted: 20, seeking: 110, matched: 25, in_progress: 55,
  },
  offer: { taken: 0, expired: 3000, withdrawn: 800, draft: 10, available: 150 },
};
const open = new Set(['draft', 'submitted', 'needs_information', 'prechecked', 'scheduled', 'accepted', 'seeking', 'matched',
  'in_progress', 'available']);

// From the draft to each state.
const way = ['submitted', 'prechecked', 'scheduled', 'accepted', 'seeking', 'matched', 'in_progress', 'completed'];
const meeting = new Set(['scheduled', 'accepted']);
const paths = {
  proposal: {
    ...Object.fromEntries(way.map((state, i) => [state, way.slice(0, i + 1)])),
    draft: [],
    needs_information: ['submitted', 'needs_information'],
    declined: [...way.slice(0, 3), 'declined'],
    withdrawn: [...way.slice(0, 2), 'withdrawn'],
    expired: [...way.slice(0, 5), 'expired'],
    not_feasible: [...way.slice(0, 5), 'not_feasible'],
  },
  offer: {
    draft: [], available: ['available'], taken: ['available', 'taken'], expired: ['available', 'expired'],
    withdrawn: ['available', 'withdrawn'],
  },
};

const publicName = (state) => (state === 'needs_information' ? 'submitted' : state);
const bands = [[501, '501+'], [101, '101-500'], [21, '21-100'], [6, '6-20'], [2, '2-5'], [1, '1']];
const publicHelp = (help) => help.map(({ category, quantity }) => ({
  category, ...(quantity && { quantity: bands.find(([least]) => quantity >= least)[1] }),
}));
const bodyOf = ({ title, text, language, wishes, municipality, day }, state) => ({
  title, text, language, help: publicHelp(wishes), municipality: { name: municipality },
  ...(day && { month: day.slice(0, 7) }), state,
});

export const instant = (ms) => new Date(ms).toISOString();
const date = (ms) => instant(ms).slice(0, 10);

/** self, epoch: of the node; users: [{id, role}]; peers: [{authority, name, epoch}]. */
export class Life {
  constructor({ self, epoch, users, peers, proposals, seed, now }) {
    Object.assign(this, { self, users, peers, proposals, now, past: epoch - 1, random: randomOf(seed) });
    this.write = writerOf(this.random);
    this.said = 0; // lines of our stream
    this.letters = 0; // lines to and from single towns
    this.rows = {
      organisations: [], contacts: [], listings: [], publications: [], events: [], streams: [], entries: [], network_items: [],
      cases: [], case_steps: [], forwards: [],
    };
  }

  live() {
    this.organise();
    this.list('proposal', this.proposals);
    this.list('offer', this.scaled(10_000, 14));
    if (this.peers.length > 0) {
      this.lengthenOne();
      this.hear();
      this.forwardSome();
      this.leaveWaiting();
    }
    this.rows.streams.push({ origin: this.self, seq: this.said, heard: false });
    this.rows.events.sort((a, b) => a.at - b.at);
    this.rows.publications = this.rows.listings.flatMap(({ publication }) => publication ?? []);
    return this.rows;
  }

  scaled = (full, least = 0) => Math.max(least, Math.round((full * this.proposals) / FULL));
  between = (from, to) => from + this.random() * (to - from);
  chance = (p) => this.random() < p;

  id() {
    const hex = Array.from({ length: 4 }, () => Math.floor(this.random() * 2 ** 32).toString(16).padStart(8, '0')).join('');
    const variant = '89ab'[parseInt(hex[16], 16) >> 2];
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  event(at, { type, id }, action, more = {}) {
    const user = more.peer || more.role === 'system' ? null : this.write.pick(this.users);
    this.rows.events.push({ at, object_type: type, object_id: id, user_id: user?.id, role: user?.role ?? 'system', action, ...more });
  }

  // -------- whom one knows

  organise() {
    const names = new Set();
    for (const count = this.scaled(5000, 12); names.size < count; ) {
      const i = names.size;
      const sector = i % 12 === 11 ? 'public_administration' : i % 3 === 2 ? 'company' : 'civil_society';
      const { kind, name } = this.write.organisation(sector);
      if (names.has(name)) continue;
      names.add(name);
      this.organisation(i, { sector, kind, name });
    }
  }

  organisation(i, known) {
    const created_at = this.now - this.between(DAY, YEARS);
    const organisation = {
      id: this.id(), ...known, municipality: this.write.municipality(), website: this.chance(0.3) ? `https://${i}.example` : null,
      created_at, updated_at: Math.min(this.now - DAY, created_at + this.random() * TERM), contacts: [],
    };
    this.rows.organisations.push(organisation);
    this.event(created_at, { type: 'organisation', id: organisation.id }, 'created');
    for (let n = this.chance(0.6) ? 2 : 1; n > 0; n--) organisation.contacts.push(this.contact(organisation, i));
  }

  contact({ id: organisation_id, created_at, updated_at }, i) {
    const contact = {
      id: this.id(), organisation_id, name: this.write.person(), email: `kontakt-${i}@verein.example`, phone: `+49 681 ${100000 + i}`,
      role: this.chance(0.5) ? 'Vorstand' : null, source: 'told_by_themselves', purpose: 'Abstimmung eines Vorschlags', created_at, updated_at,
    };
    this.rows.contacts.push(contact);
    this.event(created_at, { type: 'contact', id: contact.id }, 'created');
    return contact;
  }

  // -------- proposals and offers

  /** As many of each state as there shall be, mixed; of what is open there is a handful in the smallest town too. */
  statesOf(kind, count) {
    const [rest, ...named] = Object.keys(states[kind]);
    const few = Math.round(Math.min(14, count / 2) / named.filter((state) => open.has(state)).length);
    const wanted = named.flatMap((state) => Array(this.scaled(states[kind][state], open.has(state) ? few : 0)).fill(state)).slice(0, count);
    while (wanted.length < count) wanted.push(rest);
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(this.random() * (i + 1));
      [wanted[i], wanted[j]] = [wanted[j], wanted[i]];
    }
    return wanted;
  }

  /** Numbers grow with time; what is open is young. */
  list(kind, count) {
    const givers = this.rows.organisations.filter(({ sector }) => (sector === 'company') === (kind === 'offer'));
    const ages = this.statesOf(kind, count).map((state) => ({
      state, created: this.now - (open.has(state) ? this.between(8 * DAY, 150 * DAY) : this.between(160 * DAY, YEARS)),
    }));
    ages.sort((a, b) => a.created - b.created);
    ages.forEach(({ state, created }, i) => this.listing(kind, i + 1, state, created, this.write.pick(givers)));
  }

  listing(kind, number, state, created_at, organisation) {
    const { title, text, help } = this.write.listing(kind);
    const isOpen = open.has(state);
    // No day of what is open is over: the node's clock would see to it while we measure.
    const day = isOpen ? this.now + this.between(3, 200) * DAY : created_at + this.between(20, 150) * DAY;
    const listing = {
      id: this.id(), type: kind, kind, number, organisation_id: organisation.id,
      contact_id: this.chance(0.7) ? this.write.pick(organisation.contacts).id : null,
      title, text, language: 'de', help: JSON.stringify(help), wishes: help, municipality: organisation.municipality,
      day: this.chance(0.7) ? date(day) : null, return_favour: kind === 'proposal' && this.chance(0.4) ? this.write.favour() : null,
      note: this.chance(0.3) ? this.write.note() : null, state, external_id: this.chance(0.2) ? `${kind[0].toUpperCase()}${number}` : null,
      created_at, version: 1, looked_at: false,
    };
    this.rows.listings.push(listing);
    this.happen(listing, isOpen ? Math.min(this.now - DAY / 24, created_at + 60 * DAY) : created_at + this.between(20, 150) * DAY);
    return listing;
  }

  /** From its creation to where it stands: what was done to it, and what was said of it from where others could help. */
  happen(listing, end) {
    const whole = paths[listing.kind][listing.state];
    const fast = whole.includes('seeking') && this.chance(0.6);
    const path = fast ? whole.filter((state) => !meeting.has(state)) : whole;
    const isPublic = (path.includes('seeking') || path.includes('available')) && this.chance(listing.kind === 'proposal' ? 0.75 : 0.6);
    const step = (end - listing.created_at) / (path.length + 1);
    let at = listing.created_at, from = 'draft', rev = 0;

    this.event(at, listing, 'created');
    for (const to of path) {
      if (this.chance(0.1)) {
        this.event(at + step * 0.2, listing, 'edited');
        listing.version++;
      }
      at += step * this.between(0.5, 1);
      this.event(at, listing, 'transition', {
        from_state: from, to_state: to, reason: this.chance(0.2) ? this.write.reason() : null, ...(to === 'expired' && { role: 'system' }),
      });
      listing.version++;
      from = to;
      if (isPublic && (rev > 0 || to === 'seeking' || to === 'available')) this.say(listing, publicName(to), at + 1, ++rev);
    }
    listing.state_since = listing.updated_at = at;
    if (rev > 1 && this.chance(0.08))
      for (const peer of this.peers) if (this.chance(0.2)) this.answered(listing, peer, at - step * 0.1, { seen: true });
  }

  /** A line of our stream; the publication is what the last one says, until its term is over. */
  say(listing, state, at, rev) {
    const seq = ++this.said, gone = at + TERM < this.now;
    this.event(at, listing, rev === 1 ? 'published' : 'republished');
    this.entry({ stream: this.self, seq, rev, at, gone, listing, state });
    listing.publication = {
      listing_id: listing.id, rev, epoch: this.past, seq, body: gone ? '{}' : JSON.stringify(bodyOf(listing, state)), published_at: at,
      erased_at: gone ? at + TERM : null, erase_epoch: gone ? this.past : null, erase_seq: gone ? seq : null,
    };
  }

  /** Of an erased line of ours it stays known what it was about; of another's it does not. */
  entry({ stream, seq, rev, at, gone, listing: { type, id, ...listing }, state }) {
    const digest = `\\x${seq.toString(16).padStart(64, '0')}`, ours = stream === this.self;
    const line = !gone && JSON.stringify({
      seq, type, id, rev, at: instant(at), keep_until: instant(at + TERM), salt: 'AAAAAAAAAAAAAAAAAAAAAA', body: bodyOf(listing, state),
    });
    this.rows.entries.push({
      stream, seq, type: gone ? null : type, object_id: gone && !ours ? null : id, rev, at: ours ? null : at,
      line: gone ? null : `\\x${Buffer.from(line).toString('hex')}`, digest, chain: digest, status: gone ? 'erased' : 'held',
      keep_until: gone ? null : at + TERM, received_at: at,
    });
  }

  // -------- other towns

  answered(listing, peer, at, { seen }) {
    const c = {
      id: this.id(), origin: this.self, object: listing.id, object_type: listing.kind, helper: peer.authority, began_at: at,
    };
    const responses = this.chance(0.5) ? ['taken_up', 'company_found'] : ['taken_up'];
    responses.forEach((response, n) => {
      const seq = ++this.letters;
      Object.assign(c, { response, at: at + (n * DAY) / 48, reason: this.chance(0.3) ? this.write.reason() : null });
      this.rows.case_steps.push({ case_id: c.id, n: n + 1, at: c.at, response, reason: c.reason, direction: 'in', epoch: this.past, seq });
      this.event(c.at, listing, 'response', { peer: peer.authority, reason: c.reason, details: this.detailsOf(response, seq) });
    });
    this.rows.cases.push(Object.assign(c, { heard_at: seen ? null : c.at }));
    listing.looked_at ||= seen;
  }

  detailsOf = (response, seq) => JSON.stringify({ response, entry: `${this.past}.${seq}` });

  hear() {
    const { peers } = this, heard = this.rows.network_items;
    for (let i = 0; i < this.scaled(FULL, 28); i++)
      this.item(peers[i % peers.length], i % 3 === 2 ? 'offer' : 'proposal', Math.floor(i / peers.length) + 1);
    for (const item of spread(heard, this.scaled(800, 3))) this.takeUp(item);
    spread(heard, this.scaled(600, 3)).forEach((item, i) => this.forward(item, 'in', i % 40 === 0 ? null : 'taken_up'));
    for (const { authority } of peers)
      this.rows.streams.push({ origin: authority, seq: heard.filter(({ origin }) => origin === authority).length, heard: true });
  }

  item(peer, type, seq) {
    const { title, text, help } = this.write.listing(type);
    const at = this.now - this.between(1, 360) * DAY;
    const state = this.write.pick(type === 'offer' ? ['available', 'available', 'taken', 'withdrawn', 'expired'] : way);
    const item = {
      origin: peer.authority, id: this.id(), type, rev: 1, epoch: peer.epoch - 1, seq, title, text, language: 'de', wishes: help,
      help: JSON.stringify(publicHelp(help)), municipality: JSON.stringify({ name: peer.name }),
      month: this.chance(0.6) ? date(at + 90 * DAY).slice(0, 7) : null, state, published_at: at, received_at: at,
    };
    this.rows.network_items.push(item);
    this.entry({ stream: peer.authority, seq, rev: 1, at, gone: false, listing: { ...item, municipality: peer.name }, state });
  }

  takeUp(item) {
    const user = this.write.pick(this.users), seq = ++this.letters, at = item.published_at + DAY / 2, response = 'taken_up';
    const c = {
      id: this.id(), origin: item.origin, object: item.id, object_type: item.type, helper: this.self, response, at, began_at: at,
    };
    this.rows.cases.push(c);
    item.taken_up = true;
    this.rows.case_steps.push({
      case_id: c.id, n: 1, at, response, user_id: user.id, user_role: user.role, direction: 'out', epoch: this.past, seq,
    });
    this.event(at, item, 'response', { origin: item.origin, details: this.detailsOf(response, seq) });
  }

  forward(object, direction, response) {
    const peer = direction === 'out' ? this.write.pick(this.peers).authority : object.origin;
    const at = (object.published_at ?? object.updated_at) + DAY / 4, seq = ++this.letters;
    this.rows.forwards.push({
      id: this.id(), direction, peer, origin: direction === 'in' ? object.origin : this.self, object: object.id, object_type: object.type,
      at, received_at: at, epoch: this.past, seq, response, response_at: response && at + DAY, response_epoch: response && this.past,
      response_seq: response && seq, unanswered: direction === 'in' && !response && !object.taken_up,
    });
  }

  forwardSome() {
    const said = this.rows.listings.filter(({ publication }) => publication);
    for (const listing of spread(said, this.scaled(600, 2))) this.forward(listing, 'out', this.chance(0.7) ? 'taken_up' : null);
  }

  /** An open proposal that every peer has answered and much has happened to; one more where there is none. */
  lengthenOne() {
    const { listings, cases, events, organisations } = this.rows;
    const listing = listings.find(({ kind, state, publication }) => kind === 'proposal' && state === 'in_progress' && publication)
      ?? this.listing('proposal', this.proposals + 1, 'in_progress', this.now - 150 * DAY, organisations[0]);
    const answered = new Set(cases.filter(({ object }) => object === listing.id).map(({ helper }) => helper));
    for (const peer of this.peers)
      if (!answered.has(peer.authority)) this.answered(listing, peer, listing.created_at + 40 * DAY, { seen: true });
    for (let n = events.filter(({ object_id }) => object_id === listing.id).length; n < EVENTS_OF_THE_LONG_CASE; n++)
      this.event(listing.created_at + (((n % 50) + 1) * DAY) / 2, listing, 'edited', { reason: this.chance(0.3) ? this.write.reason() : null });
  }

  /** Answers that nobody has looked at yet. */
  leaveWaiting() {
    const listings = this.rows.listings.filter(({ publication, looked_at, state }) => publication && !looked_at && open.has(state));
    for (const listing of listings.slice(0, this.scaled(12, 2)))
      this.answered(listing, this.write.pick(this.peers), listing.updated_at, { seen: false });
  }
}

/** As many of the list, at even distances. */
function spread(list, wanted) {
  const count = Math.min(wanted, list.length);
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)]);
}
