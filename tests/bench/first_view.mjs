// How long a coordinator whose browser has nothing of the screens yet waits for the list of Heute on a slow line, how much
// is carried until then, and how many requests wait for each other. One waits for another if that ended before it began:
// so every real chain is found, and a longer one may be, but never a shorter. In turn with it the same without the slow
// line: what this machine, as busy as it is, takes for its own part.
import { Visitor, openDemo } from '../browser/support.mjs';

const ROUNDS = 5, LATENCY_MS = 400, BYTES_PER_SECOND = 50 * 1024, MOST_MS = 4000, LONGEST_CHAIN = 3;
const SLOW = { offline: false, latency: LATENCY_MS, downloadThroughput: BYTES_PER_SECOND, uploadThroughput: BYTES_PER_SECOND };
const LOOPBACK = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const longest = (chains) => chains.reduce((one, other) => (other.length > one.length ? other : one), []);

/** The requests of a page as they happen: {url, begin, end, bytes}, times in seconds. */
async function watch(cdp, line) {
  const requests = new Map();
  cdp.on('Network.requestWillBeSent', ({ requestId, request: { url }, timestamp: begin }) =>
    /^https?:/.test(url) && requests.set(requestId, { url, begin }));
  cdp.on('Network.loadingFinished', ({ requestId, timestamp: end, encodedDataLength: bytes }) =>
    requests.has(requestId) && Object.assign(requests.get(requestId), { end, bytes }));
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', line);
  return requests;
}

function longestChain(requests) {
  const chainTo = new Map();
  for (const one of requests.sort((a, b) => a.begin - b.begin)) {
    const before = requests.filter(({ end }) => end <= one.begin);
    chainTo.set(one, [...longest(before.map((other) => chainTo.get(other))), one]);
  }
  return longest([...chainTo.values()]);
}

async function firstView(browser, url, storageState, line) {
  const visitor = await Visitor.open(browser, { storageState, ignoreHTTPSErrors: true });
  const requests = await watch(await visitor.context.newCDPSession(visitor.page), line);
  const began = performance.now();
  await visitor.page.goto(url, { waitUntil: 'commit' });
  await visitor.page.locator('main .group').first().waitFor();
  const milliseconds = performance.now() - began;
  const done = [...requests.values()].filter(({ end }) => end);
  await visitor.close();
  return { milliseconds, bytes: done.reduce((sum, { bytes }) => sum + bytes, 0), chain: longestChain(done) };
}

const demo = await openDemo();
try {
  const town = Object.assign(demo.towns.saarbruecken, { url: demo.towns.saarbruecken.https });
  const visitor = await (await Visitor.open(demo.browser, { ignoreHTTPSErrors: true })).signIn(town);
  const storageState = await visitor.context.storageState();
  await visitor.close();

  const views = [], own = [];
  while (views.length < ROUNDS) {
    views.push(await firstView(demo.browser, town.url, storageState, SLOW));
    own.push((await firstView(demo.browser, town.url, storageState, LOOPBACK)).milliseconds);
  }
  const milliseconds = views.map((view) => view.milliseconds);
  const chain = longest(views.map((view) => view.chain));
  const told = chain.map(({ url }) => new URL(url).pathname).join(' → ');
  console.log(`a line of ${LATENCY_MS} ms and ${BYTES_PER_SECOND / 1024} KB/s, nothing cached, ${ROUNDS} rounds`);
  console.log(`opened → list of Heute (ms)        median ${median(milliseconds).toFixed(0)}, most ${Math.max(...milliseconds).toFixed(0)}; aim < ${MOST_MS}`);
  console.log(`without the slow line (ms)         median ${median(own).toFixed(0)}, most ${Math.max(...own).toFixed(0)}`);
  console.log(`carried until then (bytes)         ${median(views.map((view) => view.bytes))}`);
  console.log(`longest chain of requests          ${chain.length}; aim <= ${LONGEST_CHAIN} (${told})`);
} finally {
  await demo.end();
}
