// Processor time, which tells more than rates do where others use the same machine.
import { readFileSync, readdirSync } from 'node:fs';

const TICKS = 100; // a second, for every Linux that people use

function readStat(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map(Number);
    return { parent: Number(fields[1]), ticks: user + system + childrenUser + childrenSystem };
  } catch {
    return null; // it has just ended; its parent counts it
  }
}

/** How many these processes are, with all that they started, and the seconds that they have used, ended ones included. */
export function cpuOf(roots) {
  const all = new Map(readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((pid) => [Number(pid), readStat(pid)]));
  const within = (pid) => pid > 1 && all.get(pid) && (roots.includes(pid) || within(all.get(pid).parent));
  const ours = [...all.keys()].filter(within);
  return { processes: ours.length, seconds: ours.reduce((sum, pid) => sum + all.get(pid).ticks / TICKS, 0) };
}
