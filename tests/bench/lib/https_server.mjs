// Node.js's own https server with one answer for everything. Prints its port.
import { readFileSync } from 'node:fs';
import https from 'node:https';

const { certificate, key, headers, body } = JSON.parse(process.env.ANSWER);
const server = https.createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, answer) => answer.writeHead(200, headers).end(body));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
