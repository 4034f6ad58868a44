// Everything that a bench starts, so that it ends with it: each by its own number, however the bench ends.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const running = new Set();
const lastSteps = [];
let over = false;

/** Runs when the bench ends, in whichever way; synchronous. */
export const atTheEnd = (step) => lastSteps.unshift(step);

function end() {
  if (over) return;
  over = true;
  for (const child of running) child.kill('SIGTERM');
  for (const step of lastSteps) step();
}
process.on('exit', end);
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) process.on(signal, () => process.exit(code));

export function start(command, words, options = {}) {
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  running.add(child);
  child.ended = once(child, 'exit').then(([code, signal]) => {
    running.delete(child);
    return signal ?? code;
  });
  return child;
}

/** Starts a server that prints its port when it listens. */
export async function startServer(command, words, options) {
  const child = start(command, words, options);
  const early = child.ended.then((how) => {
    throw new Error(`${command} ${words[0]} ended before it listened (${how})`);
  });
  const [port] = await Promise.race([once(child.stdout, 'data'), early]);
  early.catch(() => {}); // later it is told to
  return { child, port: Number(port) };
}

export async function stop(child) {
  child.kill('SIGTERM');
  await child.ended;
}

/** What a program writes to standard output; it must end well. */
export async function run(command, words, options) {
  const whole = promisify(execFile)(command, words, { encoding: 'utf8', maxBuffer: 1 << 26, ...options });
  running.add(whole.child);
  try {
    return (await whole).stdout;
  } catch (trouble) {
    throw new Error(`${command} ${words.join(' ')}: ${trouble.stderr || trouble.message}`);
  } finally {
    running.delete(whole.child);
  }
}

export async function until(what, seconds, condition) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((next) => setTimeout(next, 50));
  }
}
