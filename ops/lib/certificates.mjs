// A certificate authority for this demo alone, and a certificate for each node. Each file is made
// beside its place and moved there, so that what exists is complete.

import { existsSync, mkdirSync, renameSync } from "node:fs";
import path from "node:path";

import { run } from "./tools.mjs";

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const MONTH = String(30 * 24 * 3600);

async function request(key, certificate, args) {
    await run("openssl", ["req", "-x509", ...NEW_KEY, "-keyout", `${key}.new`, "-out", `${certificate}.new`, ...args]);
    renameSync(`${key}.new`, key); // openssl makes it with mode 0600
    renameSync(`${certificate}.new`, certificate);
}

// Is there a certificate that is good for another month?
async function good(certificate) {
    if (!existsSync(certificate)) return false;
    const said = await run("openssl", ["x509", "-in", certificate, "-noout", "-checkend", MONTH], { accept: [0, 1] });
    return said.includes("will not expire");
}

export async function makeAuthority(dir) {
    const certificate = path.join(dir, "ca.pem");
    if (existsSync(certificate)) return;
    await request(path.join(dir, "ca.key"), certificate, [
        "-days", "3650",
        "-subj", "/CN=Herausforderung demo authority",
        "-addext", "basicConstraints=critical,CA:TRUE",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    ]);
}

export async function makeCertificate(dir, directory) {
    mkdirSync(directory, { recursive: true });
    const certificate = path.join(directory, "tls.pem");
    if (await good(certificate)) return;
    await request(path.join(directory, "tls.key"), certificate, [
        "-CA", path.join(dir, "ca.pem"),
        "-CAkey", path.join(dir, "ca.key"),
        "-days", "825",
        "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        "-addext", "basicConstraints=critical,CA:FALSE",
        "-addext", "keyUsage=critical,digitalSignature",
        "-addext", "extendedKeyUsage=serverAuth",
    ]);
}
