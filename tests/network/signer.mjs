// Signed requests as SPEC.md section 5 says, with Node.js alone: what another town could send, right or wrong.

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";

export class Signer {
    constructor(privateKey) {
        this.key = privateKey;
        this.jwk = createPublicKey(privateKey).export({ format: "jwk" });
        this.id = Signer.idOf(this.jwk);
    }

    static idOf({ crv, kty, x }) {
        return createHash("sha256").update(JSON.stringify({ crv, kty, x })).digest("base64url");
    }

    static generate() {
        return new Signer(generateKeyPairSync("ed25519").privateKey);
    }

    static of(town) {
        return new Signer(createPrivateKey(readFileSync(town.key)));
    }

    /** Headers for a request; wrong: members that replace the right parameters. */
    headers(method, authority, target, { body, type, created = Math.floor(Date.now() / 1000), nonce = randomBytes(16).toString("base64url"), keyid = this.id, tag = "herausforderung-v1", lifetime = 60, digest } = {}) {
        const [path, query = ""] = target.split("?");
        const covered = [["@method", method], ["@authority", authority], ["@path", path], ["@query", `?${query}`]];
        const headers = {};
        if (body !== undefined) {
            headers["content-type"] = type;
            headers["content-digest"] = digest ?? `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
            covered.push(["content-digest", headers["content-digest"]], ["content-type", type]);
        }
        const parameters = `(${covered.map(([name]) => `"${name}"`).join(" ")});created=${created};expires=${created + lifetime};nonce="${nonce}";keyid="${keyid}";alg="ed25519";tag="${tag}"`;
        const base = [...covered.map(([name, value]) => `"${name}": ${value}`), `"@signature-params": ${parameters}`].join("\n");
        headers["signature-input"] = `hf=${parameters}`;
        headers.signature = `hf=:${sign(null, Buffer.from(base), this.key).toString("base64")}:`;
        return headers;
    }
}

/** Sends a request over TLS; the certificate is checked against the demo's own authority. */
export function send(town, method, target, { headers = {}, body } = {}) {
    return new Promise((resolve, reject) => {
        const request = https.request(
            `${town.https}${target}`,
            { method, headers, ca: readFileSync(town.ca), agent: false, family: 4 },
            (response) => {
                const parts = [];
                response.on("data", (part) => parts.push(part));
                response.on("end", () => {
                    const text = Buffer.concat(parts).toString();
                    const json = /json$/.test(response.headers["content-type"] ?? "") && !/ndjson/.test(response.headers["content-type"]);
                    resolve({ status: response.statusCode, headers: response.headers, text, body: json ? JSON.parse(text) : null });
                });
            },
        );
        request.on("error", reject);
        request.end(body);
    });
}

export const signed = (town, signer, method, target, options = {}) =>
    send(town, method, target, { headers: signer.headers(method, town.authority, target, options), body: options.body });
