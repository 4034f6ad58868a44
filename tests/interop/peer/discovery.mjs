/** The discovery document of section 4. */
import { isAuthority, isInteger, isObject, isText } from './basics.mjs';
import { MAX_ENTRY } from './entries.mjs';
import { ProtocolError } from './errors.mjs';
import { MAX_HEAD } from './heads.mjs';
import { readJwk } from './keys.mjs';
import { MAX_ANSWER } from './pages.mjs';
import { MAX_BODY } from './server.mjs';

export const MAX_DISCOVERY = 16 * 1024;

/** @param {import('./foreign-node.mjs').ForeignNode} node */
export const discoveryOf = (node) => ({
  authority: node.authority, name: node.name, country: node.country, role: node.role, areas: node.areas,
  latitude_e6: node.latitude, longitude_e6: node.longitude, versions: [1],
  limits: { entry: MAX_ENTRY, answer: MAX_ANSWER, body: MAX_BODY, hint: MAX_HEAD },
  jwks: { keys: [node.own.key, ...node.own.retired].map((key) => key.jwk) },
  mailbox: node.mailbox,
});

/**
 * @param {Record<string, any>} doc
 * @param {string} authority where it was fetched
 * @returns {Promise<{document: Record<string, any>, keys: import('./keys.mjs').Key[]}>}
 */
export async function readDiscovery(doc, authority) {
  const refuse = (why) => { throw new ProtocolError('bad-discovery', why); };
  if (doc.authority !== authority || !isAuthority(doc.authority)) refuse('authority');
  if (!isText(doc.name, 80) || typeof doc.country !== 'string' || !/^[A-Z]{2}$/.test(doc.country)) refuse('name or country');
  if (!['city', 'office'].includes(doc.role)) refuse('role');
  if (!Array.isArray(doc.areas) || (doc.role === 'city' && doc.areas.length === 0)) refuse('areas');
  for (const area of doc.areas) {
    if (!isObject(area) || typeof area.scheme !== 'string' || !/^[A-Z0-9-]{1,16}$/.test(area.scheme)) refuse('area');
    if (typeof area.code !== 'string' || typeof area.valid_on !== 'string') refuse('area');
  }
  if (!Number.isInteger(doc.latitude_e6) || !Number.isInteger(doc.longitude_e6)) refuse('coordinates');
  if (!Array.isArray(doc.versions) || !doc.versions.includes(1)) refuse('versions');
  if (!isObject(doc.limits) || !['entry', 'answer', 'body', 'hint'].every((n) => isInteger(doc.limits[n], 1))) refuse('limits');
  if (!isText(doc.mailbox, 254)) refuse('mailbox');
  if (!isObject(doc.jwks) || !Array.isArray(doc.jwks.keys) || doc.jwks.keys.length === 0) refuse('jwks');
  const keys = [];
  for (const jwk of doc.jwks.keys) keys.push(await readJwk(jwk));
  return { document: doc, keys };
}
