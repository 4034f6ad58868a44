// The lists of mutations: reading them, and finding the place of one in today's code.

import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

// [{list, line, file, promise, suites, old: [lines], put: [lines], survives}], in the order of the lists.
export function readMutants() {
    return readdirSync(here)
        .filter((name) => name.endsWith(".mutants"))
        .sort()
        .flatMap((name) => readList(name, readFileSync(path.join(here, name), "utf8")));
}

// A "## file" and its "suite:" hold until the next; a mutation begins with "# promise" and ends with a blank line.
export function readList(list, text) {
    const mutants = [];
    let file = null;
    let suites = [];
    let one = null;
    const finish = () => {
        if (one) mutants.push({ ...one, suites: one.suites ?? suites });
        one = null;
    };
    const takers = [
        [/^## (.+)$/, ([, name]) => ((file = name), (suites = []))],
        [/^# (.+)$/, ([, promise], line) => (one = { list, line, file, promise, old: [], put: [], suites: null, survives: null })],
        [/^suite: (.+)$/, ([, names]) => (one ? (one.suites = names.split(" ")) : (suites = names.split(" ")))],
        [/^survives: (.+)$/, ([, why]) => (one.survives = why)],
        [/^- (.*)$/, ([, code]) => one.old.push(code.trim())],
        [/^\+ (.*)$/, ([, code]) => one.put.push(code.trim())],
    ];
    text.split("\n").forEach((raw, index) => {
        if (raw.trim() === "") return finish();
        const taker = takers.find(([pattern]) => pattern.test(raw));
        if (!taker) throw new Error(`${list}:${index + 1}: not understood: ${raw}`);
        if (raw.startsWith("#")) finish();
        taker[1](raw.match(taker[0]), index + 1);
    });
    finish();
    for (const { line, old, suites: names, file: name, promise } of mutants)
        if (!name || old.length === 0 || names.length === 0) throw new Error(`${list}:${line}: "${promise}" lacks its file, its suite or what it changes`);
    return mutants;
}

// Where the old lines stand (white space at both ends aside), which must be in one place only; found: false otherwise.
export function locate(text, { old, put }) {
    const lines = text.split("\n");
    const fits = (at) => old.every((line, n) => lines[at + n]?.trim() === line);
    const places = lines.map((_, at) => at).filter(fits);
    if (places.length !== 1) return { found: false };
    const indent = lines[places[0]].match(/^\s*/)[0];
    return { found: true, line: places[0] + 1, mutated: [...lines.slice(0, places[0]), ...put.map((line) => indent + line), ...lines.slice(places[0] + old.length)].join("\n") };
}
