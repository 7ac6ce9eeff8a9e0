// Named cases from the traps found in real clients and servers: `node cases.mjs NAME SETTING` exits with 0 when the case holds.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { call, direct, expect, freePort, names, open, pause, pipe, post, processes, run, same, serve, setting, text, until } from './peers.mjs';

const HANDSHAKE = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'doorward-case', version: '1.0.0' } };
const RICH = { roots: {}, sampling: {}, elicitation: {} };
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'doorward-case', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

// Answers every question the server may ask of a client with RICH capabilities.
function answering(client) {
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { name: 'Ada Doorward', check: true, integer: 7 } }));
  client.setRequestHandler(CreateMessageRequestSchema, (request) => ({
    model: 'a-model', role: 'assistant', stopReason: 'endTurn',
    content: { type: 'text', text: `sampled: ${request.params.messages[0].content.text}` },
  }));
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///a-root', name: 'A root' }] }));
}

// Plays `scene` over stdio and over HTTP.
async function bothWays(server, scene, capabilities, prepare) {
  for (const way of [run(server), serve(server)]) {
    const client = await open(way, capabilities, prepare);
    try {
      await scene(client);
    } catch (error) {
      throw new Error(`${way.url ?? 'doorward run'}: ${error.message}`);
    } finally {
      await client.close();
    }
  }
}

const cases = {
  // The tool list of `everything` depends on what its client can do; one client's list is not another's.
  'lists-by-capability': async () => {
    const plainDirect = await open(direct('everything'));
    const richDirect = await open(direct('everything'), RICH, answering);
    const wanted = [await names(plainDirect), await names(richDirect)];
    expect(wanted[1].length > wanted[0].length, 'the server does not tell its clients apart');
    const plain = await open(serve('everything'));
    const rich = await open(serve('everything'), RICH, answering);
    same(await names(rich), wanted[1], 'the list of the client that can answer questions');
    same(await names(plain), wanted[0], 'the list of the client that cannot');
    same(await names(rich), wanted[1], 'the first list, asked for again');
    await Promise.all([plainDirect, richDirect, plain, rich].map((client) => client.close()));
  },

  // `everything` ignores the end of its standard input.
  'no-process-left': async () => {
    const marker = `doorward-mark-${process.pid}`;
    const way = run('everything');
    way.command.push(marker);
    const client = await open(way);
    expect(processes(marker) >= 2, 'the gateway and the server were expected to run');
    await client.close();
    await until(() => processes(marker) === 0, 10_000, 'something outlived the client that closed politely');

    const bare = pipe(way.command);
    await bare.ask(1, 'initialize', HANDSHAKE);
    bare.child.stdin.end();
    await bare.ended;
    await until(() => processes(marker) === 0, 10_000, 'something outlived the end of standard input');

    const stopped = pipe(way.command);
    await stopped.ask(1, 'initialize', HANDSHAKE);
    stopped.child.kill('SIGTERM');
    await stopped.ended;
    await until(() => processes(marker) === 0, 10_000, 'something outlived SIGTERM');
  },

  // The server locks its pipe to the first era it answers; a client that changes its mind must get an answer, not silence.
  // Behind the gateway it gets what it wants, since either era is brought to the server.
  'initialize-after-discover': async () => {
    for (const [way, wanted] of [[direct('time'), -32022], [run('time'), '2025-06-18']]) {
      const { child, ended, ask } = pipe(way.command);
      const discovered = await ask(1, 'server/discover', { _meta: META });
      expect(discovered.result?.supportedVersions?.includes('2026-07-28'), `discover: ${JSON.stringify(discovered)}`);
      const initialized = await ask(2, 'initialize', HANDSHAKE);
      same(initialized.error?.code ?? initialized.result?.protocolVersion, wanted, 'what came of the handshake');
      const listed = await ask(3, 'tools/list', { _meta: META });
      same(listed.result?.tools?.length, 2, 'the number of tools after it');
      child.stdin.end();
      await ended;
    }
  },

  // Gemini CLI leaves out MCP-Protocol-Version after the handshake.
  'missing-version-header': async () => {
    const { url } = serve('everything');
    const hello = await post(url, { jsonrpc: '2.0', id: 1, method: 'initialize', params: HANDSHAKE });
    same(hello.answer?.result?.protocolVersion, '2025-06-18', 'the agreed revision');
    const session = { 'mcp-session-id': hello.session };
    const ready = await post(url, { jsonrpc: '2.0', method: 'notifications/initialized' }, session);
    same(ready.status, 202, 'the status of the notification');
    const listed = await post(url, { jsonrpc: '2.0', id: 2, method: 'tools/list', params: {} }, session);
    expect(listed.answer?.result?.tools?.length > 0, `tools/list: ${JSON.stringify(listed)}`);
    const params = { name: 'echo', arguments: { message: 'no header' } };
    const called = await post(url, { jsonrpc: '2.0', id: 3, method: 'tools/call', params }, session);
    same(text(called.answer?.result ?? {}), 'Echo: no header', 'the result');
    const gone = await fetch(url, { method: 'DELETE', headers: session });
    expect(gone.ok, `DELETE: ${gone.status}`);
  },

  // The AI SDK opens its stream before it initializes.
  'stream-before-initialize': async () => {
    const { url } = serve('everything');
    const headers = { accept: 'text/event-stream', 'mcp-protocol-version': '2025-11-25' };
    const early = await fetch(url, { headers });
    await early.body?.cancel();
    same(early.status, 405, 'the status of the early GET');
    const client = await open(serve('everything'));
    same(text(await call(client, 'echo', { message: 'after' })), 'Echo: after', 'the result');
    await client.close();
  },

  'progress': async () => {
    await bothWays('everything', async (client) => {
      const seen = [];
      // Taken from the transport: the library forgets who wants progress when it reads the answer, before it has handed out
      // progress that came in the same read.
      const deliver = client.transport.onmessage;
      client.transport.onmessage = (message, extra) => {
        if (message.method === 'notifications/progress') seen.push(message.params.progress);
        deliver(message, extra);
      };
      const options = { onprogress: () => {} };
      const result = await call(client, 'trigger-long-running-operation', { duration: 1, steps: 4 }, options);
      expect(text(result).includes('Steps: 4'), text(result));
      same(seen, [1, 2, 3, 4], 'the progress');
    });
  },

  'questions': async () => {
    const scene = async (client) => {
      const elicited = text(await call(client, 'trigger-elicitation-request'));
      expect(elicited.includes('Ada Doorward'), `elicitation: ${elicited}`);
      const sampled = text(await call(client, 'trigger-sampling-request', { prompt: 'a prompt', maxTokens: 10 }));
      expect(sampled.includes('sampled: ') && sampled.includes('a prompt'), `sampling: ${sampled}`);
      const roots = text(await call(client, 'get-roots-list'));
      expect(roots.includes('file:///a-root'), `roots: ${roots}`);
    };
    await bothWays('everything', scene, RICH, answering);
  },

  'subscriptions': async () => {
    const uri = 'demo://resource/dynamic/text/1';
    const updates = [];
    const prepare = (client) =>
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => updates.push(params.uri));
    const scene = async (client) => {
      updates.length = 0;
      await client.subscribeResource({ uri });
      await call(client, 'toggle-subscriber-updates');
      await until(() => updates.includes(uri), 10_000, 'no update of the resource');
      await client.unsubscribeResource({ uri });
    };
    await bothWays('everything', scene, {}, prepare);
  },

  // Reading and ordinary writing pass; what destroys is neither shown nor done until it is named. All leave records.
  'guarded': async () => {
    const path = join(setting.files, 'written.txt');
    const made = await open(run('filesystem', 'guarded'));
    const folder = await call(made, 'create_directory', { path: join(setting.files, 'made') });
    expect(!folder.isError && existsSync(join(setting.files, 'made')), `create_directory: ${text(folder)}`);
    // The server itself calls this tool destructive, because it overwrites.
    expect(!(await names(made)).includes('write_file'), 'write_file is listed although no rule names it');
    const unnamed = await call(made, 'write_file', { path, content: 'too early' });
    same([unnamed.isError, existsSync(path)], [true, false], 'write_file before it is named');
    await made.close();

    const policy = join(setting.files, '..', 'named.cedar');
    writeFileSync(policy, 'permit (principal, action == Action::"filesystem/write_file", resource);\n');
    const way = run('filesystem', 'guarded');
    way.command.splice(way.command.indexOf('--'), 0, '--policy', policy);
    const files = await open(way);
    expect((await names(files)).includes('write_file'), 'write_file is not listed although a rule names it');
    const written = await call(files, 'write_file', { path, content: 'through the gateway' });
    expect(!written.isError, `write_file: ${text(written)}`);
    same(readFileSync(path, 'utf8'), 'through the gateway', 'the file');
    await files.close();

    const plain = await open(direct('memory'));
    const all = await names(plain);
    await plain.close();
    const memory = await open(run('memory', 'guarded'));
    const shown = await names(memory);
    same(shown, all.filter((name) => !name.startsWith('delete_')), 'the list');
    const entity = { name: 'Ada', entityType: 'person', observations: ['keeps doors'] };
    const created = await call(memory, 'create_entities', { entities: [entity] });
    expect(!created.isError, `create_entities: ${text(created)}`);
    const refused = await call(memory, 'delete_entities', { entityNames: ['Ada'] });
    same(refused.isError, true, 'isError of the refusal');
    expect(text(refused).includes('DW1201'), `the refusal says ${JSON.stringify(text(refused))}`);
    const graph = text(await call(memory, 'read_graph'));
    expect(graph.includes('Ada'), `the entity has gone: ${graph}`);
    await memory.close();

    const [program, ...args] = setting.audit.guarded;
    const lines = execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26 }).split('\n').filter(Boolean);
    const about = (tool) => lines.map((line) => JSON.parse(line)).filter((record) => record.resource === tool);
    same(about('write_file').map((record) => record.disposition), ['refuse', 'allow', 'answer'], 'the records of write_file');
    same(about('delete_entities').map((record) => [record.disposition, record.code]), [['refuse', 'DW1201']], 'the records of delete_entities');
  },

  // A server gets what its configuration names of our environment, never the rest.
  'environment': async () => {
    const secret = 'doorward-secret-that-must-not-cross';
    const stdio = { ...run('everything'), env: { CASE_SECRET: secret } };
    for (const way of [stdio, serve('everything')]) {
      const client = await open(way);
      const seen = text(await call(client, 'get-env'));
      await client.close();
      expect(seen.includes('"PATH"'), `the server has no PATH: ${seen.slice(0, 200)}`);
      expect(!seen.includes('CASE_SECRET') && !seen.includes(secret), 'the secret reached the server');
    }
  },

  // A client that comes while the gateway still looks at a slow server gets the quick one's tools, all of them, at once.
  'slow-neighbour': async () => {
    const [program] = setting.run.observe;
    const port = await freePort();
    const folder = join(setting.files, '..');
    const config = join(folder, 'slow-neighbour.toml');
    const table = (id, command) => `[servers.${id}]\ncommand = ${JSON.stringify(command)}\n`;
    const store = JSON.stringify(`sqlite://${join(folder, 'slow-neighbour.db')}`);
    writeFileSync(config, [
      `[listen]\nhttp = "127.0.0.1:${port}"\nauth = "none"\n[admin]\nhttp = "off"\n[store]\nurl = ${store}\n`,
      // Rules of the operator's own are why the gateway looks at the servers before anyone asks.
      '[policy]\npreset = "observe"\nfiles = ["slow-neighbour.cedar"]\n',
      table('everything', setting.servers.everything),
      table('slow', ['sh', '-c', 'sleep 8']),
    ].join(''));
    writeFileSync(join(folder, 'slow-neighbour.cedar'), 'permit (principal, action == Action::"everything/echo", resource);\n');
    const gateway = spawn(program, ['serve', '--config', config], { stdio: ['ignore', 'ignore', 'inherit'] });
    const url = `http://127.0.0.1:${port}/s/everything/mcp`;
    try {
      await until(() => fetch(url).then(() => true, () => false), 10_000, 'the gateway does not listen');
      // By now the gateway has seen the quick server's list, and still waits for the slow one's.
      await pause(2_500);
      const client = await open({ url });
      const shown = await names(client);
      expect(shown.includes('echo'), `the list is ${JSON.stringify(shown)}`);
      same(text(await call(client, 'echo', { message: 'early' })), 'Echo: early', 'the result');
      await client.close();
    } finally {
      gateway.kill('SIGTERM');
      await new Promise((resolve) => gateway.once('exit', resolve));
    }
  },

  'token': async () => {
    const url = `${setting.tokenServe.url}/s/everything/mcp`;
    for (const headers of [{}, { authorization: 'Bearer dw_not-the-token' }]) {
      const refused = await post(url, { jsonrpc: '2.0', id: 1, method: 'initialize', params: HANDSHAKE }, headers).catch((error) => error);
      same(refused.status, 401, `the status for ${JSON.stringify(headers)}`);
    }
    const token = readFileSync(setting.tokenServe.token, 'utf8').trim();
    const client = await open({ url, headers: { authorization: `Bearer ${token}` } });
    same(text(await call(client, 'echo', { message: 'let in' })), 'Echo: let in', 'the result');
    await client.close();
  },
};

const scene = cases[process.argv[2]];
if (scene === undefined) {
  console.error(`there is no case ${process.argv[2]}`);
  process.exit(2);
}
try {
  await scene();
  process.exit(0);
} catch (error) {
  console.error(`${error.message}`);
  process.exit(1);
}
