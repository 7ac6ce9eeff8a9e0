// The gateway under test, and a client that writes its own requests.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GATEWAY_CLIENT } from './issuer.mjs';

const RULES = `
@id("read") @scopes("files:read")
permit(principal, action in Action::"tools/call", resource == Tool::"notes/read");
@id("write") @scopes("files:write")
permit(principal, action in Action::"tools/call", resource == Tool::"notes/write");
`;

const freePort = () => new Promise((done) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});

export class Gateway {
  static async start(program, folder, issuers) {
    const gateway = new Gateway();
    const port = await freePort();
    gateway.url = `http://127.0.0.1:${port}`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'rules.cedar'), RULES);
    const notes = join(import.meta.dirname, 'notes.mjs');
    const text = [
      '[listen]', `http = "127.0.0.1:${port}"`, 'auth = "identity"', '[admin]', 'http = "off"',
      '[store]', `url = "sqlite://${folder}/records.db"`, '[policy]', 'preset = "locked"', 'files = ["rules.cedar"]',
      '[identity]', `resource = "${gateway.url}"`, 'scopes = ["files:read", "files:write"]', 'initial_scopes = ["files:read"]',
      '[identity.scope_implies]', '"files:write" = ["files:read"]',
      ...issuers.flatMap(({ name, url, dpop = 'accept', asked }) => [
        `[identity.issuers.${name}]`, `issuer = "${url}"`, 'algorithms = ["ES256"]', `dpop = "${dpop}"`,
        ...(asked ? [`introspection = { client_id = "${GATEWAY_CLIENT[0]}", client_secret = "env:GATEWAY_SECRET", cache_s = 1 }`] : []),
      ]),
      '[servers.notes]', `command = ${JSON.stringify([process.execPath, notes])}`,
    ].join('\n');
    writeFileSync(join(folder, 'doorward.toml'), text);
    gateway.child = spawn(program, ['serve', '--config', join(folder, 'doorward.toml')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: folder, XDG_STATE_HOME: join(folder, 'state'), GATEWAY_SECRET: GATEWAY_CLIENT[1] },
    });
    gateway.log = '';
    for (const stream of [gateway.child.stdout, gateway.child.stderr]) stream.on('data', (data) => { gateway.log += data; });
    for (let tries = 0; tries < 300; tries++) {
      if (await fetch(gateway.url).then(() => true, () => false)) return gateway;
      if (gateway.child.exitCode !== null) break;
      await pause(50);
    }
    throw new Error(`the gateway does not listen:\n${gateway.log}`);
  }

  async stop() {
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill('SIGTERM');
    await ended;
  }

  // One call of the stateless era.
  call(tool, headers, path = '/s/notes/mcp') {
    const version = '2026-07-28';
    const prefix = 'io.modelcontextprotocol/';
    const meta = { [`${prefix}protocolVersion`]: version, [`${prefix}clientCapabilities`]: {}, [`${prefix}clientInfo`]: { name: 'check', version: '1' } };
    return fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json', accept: 'application/json, text/event-stream',
        'mcp-protocol-version': version, 'mcp-method': 'tools/call', 'mcp-name': tool, ...headers,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: {}, _meta: meta } }),
    });
  }

  bearer(tool, token, path) {
    return this.call(tool, { authorization: `Bearer ${token}` }, path);
  }
}

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
