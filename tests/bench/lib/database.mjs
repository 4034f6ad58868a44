// The databases that are measured, asked with psql: what no API tells, and what must not load the node.
import { execFileSync } from 'node:child_process';

/** The rows of one statement, as objects; nothing for what is no query. */
export function query(database, text) {
  const asked = /^\s*(SELECT|WITH)\b/i.test(text);
  const said = execFileSync('psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', database, '-c', asked ? `SELECT coalesce(json_agg(q), '[]') FROM (${text}) AS q` : text],
    { encoding: 'utf8', maxBuffer: 1 << 28 });
  return asked ? JSON.parse(said) : [];
}
