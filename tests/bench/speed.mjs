// Speed at the size of a real town after ten years: every row of one table, beside what this machine can do at most.
//
// Rows are measured in rounds, all rows in each, and told as medians over the rounds; a ratio is the median of the ratios of
// the rounds. What is compared is measured one directly after the other. Nothing is answered from a cache of answers.
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';

import { until } from './lib/children.mjs';
import { cpuOf } from './lib/cpu.mjs';
import { Figures, median } from './lib/figures.mjs';
import { Client, wrk } from './lib/load.mjs';
import { SIZES, Towns } from './lib/towns.mjs';
import * as list from './rows/list.mjs';
import * as lists from './rows/lists.mjs';
import * as resident from './rows/resident.mjs';
import * as screens from './rows/screens.mjs';
import * as search from './rows/search.mjs';
import * as tls from './rows/tls.mjs';

const groups = { list, lists, search, screens, tls, resident };

const HELP = `Usage: node tests/bench/speed.mjs [--rows NAME,…] [--size N,…] [--rounds N] [--seconds N] [--minutes N] [--dir DIR]

  --rows NAME,…   only these: ${Object.entries(groups).map(([name, { help }]) => `\n                    ${name.padEnd(8)} ${help}`).join('')}
  --size N,…      only towns of these sizes, of ${SIZES.join(', ')} proposals (growth needs 200 and 20000)
  --rounds N      rounds of all rows (default 5)
  --seconds N     how long each rate is measured in each round (default 2)
  --minutes N     no round begins after so long (default 25); the table says how many there were
  --dir DIR       keep the towns and their data there, and take them from there the next time: they start in seconds then.
                  The databases stay as the first program made them: remove DIR after a migration has changed.

Needs build/release/hf-node and what ops/install bench installs. Stops everything that it starts. Exit code 0 also when an aim
is missed; anything else when something broke.
`;

function readWords() {
  const { values } = parseArgs({ options: {
    rows: { type: 'string', default: Object.keys(groups).join(',') }, size: { type: 'string', default: SIZES.join(',') }, rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' }, minutes: { type: 'string', default: '25' }, dir: { type: 'string' }, help: { type: 'boolean', short: 'h' },
  } });
  const rows = values.rows.split(','), sizes = values.size.split(',').map(Number);
  for (const name of rows) if (!groups[name]) throw new Error(`There are no rows ${name}.`);
  for (const size of sizes) if (!SIZES.includes(size)) throw new Error(`There is no town of ${size}.`);
  return { ...values, rows, sizes, rounds: Number(values.rounds), seconds: Number(values.seconds), minutes: Number(values.minutes) };
}

const say = (text) => process.stderr.write(`${text}\n`);

/**
 * Requests, a second and in all, at a server that knows the town's token. Where one request takes long, a rate takes longer to
 * measure; of one client, then, a single request tells it.
 */
async function rateAt(url, town, target, clients, seconds) {
  const client = new Client(url, town.authorization());
  const [once] = await client.take(target, { count: 1 });
  await client.close();
  if (clients === 1 && once > seconds * 300) return { perSecond: 1000 / once, count: 1 };
  const rate = await wrk(url + target, { clients, seconds: Math.min(6, Math.max(seconds, Math.ceil(once / 100))), headers: [town.authorization()] });
  if (once > 20) await town.quiet();
  return rate;
}

/** A rate, and the milliseconds of processor time that each cost the processes `roots` and all that they started. */
async function withCpu(roots, work) {
  const before = cpuOf(roots), { perSecond, count } = await work();
  // What a server started for this work alone is counted once it has ended, and its parent has noticed.
  let after = cpuOf(roots), last;
  await until('what was started has ended', 2, () => {
    [last, after] = [after, cpuOf(roots)];
    return after.processes <= before.processes && after.seconds === last.seconds;
  }).catch(() => {}); // it stays: then it is counted living
  return { perSecond, cpu: ((after.seconds - before.seconds) * 1000) / (count + 1) }; // and the one that came first
}

async function withClient(town, work) {
  const client = new Client(town.url, town.authorization());
  await work(client);
  await client.close();
}

/** The median of an authenticated read of one row by its key, in milliseconds. */
async function bareRoundTrip(town, client) {
  const [{ id }] = town.sql('SELECT id FROM organisations ORDER BY name LIMIT 1');
  return median(await client.take(`/api/v1/organisations/${id}`, { count: 500, milliseconds: 500 }));
}

async function measure(words) {
  const [load] = loadavg(), began = Date.now(), over = () => Date.now() - began > words.minutes * 60_000;
  const towns = new Towns(words.dir, words.dir !== undefined), figures = new Figures(), prepared = new Map();
  // Rows for which the size does not matter come in one of their own.
  const sizesOf = ({ sizes }) => (sizes.length > 1 ? sizes.filter((size) => words.sizes.includes(size)) : sizes);
  const chosen = words.rows.map((name) => groups[name]);

  await towns.up([...new Set(chosen.flatMap(sizesOf))], say);
  const worldOf = (group) => ({
    towns: sizesOf(group).map(towns.of), network: towns, seconds: words.seconds, directory: towns.directory, note: (row) => figures.note(row), say, withClient, bareRoundTrip,
    withCpu, rateAt: (url, town, target, clients) => rateAt(url, town, target, clients, words.seconds),
    perSecond: async (town, target, clients, seconds = words.seconds) => (await rateAt(town.url, town, target, clients, seconds)).perSecond,
  });
  for (const group of chosen) prepared.set(group, await group.prepare(worldOf(group)));
  let rounds = 0;
  for (; rounds < words.rounds && !(rounds > 0 && over()); rounds++) {
    for (const group of chosen) if (rounds === 0 || !over()) await group.round(worldOf(group), prepared.get(group));
    say(`round ${rounds + 1} of ${words.rounds} after ${((Date.now() - began) / 1000).toFixed(0)} s`);
  }
  for (const group of chosen) await group.finish?.(worldOf(group), prepared.get(group));
  console.log(`\n${cpus().length} cores (${cpus()[0].model}); medians of ${rounds} rounds in ${((Date.now() - began) / 60_000).toFixed(1)} minutes.`);
  console.log(load > 0.5 ? `The machine was not quiet: its load was ${load.toFixed(1)} before anything was started. Ratios are skewed.\n` : '');
  console.log(figures.table());
}

let words;
try {
  words = readWords();
} catch (mistake) {
  process.stderr.write(`speed: ${mistake.message}\n${HELP}`);
  process.exit(2);
}
if (words.help) process.stdout.write(HELP);
else {
  await measure(words);
  process.exit(0); // what is kept alive need not run out
}
