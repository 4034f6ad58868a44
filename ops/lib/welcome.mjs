// What `make run` shows when all is up: where to click and who to sign in as. Reads ops/demo info.

import { readFileSync } from "node:fs";

const roles = {
    coordinator: "Koordination",
    match_group: "Matching-Gruppe",
    viewer: "Einsicht",
    admin: "Verwaltung",
};
const rows = JSON.parse(readFileSync(0, "utf8")).flatMap((node) =>
    node.users.map((user, i) => [i ? "" : node.name, i ? "" : `${node.url}/`, roles[user.role], user.email, user.password]),
);
const all = [["Stadt", "Adresse", "Rolle", "E-Mail", "Kennwort"], ...rows];
const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
const line = (row) => "  " + row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd();

console.log(`
  Die Herausforderung läuft auf diesem Rechner. Zum Ausprobieren eine Adresse im Browser öffnen:

${line(all[0])}
  ${widths.map((width) => "-".repeat(width)).join("  ")}
${rows.map((row, i) => (i && row[0] ? "\n" : "") + line(row)).join("\n")}

  Ein Browser kann in allen zugleich angemeldet sein. Strg-C beendet alles; die Daten bleiben erhalten.
  (Press Ctrl-C to stop; the data are kept. Start anew: make run FRESH=1)
`);
