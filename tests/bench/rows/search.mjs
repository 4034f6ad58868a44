// Searching proposals, in bare round trips. What is not found is not searched well: each must find something.
import { atMost, p95 } from '../lib/figures.mjs';
import { LIST } from './list.mjs';

export const help = 'a word, two words, a typo, an umlaut either way, p95 : bare round trip';
export const sizes = [200, 2000, 20000];

const ELSEWHERE = '/api/v1/network/proposals?limit=50';
const searches = [
  ['a word', LIST, 'Stühle'],
  ['a rare word', LIST, 'Bienenstöcke'],
  ['two words', LIST, 'Stühle Sommerfest'],
  ['a typo', LIST, 'Nachbarschafsfest'],
  ['an umlaut left out', LIST, 'Stuhle'],
  ['an umlaut written out', LIST, 'Stuehle'],
  ['a word, other towns', ELSEWHERE, 'Stühle'],
];
const target = (list, words) => `${list}&q=${encodeURIComponent(words)}`;

export async function prepare({ towns }) {
  const found = new Map();
  for (const town of towns)
    for (const [, list, words] of searches) {
      const { items, total } = await town.get(target(list, words));
      if (items.length === 0) throw new Error(`Nothing is found for «${words}» in the town of ${town.size}.`);
      if (/^Stu(e?)hle$/.test(words) && !items.some(({ title, text }) => /Stühle/.test(title + text))) throw new Error(`«${words}» does not find Stühle.`);
      found.set(`${town.size} ${list} ${words}`, { total, rows: items.length });
    }
  return found;
}

export async function round({ towns, seconds, note, withClient, bareRoundTrip }, found) {
  for (const town of towns)
    await withClient(town, async (client) => {
      const bare = await bareRoundTrip(town, client);
      for (const [kind, list, words] of searches) {
        const samples = await client.take(target(list, words), { count: 200, milliseconds: seconds * 500 });
        const { total, rows } = found.get(`${town.size} ${list} ${words}`);
        note({ what: `search, ${kind}, ${total} found : bare round trip`, rows, size: town.size, clients: 1, unit: 'ms', ours: p95(samples), other: bare,
          aim: town.size === sizes.at(-1) ? atMost(20) : undefined, grows: `search, ${kind}` });
      }
    });
}
