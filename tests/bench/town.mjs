// Fills a node's database with a town after ten years (lib/life.mjs), straight through its schema: columns are named and generated
// ones left out, so that an index, a generated column or one with a default needs no change here.
//
// What the town has said and heard stands in an older epoch than the one that its peers follow, as after a backup that was put
// back: rows for every table that a screen or an action reads, and nothing that a living peer would fetch or doubt.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { query } from './lib/database.mjs';
import { FULL, Life, instant } from './lib/life.mjs';

// What goes in as it is. The rest goes through a temporary table, since it needs something that only the database knows.
const plain = {
  organisations: 'id, name, sector, kind, municipality, website, created_at, updated_at',
  contacts: 'id, organisation_id, name, email, phone, role, source, purpose, created_at, updated_at',
  listings: `id, kind, number, organisation_id, contact_id, title, text, language, help, municipality, day, return_favour, note, state,
    state_since, external_id, version, created_at, updated_at`,
  events: 'at, object_type, object_id, origin, user_id, role, peer, action, from_state, to_state, reason, details',
  network_items: `origin, id, type, rev, epoch, seq, title, text, language, help, municipality, month, state, published_at, received_at`,
  cases: 'id, origin, object, object_type, helper, response, reason, at, began_at, heard_at',
  case_steps: 'case_id, n, at, response, reason, user_id, user_role, direction, epoch, seq',
  forwards: `id, direction, peer, origin, object, object_type, at, received_at, epoch, seq, response, response_at, response_epoch,
    response_seq, unanswered`,
};
const PUBLICATION = 'listing_id, rev, epoch, seq, body, published_at, erased_at, erase_epoch, erase_seq';
const ENTRY = 'seq, type, object_id, rev, at, line, digest, chain, status, keep_until, received_at';
const namesIn = (columns) => columns.split(/,\s*/);
const of = (alias, columns) => namesIn(columns).map((name) => `${alias}.${name}`).join(', ');

// An index is made faster at once than row by row. Which ones there are, the database knows.
const SET_INDEXES_ASIDE = `
CREATE TEMP TABLE set_aside AS SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
  WHERE NOT i.indisunique AND t.relnamespace = 'public'::regnamespace
  AND t.relname IN ('listings', 'organisations', 'contacts', 'events', 'network_items', 'entries');
SELECT format('DROP INDEX %I', name) FROM set_aside \\gexec
`;
// What waits for the end of the transaction is done first: an index is not made over it.
const PUT_INDEXES_BACK = 'SET CONSTRAINTS ALL IMMEDIATE;\nSELECT definition FROM set_aside \\gexec\n';

const PUBLISH = `
INSERT INTO publications (${PUBLICATION}, source) SELECT ${of('s', PUBLICATION)}, l.public_source FROM said s JOIN listings l ON l.id = s.listing_id;
`;
// Vouched for and applied, so that nobody goes through them again; opened long ago, so that they count as none of today's.
const openStream = ({ origin, seq, heard }) => `
INSERT INTO streams (origin, name, epoch, seq, chain, key, vouched_seq, applied_seq, opened_at)
  SELECT origin, name, epoch - 1, ${seq}, chain, key, ${heard ? seq : 0}, ${heard ? seq : 0}, now() - interval '9 years' FROM streams
  WHERE origin = '${origin}' AND name = 'net' ORDER BY epoch DESC LIMIT 1;
`;
const FILL_STREAMS = `
INSERT INTO entries (stream_id, ${ENTRY}) SELECT s.id, ${of('l', ENTRY)} FROM lines l
  JOIN streams s ON s.origin = l.stream AND s.name = 'net' AND s.opened_at < now() - interval '8 years';
`;
const COUNT_ON = `
SELECT setval('proposal_number', max(number)) FROM listings WHERE kind = 'proposal';
SELECT setval('offer_number', max(number)) FROM listings WHERE kind = 'offer';
`;

// -------- COPY

const escapes = { '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r' };
const missing = (value) => value === null || value === undefined;
const cell = (value) => (missing(value) ? '\\N' : typeof value === 'string' ? value.replace(/[\\\n\t\r]/g, (c) => escapes[c]) : String(value));
const time = (value) => (missing(value) ? '\\N' : instant(value));
const writerOf = (column) => (/(^at|_at|_since|_until)$/.test(column) ? time : cell);

function* copy(table, columns, rows) {
  const writers = namesIn(columns).map((name) => [name, writerOf(name)]);
  const AT_ONCE = 500;
  yield `COPY ${table} (${columns}) FROM STDIN;\n`;
  for (let i = 0; i < rows.length; i += AT_ONCE)
    yield rows.slice(i, i + AT_ONCE).map((row) => writers.map(([name, write]) => write(row[name])).join('\t') + '\n').join('');
  yield '\\.\n';
}

function* script(rows) {
  yield "SET maintenance_work_mem = '256MB';\nSET synchronous_commit = off;\n" + SET_INDEXES_ASIDE;
  for (const [table, columns] of Object.entries(plain)) yield* copy(table, columns, rows[table]);
  yield `CREATE TEMP TABLE said AS SELECT ${PUBLICATION} FROM publications LIMIT 0;\n`;
  yield* copy('said', PUBLICATION, rows.publications);
  yield PUBLISH;
  for (const stream of rows.streams) yield openStream(stream);
  yield `CREATE TEMP TABLE lines AS SELECT ''::text AS stream, ${ENTRY} FROM entries LIMIT 0;\n`;
  yield* copy('lines', `stream, ${ENTRY}`, rows.entries);
  yield FILL_STREAMS + COUNT_ON + PUT_INDEXES_BACK;
}

/** All of it, or nothing. */
async function send(database, parts) {
  const child = spawn('psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-1', '-d', database], { stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (complaint += text));
  child.stdin.on('error', () => {}); // it says itself why it ended
  for (const part of parts) {
    if (child.exitCode !== null) break;
    if (!child.stdin.write(part)) await Promise.race([once(child.stdin, 'drain').catch(() => {}), ended]);
  }
  child.stdin.end();
  const [code] = await ended;
  if (code !== 0) throw new Error(`the town could not be filled: ${complaint.trim()}`);
}

/** Fills an empty town, which must have made its first streams and heard the first page of each peer; tells how many rows. */
export async function fillTown(database, { proposals = FULL, seed = 1, now = Date.now() } = {}) {
  const [{ self, epoch, filled }] = query(database, `SELECT authority AS self, epoch, EXISTS (SELECT FROM listings) AS filled FROM node_state`);
  const users = query(database, "SELECT id, role FROM users WHERE role IN ('coordinator', 'admin') ORDER BY email");
  const peers = query(database, `SELECT p.authority, p.name, max(s.epoch) AS epoch FROM peers p
    JOIN streams s ON s.origin = p.authority AND s.name = 'net' WHERE p.state = 'active' AND p.role = 'city' GROUP BY 1, 2 ORDER BY 2`);
  if (filled) throw new Error(`the town ${self} has proposals or offers already`);
  const rows = new Life({ self, epoch, users, peers, proposals, seed, now }).live();
  await send(database, script(rows));
  const [{ tables }] = query(database, "SELECT string_agg(tablename, ', ') AS tables FROM pg_tables WHERE schemaname = 'public'");
  query(database, `VACUUM ANALYZE ${tables}`);
  return Object.fromEntries(Object.entries(rows).map(([table, { length }]) => [table, length]));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: {
    database: { type: 'string' }, proposals: { type: 'string', default: String(FULL) }, seed: { type: 'string', default: '1' },
    help: { type: 'boolean', short: 'h' },
  } });
  if (values.help || !values.database) {
    console.log('Usage: node tests/bench/town.mjs --database CONNINFO [--proposals N] [--seed N]');
    process.exit(values.help ? 0 : 2);
  }
  const began = Date.now();
  const counts = await fillTown(values.database, { proposals: Number(values.proposals), seed: Number(values.seed) });
  console.log(`${Object.entries(counts).map(([table, count]) => `${count} ${table}`).join(', ')}; ${((Date.now() - began) / 1000).toFixed(1)} s`);
}
