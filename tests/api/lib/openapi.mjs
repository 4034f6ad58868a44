// node/api/openapi.yaml as a judge: does an answer look as it says?

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse } from "yaml";

export const document = parse(readFileSync(new URL("../../../node/api/openapi.yaml", import.meta.url), "utf8"));

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema({ $id: "https://api.test/", ...document });

const pointer = (...steps) => "#/" + steps.map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");
const resolve = (object) => (object?.$ref ? object.$ref.slice(2).split("/").reduce((at, step) => at[step], document) : object);

// The path of the document that a request's path is an instance of; literal segments first.
function pathOf(path) {
    const segments = path.split("/");
    const fits = (pattern) => {
        const parts = pattern.split("/");
        return parts.length === segments.length && parts.every((part, i) => part.startsWith("{") || part === segments[i]);
    };
    return Object.keys(document.paths)
        .filter(fits)
        .sort((a, b) => a.split("{").length - b.split("{").length)[0];
}

const compiled = new Map();
function validator(reference) {
    if (!compiled.has(reference)) compiled.set(reference, ajv.compile({ $ref: `https://api.test/${reference}` }));
    return compiled.get(reference);
}

// Fails unless status, headers and body of an answer are as the document has them for this operation. What is refused
// before any operation is reached (unknown path, wrong method) must still be a Problem.
export function assertDescribed(method, path, status, headers, body) {
    const where = `${method} ${path} → ${status}`;
    const pattern = pathOf(path);
    const operation = pattern && document.paths[pattern][method.toLowerCase()];
    const responses = operation?.responses ?? { default: document.components.responses.Problem };
    const key = responses[status] ? String(status) : "default";
    const response = resolve(responses[key]);
    assert.ok(response, `${where}: not described`);
    assert.ok(key !== "default" || status >= 400, `${where}: not described`);

    for (const [name, header] of Object.entries(response.headers ?? {}))
        if (resolve(header).required) assert.ok(headers.get(name), `${where}: no ${name}`);
    const content = response.content ?? {};
    const type = (headers.get("content-type") ?? "").split(";")[0];
    if (Object.keys(content).length === 0) return assert.equal(body, "", `${where}: a body`);
    assert.ok(content[type], `${where}: content type ${type}`);
    if (!type.endsWith("json")) return undefined;

    const base = responses[key].$ref ?? (operation ? pointer("paths", pattern, method.toLowerCase(), "responses", key) : pointer("components", "responses", "Problem"));
    const validate = validator(`${base}/content/${encodeURIComponent(type.replaceAll("/", "~1"))}/schema`);
    assert.ok(validate(JSON.parse(body)), `${where}: ${ajv.errorsText(validate.errors)}\n${body.slice(0, 2000)}`);
    return undefined;
}
