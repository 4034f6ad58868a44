/** Every problem of section 13 with its status and a short title. */
export const PROBLEMS = Object.freeze({
  'malformed-request': [400, 'The request is not as the protocol says'],
  'signature-missing': [401, 'The request is not signed'],
  'signature-malformed': [401, 'The signature fields are malformed'],
  'unknown-key': [401, 'The key is not the current key of a known peer'],
  skew: [401, 'The signature is outside its time'],
  'digest-mismatch': [401, 'The body does not have the stated digest'],
  'signature-invalid': [401, 'The signature does not verify'],
  replayed: [401, 'The nonce was used before'],
  'not-active': [403, 'The peer is not active'],
  'token-invalid': [403, 'The token is not valid'],
  'not-found': [404, 'No such path'],
  'method-not-allowed': [405, 'The method is not allowed here'],
  'slow-request': [408, 'The body did not come in time'],
  'cursor-ahead': [409, 'The cursor is ahead of the stream'],
  'key-conflict': [409, 'The authority is known with another key'],
  'length-required': [411, 'A Content-Length is required'],
  'too-large': [413, 'The body is too large'],
  'unsupported-media-type': [415, 'The media type is not supported'],
  'discovery-failed': [422, 'The discovery document does not fit'],
  'rate-limited': [429, 'Too many requests'],
  busy: [503, 'Too much work at once'],
  'database-unavailable': [503, 'The database is not available'],
});

export const PROBLEM_BASE = 'https://herausforderung.example/problems/';

/**
 * An error with the slug of a problem. Slugs that are no HTTP problem (`bad-page`, `bad-entry`, `bad-head` …)
 * name what a follower refuses; they have no status.
 */
export class ProtocolError extends Error {
  /**
   * @param {string} slug
   * @param {string} [detail]
   * @param {object} [members] further members of the problem, e.g. server_time
   */
  constructor(slug, detail, members = {}) {
    super(detail ? `${slug}: ${detail}` : slug);
    this.name = 'ProtocolError';
    this.slug = slug;
    this.detail = detail;
    this.members = members;
    this.status = PROBLEMS[slug]?.[0] ?? null;
    /** @type {Record<string, string>} */
    this.headers = {};
  }

  /** The body of an application/problem+json answer. */
  toProblem() {
    return {
      type: PROBLEM_BASE + this.slug,
      title: PROBLEMS[this.slug]?.[1] ?? 'Error',
      status: this.status ?? 500,
      ...(this.detail ? { detail: this.detail } : {}),
      ...this.members,
    };
  }
}
