// An agent on the TypeScript `@modelcontextprotocol/client` 2.x client that does what each line of its input says, and
// tells in a line what it read.

import { createInterface } from 'node:readline';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const MODES = { legacy: 'legacy', modern: { pin: '2026-07-28' } };
const STEP_MS = 30_000;

const clients = new Map();
const texts = (content) => content.map((block) => block.text ?? block.type).join('\n');

// The visit at `url`, which stays open until the agent ends.
async function reach(url) {
  if (!clients.has(url)) {
    const mode = MODES[process.argv[2]];
    const client = new Client({ name: 'doorward-agent', version: '1.0.0' }, { versionNegotiation: { mode } });
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    clients.set(url, client);
  }
  return clients.get(url);
}

async function perform(told) {
  const client = await reach(told.at);
  const options = { timeout: STEP_MS };
  if (told.prompt) {
    const { messages } = await client.getPrompt({ name: told.prompt, arguments: told.arguments }, options);
    return { text: texts(messages.map(({ content }) => content)), failed: false };
  }
  const result = await client.callTool({ name: told.tool, arguments: told.arguments }, options);
  const { content, structuredContent, isError } = result;
  return { text: texts(content ?? []), structured: structuredContent, failed: isError === true };
}

for await (const line of createInterface({ input: process.stdin })) {
  const read = await perform(JSON.parse(line)).catch((error) => ({ text: String(error), failed: true }));
  console.log(JSON.stringify(read));
}
process.exit(0);
