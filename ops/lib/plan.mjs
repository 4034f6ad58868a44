// What a demo consists of: its nodes, their ports, their people. Made once and kept in DIR/demo.json.

import { randomInt } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import { Trouble, checkout, withLock, writeWhole } from "./tools.mjs";

const people = (domain, language, roles) =>
    roles.map(([mailbox, name, role]) => ({ email: `${mailbox}@${domain}`, name, role, language }));

// All people are invented.
const defaults = [
    {
        node: "saarbruecken", name: "Saarbrücken", country: "DE", language: "de", role: "city",
        latitude: "49.234", longitude: "6.996",
        area: "DE-AGS:10041100:2024-01-01,NUTS:DEC01:2024-01-01", region: "NUTS:DEC01:Regionalverband Saarbrücken",
        places: "Völklingen,Sulzbach,Püttlingen,Quierschied,Riegelsberg,Heusweiler,Friedrichsthal,Kleinblittersdorf,Großrosseln",
        joins: true, peers: [],
        users: people("saarbruecken.example", "de", [
            ["koordination", "Mara Lindner", "coordinator"],
            ["matching", "Jonas Feld", "match_group"],
            ["einsicht", "Ida Brandt", "viewer"],
            ["verwaltung", "Ole Wagenknecht", "admin"],
        ]),
    },
    {
        node: "arnhem", name: "Arnhem", country: "NL", language: "nl", role: "city",
        latitude: "51.985", longitude: "5.899",
        area: "NL-CBS:GM0202:2024-01-01,NUTS:NL226:2024-01-01", region: "NUTS:NL226:Arnhem/Nijmegen",
        places: "Nijmegen,Renkum,Rheden,Rozendaal,Westervoort,Duiven,Zevenaar,Doesburg,Lingewaard,Overbetuwe",
        joins: true, peers: [],
        users: people("arnhem.example", "nl", [
            ["coordinatie", "Femke de Wit", "coordinator"],
            ["matchgroep", "Daan Verhoeven", "match_group"],
            ["inzage", "Sanne Bos", "viewer"],
            ["beheer", "Joris Maas", "admin"],
        ]),
    },
    {
        node: "metz", name: "Metz", country: "FR", language: "fr", role: "city",
        latitude: "49.119", longitude: "6.176",
        area: "FR-INSEE:57463:2024-01-01,NUTS:FRF33:2024-01-01", region: "NUTS:FRF33:Moselle",
        places: "Thionville,Forbach,Sarreguemines,Sarrebourg,Montigny-lès-Metz,Woippy",
        joins: false, peers: ["saarbruecken", "arnhem"],
        users: people("metz.example", "fr", [
            ["coordination", "Claire Vasseur", "coordinator"],
            ["groupe", "Hugo Perrin", "match_group"],
            ["lecture", "Inès Roche", "viewer"],
            ["administration", "Paul Girard", "admin"],
        ]),
    },
];

const office = {
    node: "office", name: "Landesbüro", country: "DE", language: "de", role: "office",
    latitude: "49.354", longitude: "7.023", area: "", region: "", joins: false, peers: [],
    users: people("landesbuero.example", "de", [
        ["verwaltung", "Nele Hartwig", "admin"],
        ["einsicht", "Till Sommer", "viewer"],
    ]),
};

// Invented towns on a grid, about 20 km apart.
function generatedCity(number) {
    const digits = String(number).padStart(2, "0");
    return {
        node: `stadt-${digits}`, name: `Stadt ${digits}`, country: "DE", language: "de", role: "city",
        latitude: (48.5 + Math.floor((number - 1) / 10) * 0.2).toFixed(3),
        longitude: (7 + ((number - 1) % 10) * 0.3).toFixed(3),
        area: "", region: "", joins: true, peers: [],
        users: people(`stadt-${digits}.example`, "de", [
            ["koordination", `Koordination ${digits}`, "coordinator"],
            ["verwaltung", `Verwaltung ${digits}`, "admin"],
        ]),
    };
}

// Eight syllables, 49 bits: easy to type from a screen.
function password() {
    const syllable = () => "bdfgklmnprstvz"[randomInt(14)] + "aeiou"[randomInt(5)];
    return Array.from({ length: 4 }, () => syllable() + syllable()).join("-");
}

const fileOf = (dir) => path.join(dir, "demo.json");

export const loadPlan = (dir) => (existsSync(fileOf(dir)) ? JSON.parse(readFileSync(fileOf(dir), "utf8")) : null);
export const savePlan = (dir, plan) => writeWhole(fileOf(dir), JSON.stringify(plan, null, 2) + "\n");

export async function makePlan(dir, { cities, empty }) {
    const models = [...(cities === undefined ? defaults : Array.from({ length: cities }, (_, i) => generatedCity(i + 1))), office];
    const byHabit = cities === undefined && dir === path.join(checkout, "var/demo");
    const plan = { cities: cities ?? 0, empty, nodes: [] };
    await takePorts(dir, byHabit, models.length * 2, (ports) => {
        plan.nodes = models.map((model, i) => ({
            ...model,
            https: ports[i],
            http: ports[models.length + i],
            authority: `localhost:${ports[i]}`,
            users: model.users.map((user) => ({ ...user, password: password() })),
            done: [],
        }));
        savePlan(dir, plan);
    });
    return plan;
}

const free = (port) =>
    new Promise((resolve) => {
        const server = createServer();
        server.once("error", () => resolve(false));
        server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
    });

// A node's port is part of its name among its peers, so a stopped demo keeps its ports: which demo
// took which port is written down for all demos of this user.
async function takePorts(dir, byHabit, count, use) {
    const common = path.join(tmpdir(), `hf-demo-${process.getuid()}`);
    mkdirSync(common, { recursive: true, mode: 0o700 });
    if (!lstatSync(common).isDirectory() || lstatSync(common).uid !== process.getuid())
        throw new Trouble(`${common} belongs to another user. Have it removed and start again.`);
    await withLock(path.join(common, "lock"), async () => {
        const file = path.join(common, "ports.json");
        const taken = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
        for (const [port, owner] of Object.entries(taken))
            if (!existsSync(fileOf(owner)) || owner === dir) delete taken[port];
        const ports = [];
        const consider = async (port) => {
            if (!ports.includes(port) && !taken[port] && (await free(port))) ports.push(port);
        };
        if (byHabit) {
            for (let i = 0; i < count / 2; i++) await consider(8441 + i);
            for (let i = 0; i < count / 2; i++) await consider(8541 + i);
            if (ports.length < count) ports.length = 0;
        }
        while (ports.length < count) await consider(randomInt(10000, 30000));
        use(ports);
        for (const port of ports) taken[port] = dir;
        writeWhole(file, JSON.stringify(taken) + "\n");
    });
}
