/** The strict JSON profile of section 2. JSON.parse cannot tell duplicates, 1.0 from 1, or a lone \ud800. */
import { ProtocolError } from './errors.mjs';

const MAX_DEPTH = 16;

/**
 * @param {Uint8Array|string} input bytes of the JSON text (a string stands for its UTF-8)
 * @returns {Record<string, any>}
 */
export function parseProfile(input) {
  let text;
  try {
    const bytes = typeof input === 'string' ? Buffer.from(input, 'utf8') : input;
    if (typeof input === 'string' && bytes.toString('utf8') !== input) throw new Error('lone surrogate');
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new ProtocolError('bad-json', `not UTF-8: ${error.message}`);
  }
  return new Parser(text).top();
}

class Parser {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  fail(why) {
    throw new ProtocolError('bad-json', `${why} at ${this.at}`);
  }

  top() {
    this.space();
    if (this.text[this.at] !== '{') this.fail('no object at the top');
    const value = this.object(1);
    this.space();
    if (this.at !== this.text.length) this.fail('something after the object');
    return value;
  }

  space() {
    while (this.at < this.text.length && ' \t\r\n'.includes(this.text[this.at])) this.at++;
  }

  expect(char) {
    if (this.text[this.at] !== char) this.fail(`expected ${char}`);
    this.at++;
  }

  value(depth) {
    const char = this.text[this.at];
    if (char === '{') return this.object(depth);
    if (char === '[') return this.array(depth);
    if (char === '"') return this.string();
    if (char === '-' || (char >= '0' && char <= '9')) return this.number();
    for (const [word, value] of [['true', true], ['false', false], ['null', null]]) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.fail('unexpected character');
  }

  object(depth) {
    if (depth > MAX_DEPTH) this.fail('too deep');
    const result = {};
    this.at++;
    this.space();
    if (this.text[this.at] === '}') {
      this.at++;
      return result;
    }
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') this.fail('expected a member name');
      const name = this.string();
      if (Object.hasOwn(result, name)) this.fail(`duplicate member ${JSON.stringify(name)}`);
      this.space();
      this.expect(':');
      this.space();
      // defineProperty, because an assignment to __proto__ would be no member
      Object.defineProperty(result, name, {
        value: this.value(depth + 1), enumerable: true, configurable: true, writable: true,
      });
      this.space();
      if (this.text[this.at] === '}') {
        this.at++;
        return result;
      }
      this.expect(',');
    }
  }

  array(depth) {
    if (depth > MAX_DEPTH) this.fail('too deep');
    const result = [];
    this.at++;
    this.space();
    if (this.text[this.at] === ']') {
      this.at++;
      return result;
    }
    for (;;) {
      this.space();
      result.push(this.value(depth + 1));
      this.space();
      if (this.text[this.at] === ']') {
        this.at++;
        return result;
      }
      this.expect(',');
    }
  }

  number() {
    const match = /^-?(?:0|[1-9][0-9]*)/.exec(this.text.slice(this.at, this.at + 32));
    if (!match) return this.fail('not a number');
    this.at += match[0].length;
    if (/[0-9.eE]/.test(this.text[this.at] ?? '')) this.fail('not an integer');
    const value = Number(match[0]);
    if (!Number.isSafeInteger(value)) this.fail('integer out of range');
    return value === 0 ? 0 : value; // -0 is 0
  }

  string() {
    let out = '';
    this.at++;
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined) this.fail('string without end');
      if (char === '"') break;
      if (char < ' ') this.fail('control character in a string');
      this.at++;
      if (char !== '\\') {
        out += char;
        continue;
      }
      const escape = this.text[this.at++];
      if (escape === 'u') {
        const hex = this.text.slice(this.at, this.at + 4);
        if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.fail('bad escape');
        if (hex === '0000') this.fail('U+0000');
        out += String.fromCharCode(Number.parseInt(hex, 16));
        this.at += 4;
        continue;
      }
      const plain = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }[escape];
      if (plain === undefined) this.fail('bad escape');
      out += plain;
    }
    this.at++;
    // Surrogates can only come from escapes here; two escapes may form a pair, so the whole string is looked at.
    if (/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(out)) this.fail('lone surrogate');
    return out;
  }
}
