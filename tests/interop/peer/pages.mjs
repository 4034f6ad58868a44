/** The form of pages, section 8.1, and their part of 8.2 that needs no knowledge of the follower. */
import { b64u, isAuthority, isClosed, isInteger, unb64u } from './basics.mjs';
import { chainLink, digestOf } from './chain.mjs';
import { readLine } from './entries.mjs';
import { ProtocolError } from './errors.mjs';
import { readHead } from './heads.mjs';

export const MAX_PAGE_LINES = (512 + 64) * 1024;
export const MAX_ANSWER = 1024 * 1024;

/** @param {number} seq @param {Buffer} digest @param {'erased'|'withheld'} kind */
export const placeholder = (seq, digest, kind) => JSON.stringify({ seq, [kind]: b64u(digest) });

/**
 * Writes a page from its parts. Nothing is checked: a test can hand in any line, chain or head it likes.
 * @param {{origin: string, stream: string, epoch: number, from: number, chain: Buffer|string, lines: string[],
 *   head: string, opening?: object, closing?: object}} parts opening/closing: members that replace those made here
 */
export function buildPage({ origin, stream, epoch, from, chain, lines, head, opening = {}, closing = {} }) {
  const first = { page: 1, origin, stream, epoch, from, chain: typeof chain === 'string' ? chain : b64u(chain), ...opening };
  return [JSON.stringify(first), ...lines, JSON.stringify({ head, ...closing })].map((line) => `${line}\n`).join('');
}

/**
 * @typedef {object} PageLine
 * @property {number} seq
 * @property {'entry'|'erased'|'withheld'} kind
 * @property {string|null} line exact text of an entry
 * @property {Record<string, any>|null} entry
 * @property {Buffer} digest
 */

/**
 * @typedef {object} Page
 * @property {string} origin
 * @property {string} stream
 * @property {number} epoch
 * @property {number} from
 * @property {number} to
 * @property {Buffer} chain at `from`, as stated
 * @property {PageLine[]} lines
 * @property {Buffer[]} chains chain after each line, computed
 * @property {import('./heads.mjs').Head} head
 * @property {string} text
 */

/**
 * Cuts an answer into pages and checks all that a page shows of itself: form, numbers, and that the chain computed over
 * its lines ends in the head's. The head's signature is the follower's business, who knows the key.
 * @param {Buffer} bytes
 * @returns {Page[]}
 */
export function parseAnswer(bytes) {
  const refuse = (why) => { throw new ProtocolError('bad-page', why); };
  if (bytes.length > MAX_ANSWER) refuse('answer too large');
  if (bytes.length > 0 && bytes[bytes.length - 1] !== 0x0a) refuse('no LF at the end');
  /** @type {Page[]} */
  const pages = [];
  /** @type {Page|null} */
  let page = null;
  let start = 0;
  let pageStart = 0;
  let pageLines = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(0x0a, start);
    const line = bytes.subarray(start, end);
    let value;
    try {
      value = readLine(line);
    } catch (error) {
      return refuse(error.message);
    }
    if (!page) {
      page = readOpening(value, refuse);
      pageStart = start;
      pageLines = 0;
    } else if (Object.hasOwn(value, 'seq')) {
      pageLines += line.length + 1;
      if (pageLines > MAX_PAGE_LINES) refuse('page too large');
      readPageLine(page, value, line, refuse);
    } else {
      if (!isClosed(value, ['head'])) refuse('neither entry, placeholder nor closing');
      page.head = readHead(value.head);
      page.to = page.from + page.lines.length;
      const { iss, stream, epoch, seq, chain } = page.head.payload;
      if (iss !== page.origin || stream !== page.stream || epoch !== page.epoch || seq !== page.to) refuse('the head is of another place');
      if (chain !== b64u(page.chains[page.chains.length - 1] ?? page.chain)) refuse('the chain does not end in the head');
      page.text = bytes.subarray(pageStart, end + 1).toString('utf8');
      pages.push(page);
      page = null;
    }
    start = end + 1;
  }
  if (page) refuse('no closing line');
  return pages;
}

function readOpening(value, refuse) {
  if (!isClosed(value, ['page', 'origin', 'stream', 'epoch', 'from', 'chain'])) refuse('opening members');
  const { page, origin, stream, epoch, from } = value;
  if (page !== 1 || !isAuthority(origin) || typeof stream !== 'string') refuse('opening');
  if (!isInteger(epoch, 1) || !isInteger(from, 0)) refuse('opening numbers');
  let chain;
  try {
    chain = unb64u(value.chain, 32);
  } catch {
    refuse('opening chain');
  }
  return { origin, stream, epoch, from, to: from, chain, lines: [], chains: [], head: null, text: '' };
}

function readPageLine(page, value, bytes, refuse) {
  const seq = page.from + page.lines.length + 1;
  if (value.seq !== seq) refuse(`seq ${value.seq} where ${seq} was expected`);
  /** @type {PageLine} */
  let line;
  const kind = ['erased', 'withheld'].find((name) => Object.hasOwn(value, name));
  if (kind) {
    if (!isClosed(value, ['seq', kind])) refuse('placeholder members');
    try {
      line = { seq, kind, line: null, entry: null, digest: unb64u(value[kind], 32) };
    } catch {
      return refuse('placeholder digest');
    }
  } else line = { seq, kind: 'entry', line: bytes.toString('utf8'), entry: value, digest: digestOf(bytes) };
  page.lines.push(line);
  page.chains.push(chainLink(page.chains[page.chains.length - 1] ?? page.chain, seq, line.digest));
}
