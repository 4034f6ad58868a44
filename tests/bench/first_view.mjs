// How long a coordinator with nothing in the browser's cache waits for the list of Heute on a slow line, how much is
// carried for it, and how many requests wait for each other: one is said to wait for another that ended before it
// began, which finds every real chain and may find a longer one, but never a shorter.
import { Visitor, openDemo } from '../browser/support.mjs';

const ROUNDS = 5, LATENCY_MS = 400, BYTES_PER_SECOND = 50 * 1024, MOST_MS = 4000, LONGEST_CHAIN = 3;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** The requests of a page as they happen: {url, begin, end, bytes}, times in seconds. */
async function watch(cdp) {
  const requests = new Map();
  cdp.on('Network.requestWillBeSent', ({ requestId, request, timestamp }) =>
    /^https?:/.test(request.url) && requests.set(requestId, { url: request.url, begin: timestamp }));
  cdp.on('Network.loadingFinished', ({ requestId, timestamp, encodedDataLength }) =>
    requests.has(requestId) && Object.assign(requests.get(requestId), { end: timestamp, bytes: encodedDataLength }));
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions',
    { offline: false, latency: LATENCY_MS, downloadThroughput: BYTES_PER_SECOND, uploadThroughput: BYTES_PER_SECOND });
  return requests;
}

function longestChain(requests) {
  const longest = new Map();
  for (const one of [...requests].sort((a, b) => a.begin - b.begin)) {
    const before = requests.filter((other) => other.end <= one.begin).map((other) => longest.get(other));
    longest.set(one, [...before.sort((a, b) => b.length - a.length)[0] ?? [], one]);
  }
  return [...longest.values()].sort((a, b) => b.length - a.length)[0];
}

async function firstView(browser, town, storageState) {
  const visitor = await Visitor.open(browser, { storageState, ignoreHTTPSErrors: true });
  const requests = await watch(await visitor.context.newCDPSession(visitor.page));
  const began = performance.now();
  await visitor.page.goto(town.https, { waitUntil: 'commit' });
  await visitor.page.locator('main .group').first().waitFor();
  const milliseconds = performance.now() - began;
  const waitedFor = [...requests.values()].filter(({ end }) => end !== undefined);
  await visitor.close();
  return { milliseconds, bytes: waitedFor.reduce((sum, { bytes }) => sum + bytes, 0), chain: longestChain(waitedFor) };
}

const pathOf = ({ url }) => new URL(url).pathname;
const demo = await openDemo();
try {
  const town = { ...demo.towns.saarbruecken, url: demo.towns.saarbruecken.https.replace(/\/$/, '') };
  const visitor = await (await Visitor.open(demo.browser, { ignoreHTTPSErrors: true })).signIn(town);
  const storageState = await visitor.context.storageState();
  await visitor.close();
  const views = [];
  for (let round = 0; round < ROUNDS; round++) views.push(await firstView(demo.browser, town, storageState));
  const { chain } = views.sort((a, b) => b.chain.length - a.chain.length)[0];
  console.log(`${LATENCY_MS} ms, ${BYTES_PER_SECOND / 1024} KB/s, nothing cached, ${ROUNDS} rounds`);
  console.log(`navigation → list of Heute (ms)    median ${median(views.map((view) => view.milliseconds)).toFixed(0)}, most ${Math.max(...views.map((view) => view.milliseconds)).toFixed(0)}; aim below ${MOST_MS}`);
  console.log(`carried until then (bytes)         ${median(views.map((view) => view.bytes))}`);
  console.log(`longest chain of requests          ${chain.length}; aim at most ${LONGEST_CHAIN} (${chain.map(pathOf).join(' → ')})`);
} finally {
  await demo.end();
}
