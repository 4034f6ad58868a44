// Turns the API's YAML description into the JSON that is served: openapi-json.mjs IN.yaml OUT.json
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const [input, output] = process.argv.slice(2);
const { parseYaml } = createRequire(new URL("../../admin-ui/package.json", import.meta.url))("@redocly/openapi-core");
writeFileSync(output, JSON.stringify(parseYaml(readFileSync(input, "utf8"))) + "\n");
