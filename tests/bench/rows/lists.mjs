// Every other list, whole and filtered, sorted otherwise and far behind, beside the list of 50 of the same town.
import { atLeast } from '../lib/figures.mjs';
import { LIST } from './list.mjs';

export const help = 'filters, other sorts, page 40, organisations, other towns\' lists : the list of 50';
export const sizes = [200, 2000, 20000];
const PAGE = 40;

/** Page 40, or the last whole one of a town that has fewer. */
async function fartherPage(town) {
  let target = LIST, { items, next } = await town.get(LIST);
  for (let page = 1; page < PAGE && next !== null; page++) {
    const following = `${LIST}&cursor=${encodeURIComponent(next)}`, before = items.length;
    ({ items, next } = await town.get(following));
    if (items.length < before) break;
    target = following;
  }
  return target;
}

export async function prepare({ towns }) {
  return Promise.all(towns.map(async (town) => {
    const [{ id }] = town.sql("SELECT organisation_id AS id FROM listings WHERE kind = 'proposal' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1");
    const [{ origin }] = town.sql('SELECT origin FROM network_items GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1');
    const elsewhere = '/api/v1/network/proposals?limit=50';
    const targets = {
      'completed ones': `${LIST}&state=completed`,
      'seeking ones': `${LIST}&state=seeking`,
      'of a category': `${LIST}&category=goods`,
      'of a rare category': `${LIST}&category=network`,
      'of a state and a category': `${LIST}&state=expired&category=hands`,
      'of an organisation': `${LIST}&organisation=${id}`,
      'published ones': `${LIST}&published=true`,
      'unpublished ones': `${LIST}&published=false`,
      'by day': `${LIST}&sort=needed_by`,
      'by title': `${LIST}&sort=title`,
      [`page ${PAGE}, or the last`]: await fartherPage(town),
      'offers': '/api/v1/offers?limit=50',
      'organisations': '/api/v1/organisations?limit=50',
      'companies': '/api/v1/organisations?limit=50&sector=company',
      'other towns\' proposals': elsewhere,
      'other towns\', of a category': `${elsewhere}&category=goods`,
      'other towns\', of one town': `${elsewhere}&origin=${encodeURIComponent(origin)}`,
      'other towns\', nearest': `${elsewhere}&sort=distance`,
      'other towns\', by month': `${elsewhere}&sort=month`,
      'other towns\', taken up': `${elsewhere}&mine=true`,
      'other towns\' offers': '/api/v1/network/offers?limit=50',
    };
    return Promise.all(Object.entries(targets).map(async ([name, target]) => ({ name, target, rows: (await town.get(target)).items.length })));
  }));
}

export async function round({ towns, seconds, note, perSecond }, targets) {
  const short = Math.max(1, seconds / 2);
  for (const [i, town] of towns.entries()) {
    const list = await perSecond(town, LIST, 1, short);
    for (const { name, target, rows } of targets[i])
      note({ what: `${name}, ${rows} rows : list of 50`, size: town.size, clients: 1, ours: await perSecond(town, target, 1, short), other: list,
        aim: town.size === sizes.at(-1) ? atLeast(0.5) : undefined, grows: name, rows });
  }
}
