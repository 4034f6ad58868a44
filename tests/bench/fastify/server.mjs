// GET /api/v1/proposals as one would write it on Fastify and pg: two workers, a pool each, named (prepared) statements, the
// caller looked up in the database by the hash of the token, JSON by Fastify's serializer. Prints its port.
import cluster from 'node:cluster';
import { createHash } from 'node:crypto';

import Fastify from 'fastify';
import pg from 'pg';

const WORKERS = 2, CONNECTIONS = 4, TOTAL_MAX = 1000;

const WHO = {
  name: 'who',
  text: `SELECT u.id, u.role FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE t.token_hash = $1 AND NOT u.disabled`,
};

// One statement for all that the page says. The total is exact up to a bound, so that a page does not cost a look at everything.
const PAGE = {
  name: 'page',
  text: `WITH self AS MATERIALIZED (SELECT authority FROM node_state),
      reached AS MATERIALIZED (SELECT c.epoch, c.seq FROM peers r LEFT JOIN peer_cursors c ON c.authority = r.authority AND c.stream = 'net'
        WHERE r.state = 'active' AND r.role = 'city')
    SELECT l.id, l.number::int, o.id AS organisation_id, o.name AS organisation_name, l.contact_id, l.title, l.text, l.language, l.help, l.municipality,
      l.day::text AS needed_by, l.return_favour, l.note, l.state, l.state_since, l.version::int, l.created_at, l.updated_at,
      p.published_at, p.erased_at, p.source = l.public_source AND p.held_at IS NULL AS current,
      CASE WHEN p.erased_at IS NULL AND p.listing_id IS NOT NULL
        THEN (SELECT count(*)::int FROM reached c WHERE (c.epoch, c.seq) >= (p.epoch, p.seq)) END AS delivered,
      (SELECT count(*)::int FROM reached) AS peers,
      EXISTS (SELECT FROM forwards f WHERE f.origin = (SELECT authority FROM self) AND f.object = l.id AND f.direction = 'out') AS forwarded,
      (SELECT count(*)::int FROM (SELECT FROM listings WHERE kind = 'proposal' LIMIT $4) AS bounded) AS total
    FROM listings l JOIN organisations o ON o.id = l.organisation_id LEFT JOIN publications p ON p.listing_id = l.id
    WHERE l.kind = 'proposal' AND ($1::timestamptz IS NULL OR (l.updated_at, l.id) < ($1, $2::uuid))
    ORDER BY l.updated_at DESC, l.id DESC LIMIT $3`,
};

const anyOpen = [['withdrawn', true], ['not_feasible', true], ['expired', false]];
const transitions = {
  draft: [['submitted', false]],
  submitted: [['prechecked', false], ['needs_information', true], ...anyOpen],
  needs_information: [['submitted', false], ...anyOpen],
  prechecked: [['scheduled', false], ['seeking', false], ['needs_information', true], ...anyOpen],
  scheduled: [['accepted', false], ['declined', true], ['prechecked', false], ...anyOpen],
  accepted: [['seeking', false], ...anyOpen],
  seeking: [['matched', false], ...anyOpen],
  matched: [['in_progress', false], ['seeking', true], ...anyOpen],
  in_progress: [['completed', false], ['seeking', true], ...anyOpen],
};
const allowed = Object.fromEntries(Object.entries(transitions).map(([from, list]) => [from, list.map(([to, needs_reason]) => ({ to, needs_reason }))]));

const text = { type: 'string' }, optional = { type: 'string', nullable: true }, time = { type: 'string', format: 'date-time' }, whole = { type: 'integer' }, yes = { type: 'boolean' };
const object = (properties, more) => ({ type: 'object', properties, ...more });
const list = (items) => ({ type: 'array', items });
const schema = {
  querystring: object({ limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 }, cursor: text }, { additionalProperties: false }),
  response: {
    200: object({
      items: list(object({
        id: text, number: whole, organisation: object({ id: text, name: text }), contact_id: optional, title: text, text, language: text,
        help: list(object({ category: text, quantity: { type: 'integer', nullable: true }, unit: optional })), municipality: text, needed_by: optional, return_favour: optional,
        note: optional, state: text, state_since: time, published: object({ at: time, current: yes, delivered: whole, of: whole }, { nullable: true }), forwarded: yes,
        version: whole, created_at: time, updated_at: time, allowed_transitions: list(object({ to: text, needs_reason: yes })),
      })),
      next: optional,
      total: whole,
      total_is_bound: yes,
    }),
  },
};

const item = (row) => ({
  ...row,
  organisation: { id: row.organisation_id, name: row.organisation_name },
  published: row.published_at && !row.erased_at ? { at: row.published_at, current: row.current, delivered: row.delivered, of: row.peers } : null,
  allowed_transitions: allowed[row.state] ?? [],
});

const totals = (counted) => ({ total: Math.min(counted, TOTAL_MAX), total_is_bound: counted > TOTAL_MAX });
const writeCursor = (row) => Buffer.from(JSON.stringify([row.updated_at, row.id])).toString('base64url');
const readCursor = (cursor) => (cursor ? JSON.parse(Buffer.from(cursor, 'base64url')) : [null, null]);

async function serve() {
  const pool = new pg.Pool({ host: process.env.PGHOST, port: process.env.PGPORT, user: process.env.PGUSER, database: process.env.PGDATABASE, max: CONNECTIONS,
    idleTimeoutMillis: 0 });
  const app = Fastify();

  app.get('/api/v1/proposals', { schema }, async (request, reply) => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const client = await pool.connect();
    try {
      const who = await client.query({ ...WHO, values: [createHash('sha256').update(token).digest()] });
      if (who.rows.length === 0) return reply.code(401).send();
      const { limit, cursor } = request.query;
      const { rows } = await client.query({ ...PAGE, values: [...readCursor(cursor), limit + 1, TOTAL_MAX + 1] });
      const shown = rows.slice(0, limit);
      return { items: shown.map(item), next: rows.length > limit ? writeCursor(shown.at(-1)) : null, ...totals(rows[0]?.total ?? 0) };
    } finally {
      client.release();
    }
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  process.send(app.server.address().port);
  process.once('disconnect', () => process.exit());
}

// libpq's words are not pg's.
function readConninfo(conninfo) {
  const { host, port, user, dbname } = Object.fromEntries(conninfo.split(' ').map((word) => word.split('=')));
  return { PGHOST: host, PGPORT: port, PGUSER: user, PGDATABASE: dbname };
}

if (cluster.isPrimary) {
  let ready = 0;
  process.once('SIGTERM', () => process.exit());
  for (let i = 0; i < WORKERS; i++)
    cluster.fork(readConninfo(process.env.DATABASE)).on('message', (port) => {
      if (++ready === WORKERS) console.log(port);
    });
} else {
  await serve();
}
