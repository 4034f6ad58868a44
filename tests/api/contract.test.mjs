// openapi.yaml against the program's own tables of routes and fields, both ways, and every route against every role.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";

import { document } from "./lib/openapi.mjs";
import { program, roles, startTown } from "./lib/town.mjs";

const tables = JSON.parse(execFileSync(program, ["routes"], { maxBuffer: 1 << 24 }));
const methods = ["get", "put", "post", "patch", "delete"];
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    methods.filter((method) => item[method]).map((method) => ({ method: method.toUpperCase(), path, ...item[method] })));
const resolve = (object) => (object?.$ref ? resolve(object.$ref.slice(2).split("/").reduce((at, step) => at[step], document)) : object);
const name = (operation) => `${operation.method} ${operation.path}`;

// The screens and the federation are not part of the API's description.
const routes = tables.routes.filter((route) => route.path !== "*" && route.path !== "/" && !/^\/(federation|\.well-known)\//.test(route.path));

test("every route is described, and everything described is a route", () => {
    assert.deepEqual(routes.map(name).sort(), operations.map(name).sort());
});

test("roles, node roles and bodies are as described", () => {
    for (const operation of operations) {
        const route = routes.find((one) => name(one) === name(operation));
        if (!route) continue; // told by the test above
        assert.deepEqual([...route.roles].sort(), [...operation["x-roles"]].sort(), `${name(operation)}: roles`);
        const nodes = operation["x-node-role"] === "any" ? ["city", "office"] : [operation["x-node-role"]];
        assert.deepEqual([...route.nodes].sort(), nodes.sort(), `${name(operation)}: nodes`);
        const type = operation.requestBody ? Object.keys(operation.requestBody.content)[0] : null;
        assert.equal(route.body_type, type, `${name(operation)}: body`);
        assert.equal(route.body_limit > 0, type !== null, `${name(operation)}: body`);
    }
});

const bodies = new Set(operations.flatMap((operation) => operation.requestBody?.content["application/json"]?.schema.$ref ?? []).map((ref) => ref.split("/").at(-1)));

test("every body has a field table, and every field table is a body", () => {
    assert.deepEqual(Object.keys(tables.schemas).sort(), [...bodies].sort());
});

// A property without the choice of null: [schema, nullable].
function unwrapped(property) {
    const schema = resolve(property);
    if (schema.anyOf) return [resolve(schema.anyOf.find((one) => one.type !== "null")), true];
    if (Array.isArray(schema.type)) return [{ ...schema, type: schema.type.find((one) => one !== "null") }, true];
    return [schema, false];
}

function compareField(field, property, where) {
    const [schema, nullable] = unwrapped(property);
    assert.equal(field.nullable, nullable, `${where}: nullable`);
    const text = () => {
        assert.equal(schema.type, "string", where);
        // Days and languages have a length by their pattern.
        const fixed = { 10: schema.format === "date", 2: /^\^\[(a-z|A-Z)\]\{2\}\$$/.test(schema.pattern) }[field.max];
        assert.ok(fixed || (field.min === schema.minLength && field.max === schema.maxLength), `${where}: ${field.min} to ${field.max}, described as ${schema.minLength} to ${schema.maxLength}`);
    };
    const of = {
        text,
        integer: () => assert.deepEqual([schema.type, field.min, field.max], ["integer", schema.minimum, schema.maximum], where),
        boolean: () => assert.equal(schema.type, "boolean", where),
        uuid: () => assert.equal(schema.format, "uuid", where),
        b64u: () => assert.equal(schema.pattern, `^[A-Za-z0-9_-]{${Math.ceil((field.max * 4) / 3)}}$`, where),
        authority: () => assert.equal(schema, document.components.schemas.Authority, where),
        month: () => assert.equal(schema, document.components.schemas.Month, where),
        enum: () => assert.deepEqual([...field.values].sort(), [...(schema.enum ?? [])].sort(), where),
        array: () => {
            assert.deepEqual([schema.type, field.min, field.max], ["array", schema.minItems ?? 0, schema.maxItems], where);
            if (field.fields) compareObject(field.fields, resolve(schema.items), false, `${where}[]`);
            if (field.values) assert.deepEqual([...field.values].sort(), [...resolve(schema.items).enum].sort(), `${where}[]`);
        },
        object: () => compareObject(field.fields, schema, false, where),
    }[field.type];
    assert.ok(of, `${where}: ${field.type}`);
    of();
}

function compareObject(fields, schema, partial, where) {
    assert.equal(schema.additionalProperties, false, `${where}: open`);
    assert.deepEqual(fields.map((field) => field.name).sort(), Object.keys(schema.properties).sort(), where);
    assert.equal(schema.minProperties === 1, partial, `${where}: a change must change something`);
    const required = fields.filter((field) => field.required && !partial).map((field) => field.name);
    assert.deepEqual(required.sort(), [...(schema.required ?? [])].sort(), `${where}: required`);
    for (const field of fields) compareField(field, schema.properties[field.name], `${where}.${field.name}`);
}

for (const [schema, table] of Object.entries(tables.schemas))
    test(`the fields of ${schema} are as described`, () => {
        assert.ok(document.components.schemas[schema], "not described");
        compareObject(table.fields, document.components.schemas[schema], table.partial, schema);
    });

test("what may stand behind the question mark is as described, both ways", () => {
    for (const operation of operations) {
        const route = routes.find((one) => name(one) === name(operation));
        if (!route) continue; // told by the first test
        const described = (operation.parameters ?? []).map(resolve).filter((parameter) => parameter.in === "query");
        assert.deepEqual(route.query.map((field) => field.name).sort(), described.map((parameter) => parameter.name).sort(), name(operation));
        for (const parameter of described) {
            const field = route.query.find((one) => one.name === parameter.name);
            const where = `${name(operation)}?${field.name}`;
            assert.equal(field.required, parameter.required ?? false, `${where}: required`);
            compareField(field, parameter.schema, where);
        }
    }
});

let town;
before(async () => { town = await startTown(); });
after(() => town?.stop());

const filled = (path) => path.replace("{id}", "00000000-0000-4000-8000-000000000000").replace(/\{(origin|authority)\}/, "nowhere.example");
const asked = (operation) => operation.method === "GET" || operation.method === "DELETE" ? undefined : operation.requestBody?.content["text/csv"] ? "x" : {};
const options = (operation, role, node) => ({
    role, node, body: operation.requestBody ? asked(operation) : undefined,
    type: operation.requestBody?.content["text/csv"] ? "text/csv" : "application/json",
    // Without a token a request that changes something must come from the node's own pages.
    headers: role ? {} : { "X-Requested-With": "herausforderung", Origin: node.url },
    version: operation.method === "PATCH" || operation.method === "DELETE" ? 1 : undefined,
});

for (const kind of ["city", "office"])
    for (const role of [null, ...roles])
        test(`${role ?? "nobody"} may at a ${kind} exactly what is described`, async () => {
            const node = kind === "city" ? town.node : town.office;
            for (const operation of operations) {
                const here = ["any", kind].includes(operation["x-node-role"]);
                const open = operation["x-roles"].includes("public");
                const { status } = await town.call(operation.method, filled(operation.path), options(operation, role, node));
                const where = `${role} ${name(operation)}: ${status}`;
                if (!here) assert.equal(status, 404, where);
                else if (!role && !open) assert.equal(status, 401, where);
                else if (!open && !operation["x-roles"].includes(role)) assert.equal(status, 403, where);
                else assert.ok(status !== 401 && status !== 403 && status < 500, where);
            }
        });
