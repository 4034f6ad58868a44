/** Lines that no stream may hold, and lines that are nonsense but are kept (SPEC 2, 6.2, 9.3). */
import { randomUUID } from 'node:crypto';
import { formatTime, random16 } from './peer/index.mjs';

/** An entry as text: members that replace those of a good proposal; `undefined` leaves one out. */
function make(seq, now, members = {}, body = {}) {
  return JSON.stringify({
    seq, type: 'proposal', id: randomUUID(), rev: 1, at: formatTime(now), salt: random16(), keep_until: formatTime(now + 3600),
    body: {
      title: 'Unsinn', text: 'Unsinn', language: 'de', help: [{ category: 'space' }], municipality: { name: 'Trier' }, state: 'submitted', ...body,
    },
    ...members,
  });
}
/** A good entry with raw text added as its last member, or with any other change of its text. */
const extra = (text) => (seq, now) => make(seq, now).replace(/\}$/, `,${text}}`);
const edit = (change) => (seq, now) => change(make(seq, now), seq);
const bytes = (hex) => (seq, now) => {
  const [before, after] = make(seq, now, { x: '@' }).split('@');
  return Buffer.concat([Buffer.from(before), Buffer.from(hex, 'hex'), Buffer.from(after)]);
};
const deep = (n, [open, close]) => open.repeat(n) + close.repeat(n);

/** @type {Record<string, (seq: number, now: number) => string|Buffer>} */
export const WRONG_LINES = {
  'a duplicate member': extra('"x":1,"x":2'),
  'a duplicate seq': edit((t, seq) => t.replace('{', `{"seq":${seq},`)),
  'a duplicate member deep inside': extra('"x":[{"y":{"z":1,"z":1}}]'),
  'a duplicate by escape': extra('"x":1,"\\u0078":2'),
  'a fraction': extra('"x":1.5'),
  '1.0': extra('"x":1.0'),
  '1e3': extra('"x":1e3'),
  '1E0': extra('"x":1E0'),
  '-1e-1': extra('"x":-1e-1'),
  '1e999999': extra('"x":1e999999'),
  '2^53': extra('"x":9007199254740992'),
  '-2^53': extra('"x":-9007199254740992'),
  'a number of 400 digits': extra(`"x":${'9'.repeat(400)}`),
  'a leading zero': extra('"x":01'),
  'a plus sign': extra('"x":+1'),
  'NaN': extra('"x":NaN'),
  'depth 17 in objects': extra(`"x":${'{"a":'.repeat(15)}{}${'}'.repeat(15)}`),
  'depth 17 in arrays': extra(`"x":${deep(16, '[]')}`),
  'depth 30,000': extra(`"x":${deep(30_000, '[]')}`),
  'a lone high surrogate': extra('"x":"\\ud800"'),
  'a lone low surrogate': extra('"x":"\\udc00"'),
  'surrogates in the wrong order': extra('"x":"\\udc00\\ud800"'),
  'a lone surrogate in a name': extra('"\\ud83d":1'),
  'U+0000 by escape': extra('"x":"\\u0000"'),
  'U+0000 in a name': extra('"a\\u0000b":1'),
  'a NUL octet': bytes('00'),
  'a control character': bytes('01'),
  'octet FF': bytes('ff'),
  'an overlong slash': bytes('c0af'),
  'a surrogate in UTF-8': bytes('eda080'),
  'beyond U+10FFFF': bytes('f4908080'),
  'broken off UTF-8': bytes('e282'),
  'a byte order mark': edit((t) => `\ufeff${t}`),
  'a space before': edit((t) => ` ${t}`),
  'a space behind': edit((t) => `${t} `),
  'a tab behind': edit((t) => `${t}\t`),
  'CR inside': edit((t) => t.replace(',', ',\r')),
  'two objects': edit((t) => `${t}{}`),
  'an array': edit((t) => `[${t}]`),
  'a trailing comma': edit((t) => t.replace(/\}$/, ',}')),
  'a comment': edit((t) => t.replace('{', '{/**/')),
  'an unknown escape': extra('"x":"\\x41"'),
  'broken off': edit((t) => t.slice(0, -5)),
  'an empty object': () => '{}',
  'no seq': (seq, now) => make(undefined, now),
  'seq as a string': (seq, now) => make(String(seq), now),
  'seq as null': (seq, now) => make(null, now),
  'seq 0': (seq, now) => make(0, now),
  'erased in an entry': (seq, now) => make(seq, now, { erased: true }),
  'withheld in an entry': (seq, now) => make(seq, now, { withheld: null }),
};

/** Good, though nobody would write it so. @type {Record<string, (seq: number, now: number) => string>} */
export const UNUSUAL = {
  'depth 16': extra(`"x":${deep(15, '[]')}`),
  '2^53 - 1': extra('"x":9007199254740991,"y":-9007199254740991,"z":-0'),
  'a pair of surrogates': extra('"x":"\\ud83d\\ude00"'),
  'odd names': extra('"__proto__":{"title":"x"},"constructor":1,"":2,"a.b":3,"$":4'),
  'white space': edit((t) => t.replaceAll('":', '"\t : ').replace('{', '{  ')),
  'escapes': edit((t) => t.replace('"title":"Unsinn"', '"t\\u0069tle":"Uns\\u0069nn"')),
  'many members': extra(Array.from({ length: 3000 }, (_, i) => `"m${i}":0`).join(',')),
  'keep_until after 366 days': (seq, now) => make(seq, now, { keep_until: formatTime(now + 366 * 86400) }),
};

/** Kept and not shown: the members around the body are wrong (6.2, 9.3). @type {Record<string, (seq: number, now: number) => string>} */
export const NONSENSE_ENVELOPES = {
  'no type': (seq, now) => make(seq, now, { type: undefined }),
  'a type in capitals': (seq, now) => make(seq, now, { type: 'Proposal' }),
  'type as a number': (seq, now) => make(seq, now, { type: 7 }),
  'a type of 33 characters': (seq, now) => make(seq, now, { type: 'x'.repeat(33) }),
  'an empty type': (seq, now) => make(seq, now, { type: '' }),
  'no id': (seq, now) => make(seq, now, { id: undefined }),
  'id in capitals': (seq, now) => make(seq, now, { id: randomUUID().toUpperCase() }),
  'id of version 1': (seq, now) => make(seq, now, { id: '6ba7b810-9dad-11d1-80b4-00c04fd430c8' }),
  'id as null': (seq, now) => make(seq, now, { id: null }),
  'rev 0': (seq, now) => make(seq, now, { rev: 0 }),
  'no rev': (seq, now) => make(seq, now, { rev: undefined }),
  'rev as a string': (seq, now) => make(seq, now, { rev: '1' }),
  'at in another zone': (seq, now) => make(seq, now, { at: '2026-01-01T00:00:00+01:00' }),
  'at on February 30': (seq, now) => make(seq, now, { at: '2026-02-30T00:00:00Z' }),
  'at at 25 o\'clock': (seq, now) => make(seq, now, { at: '2026-02-20T25:00:00Z' }),
  'no salt': (seq, now) => make(seq, now, { salt: undefined }),
  'a short salt': (seq, now) => make(seq, now, { salt: 'AAAA' }),
  'a salt with unused bits': (seq, now) => make(seq, now, { salt: 'AAECAwQFBgcICQoLDA0ODx' }),
  'no keep_until': (seq, now) => make(seq, now, { keep_until: undefined }),
  'keep_until after 367 days': (seq, now) => make(seq, now, { keep_until: formatTime(now + 367 * 86400) }),
  'keep_until at at': (seq, now) => make(seq, now, { at: formatTime(now + 9), keep_until: formatTime(now + 9) }),
  'keep_until as a number': (seq, now) => make(seq, now, { keep_until: now + 60 }),
  'keep_until in an epoch': (seq, now) => make(seq, now, { type: 'epoch', body: { previous: null, jwk: {} } }),
  'no body': (seq, now) => make(seq, now, { body: undefined }),
  'body as an array': (seq, now) => make(seq, now, { body: [] }),
  'body as a string': (seq, now) => make(seq, now, { body: 'x' }),
};

/** Kept and not shown: the body is wrong, or of a type that is not shown (11). @type {Record<string, (seq: number, now: number) => string>} */
export const NONSENSE_BODIES = {
  'an unknown type': (seq, now) => make(seq, now, { type: 'never_heard', keep_until: undefined }),
  'a reserved type': (seq, now) => make(seq, now, { type: 'material', keep_until: undefined }),
  'a nonsense epoch in the middle': (seq, now) => make(seq, now, { type: 'epoch', keep_until: undefined, body: { previous: 7 } }),
  'a nonsense member': (seq, now) => make(seq, now, { type: 'member', keep_until: undefined, body: { authority: 'X' } }),
  'a nonsense report': (seq, now) => make(seq, now, { type: 'report', keep_until: undefined, body: { period: '2026-Q9', cells: [] } }),
  'no title': (seq, now) => make(seq, now, {}, { title: undefined }),
  'an empty title': (seq, now) => make(seq, now, {}, { title: '' }),
  'a title of 201 code points': (seq, now) => make(seq, now, {}, { title: '😀'.repeat(201) }),
  'a text of 4,001 code points': (seq, now) => make(seq, now, {}, { text: 'ä'.repeat(4001) }),
  'title as an object': (seq, now) => make(seq, now, {}, { title: {} }),
  'language in capitals': (seq, now) => make(seq, now, {}, { language: 'DE' }),
  'language of three letters': (seq, now) => make(seq, now, {}, { language: 'deu' }),
  'no help': (seq, now) => make(seq, now, {}, { help: [] }),
  'eight helps': (seq, now) => make(seq, now, {}, { help: Array.from({ length: 8 }, (_, i) => ({ category: `c${i}` })) }),
  'a category twice': (seq, now) => make(seq, now, {}, { help: [{ category: 'space' }, { category: 'space' }] }),
  'help without a category': (seq, now) => make(seq, now, {}, { help: [{ quantity: '1' }] }),
  'help as strings': (seq, now) => make(seq, now, {}, { help: ['space'] }),
  'quantity as a number': (seq, now) => make(seq, now, {}, { help: [{ category: 'space', quantity: 4 }] }),
  'no municipality': (seq, now) => make(seq, now, {}, { municipality: undefined }),
  'a code without a scheme': (seq, now) => make(seq, now, {}, { municipality: { name: 'Trier', code: '1' } }),
  'a municipality of 121 characters': (seq, now) => make(seq, now, {}, { municipality: { name: 'x'.repeat(121) } }),
  'month 13': (seq, now) => make(seq, now, {}, { month: '2026-13' }),
  'month as null': (seq, now) => make(seq, now, {}, { month: null }),
  'no state': (seq, now) => make(seq, now, {}, { state: undefined }),
  'state as a number': (seq, now) => make(seq, now, {}, { state: 1 }),
};
