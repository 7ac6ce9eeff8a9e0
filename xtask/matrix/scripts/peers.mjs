// What the cases share: opening a client on one of the ways to a server, plain HTTP and plain pipes, and saying what is wrong.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

// `run` and `serve` are how the gateway is reached, `servers` what stands behind it; xtask fills this in.
export const setting = JSON.parse(process.argv[3]);

export function expect(condition, complaint) {
  if (!condition) throw new Error(complaint);
}

export function same(actual, wanted, what) {
  const [a, w] = [JSON.stringify(actual), JSON.stringify(wanted)];
  expect(a === w, `${what}: expected ${w}, got ${a}`);
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Waits until `holds()` is true; a case fails with `complaint` when it does not become so.
export async function until(holds, ms, complaint) {
  for (const end = Date.now() + ms; Date.now() < end; await pause(50)) {
    if (await holds()) return;
  }
  throw new Error(`${complaint} (waited ${ms} ms)`);
}

export const direct = (server) => ({ command: setting.servers[server] });
export const run = (server, preset = 'observe') => ({ command: [...setting.run[preset], '--server', server, '--', ...setting.servers[server]] });
export const serve = (server) => ({ url: `${setting.serve}/s/${server}/mcp` });

// A connected TypeScript 1.x client. `prepare` may register handlers before the handshake.
export async function open(way, capabilities = {}, prepare = () => {}) {
  const client = new Client({ name: 'doorward-case', version: '1.0.0' }, { capabilities });
  prepare(client);
  const transport = way.url
    ? new StreamableHTTPClientTransport(new URL(way.url), { requestInit: { headers: way.headers ?? {} } })
    : new StdioClientTransport({ command: way.command[0], args: way.command.slice(1), env: { ...process.env, ...way.env }, stderr: 'inherit' });
  await client.connect(transport);
  return client;
}

export const names = async (client) => (await client.listTools()).tools.map((tool) => tool.name);
export const text = (result) => (result.content ?? []).map((block) => block.text ?? block.type).join('\n');
export const call = async (client, name, args = {}, options = undefined) =>
  client.callTool({ name, arguments: args }, undefined, options);

// One POST as a client that writes its own headers sends it; the answer is the one with the request's id.
export async function post(url, message, headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify(message),
  });
  const body = await response.text();
  const lines = body.split(/\r?\n/).filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim());
  const messages = (lines.length > 0 ? lines : [body]).filter((line) => line !== '').map((line) => JSON.parse(line));
  return { status: response.status, session: response.headers.get('mcp-session-id'), answer: messages.find((one) => one.id === message.id) };
}

// A process that speaks JSON-RPC by lines, without any client library.
export function pipe(command) {
  const child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line);
    waiting.get(message.id)?.(message);
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const send = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const ask = (id, method, params) =>
    new Promise((resolve, reject) => {
      waiting.set(id, resolve);
      setTimeout(() => reject(new Error(`no answer to ${method}`)), 20_000).unref();
      send({ id, method, params });
    });
  return { child, ended, send, ask };
}

// A port that was free a moment ago.
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// How many processes carry `marker` in their command line.
export function processes(marker) {
  const listing = execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' });
  // Our own command line holds the whole setting, but never a marker.
  return listing.split('\n').filter((line) => line.includes(marker)).length;
}
