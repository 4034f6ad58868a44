/** Limits of section 13: token buckets and remembered nonces. */

/** Real time, not the node's clock: a test that stops the clock must not stop the buckets. */
const monotonic = () => performance.now() / 1000;

export class Bucket {
  /** @param {{rate: number, burst: number}} limit */
  constructor({ rate, burst }) {
    this.rate = rate;
    this.burst = burst;
    this.tokens = burst;
    this.last = monotonic();
  }

  /** Takes one token. @returns {number} 0 when there was one, else the seconds until there is */
  take() {
    const now = monotonic();
    this.tokens = Math.min(this.burst, this.tokens + (now - this.last) * this.rate);
    this.last = now;
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return 0;
    }
    return Math.max(1, Math.ceil((1 - this.tokens) / this.rate));
  }
}

export class Buckets {
  #limit;
  /** @type {Map<string, Bucket>} */
  #buckets = new Map();

  /** @param {{rate: number, burst: number}} limit */
  constructor(limit) {
    this.#limit = limit;
  }

  /** @param {string} name */
  take(name) {
    if (!this.#buckets.has(name)) this.#buckets.set(name, new Bucket(this.#limit));
    return this.#buckets.get(name).take();
  }
}

/** Nonces by key, each kept until `expires + 60` (5.3, step 7). */
export class Nonces {
  /** @type {Map<string, number>} */
  #seen = new Map();

  /**
   * @param {string} keyid @param {string} nonce @param {number} expires @param {number} now seconds
   * @returns {boolean} whether the pair is new
   */
  remember(keyid, nonce, expires, now) {
    for (const [pair, until] of this.#seen) if (until < now) this.#seen.delete(pair);
    const pair = `${keyid} ${nonce}`;
    if (this.#seen.has(pair)) return false;
    this.#seen.set(pair, expires + 60);
    return true;
  }
}
