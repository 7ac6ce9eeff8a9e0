// The command line of MCP Inspector: one process, and so one connection, for each thing it does. Its modes are those of
// its `--protocol-era`.

import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { answer, contents, messages, play } from './cell.mjs';

const PROGRAM = join(dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/inspector/package.json')), 'clients/launcher/build/index.js');
const HOME = join(process.cwd(), 'inspector-home');
const PROCESS_MS = 35_000;

function target(way) {
  const headers = Object.entries(way.headers ?? {}).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
  if (way.url) return { before: ['--server-url', way.url, '--transport', 'http', ...headers], after: [] };
  if (way.sse) return { before: ['--server-url', way.sse, '--transport', 'sse', ...headers], after: [] };
  return { before: [], after: ['--', ...way.command] };
}

function inspect(plan, way, args) {
  const { before, after } = target(way);
  const words = [PROGRAM, '--cli', ...before, '--protocol-era', plan.mode, '--format', 'json', '-q', ...args, ...after];
  const options = { env: { ...process.env, HOME }, timeout: PROCESS_MS, maxBuffer: 1 << 26 };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, options, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr.trim() || stdout.trim() || `ended with ${error.code ?? error.signal}`));
      else resolve(JSON.parse(stdout).result);
    });
  });
}

function open(plan, way) {
  const ask = (...args) => inspect(plan, way, args);
  let listed;
  return {
    // It has no one to put a form to, and no model.
    cannot: ['ask', 'sample'],
    connect: async () => {
      mkdirSync(HOME, { recursive: true });
      listed = await ask('--method', 'tools/list');
    },
    names: async () => listed.tools.map((tool) => tool.name),
    call: async (name, args) =>
      answer(await ask('--method', 'tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args))),
    read: async (uri) => contents(await ask('--method', 'resources/read', '--uri', uri)),
    prompt: async (name, args) => {
      const pairs = Object.entries(args ?? {}).map(([key, value]) => `${key}=${value}`);
      const named = pairs.length > 0 ? ['--prompt-args', ...pairs] : [];
      return messages(await ask('--method', 'prompts/get', '--prompt-name', name, ...named));
    },
    protocol: () => '',
    close: async () => {},
  };
}

play(open);
