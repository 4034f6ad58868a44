// Runs test files of node:test, one more at once than there are processors, since many wait for something by the clock, and
// closes with one summary: `node --test` leaves one processor to itself, and on two that is half of the machine. Exit code 1
// when a test failed.
//
//   node tests/run-node.mjs FILE…
import os from "node:os";
import { run } from "node:test";
import { spec } from "node:test/reporters";

const files = process.argv.slice(2);
if (files.length === 0) {
    process.stderr.write("Usage: node tests/run-node.mjs FILE…\n");
    process.exit(2);
}
const concurrency = 1 + (os.availableParallelism?.() ?? os.cpus().length);
run({ files, concurrency })
    .on("test:fail", () => (process.exitCode = 1))
    .compose(new spec())
    .pipe(process.stdout);
