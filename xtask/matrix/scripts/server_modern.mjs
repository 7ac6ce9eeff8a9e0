// A server of the TypeScript SDK 2.x that speaks 2026-07-28 and nothing older: `node server_modern.mjs PORT`.

import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer, acceptedContent, createMcpHandler, inputRequired } from '@modelcontextprotocol/server';
import { z } from 'zod';

const Person = z.object({ name: z.string() });
const text = (words) => ({ content: [{ type: 'text', text: words }] });

function make() {
  const server = new McpServer({ name: 'modern', version: '1.0.0' });
  server.registerTool('echo', { description: 'Repeats a message.', inputSchema: z.object({ message: z.string() }) }, async ({ message }) =>
    text(`Echo: ${message}`),
  );
  server.registerTool('greet', { description: 'Asks who is there.', inputSchema: z.object({}) }, async (_args, context) => {
    const person = acceptedContent(context.mcpReq.inputResponses, 'person', Person);
    if (person) return text(`Hello, ${person.name}.`);
    const form = inputRequired.elicit({ message: 'What is your name?', requestedSchema: Person });
    return inputRequired({ inputRequests: { person: form } });
  });
  server.registerTool('think', { description: 'Asks a model.', inputSchema: z.object({}) }, async (_args, context) => {
    const thought = context.mcpReq.inputResponses?.thought;
    if (thought) return text(`Thought: ${[thought.content].flat()[0].text}`);
    const messages = [{ role: 'user', content: { type: 'text', text: 'Think.' } }];
    return inputRequired({ inputRequests: { thought: inputRequired.createMessage({ messages, maxTokens: 10 }) } });
  });
  server.registerResource('note', 'data://note', { mimeType: 'text/plain' }, async (uri) => ({
    contents: [{ uri: uri.href, text: 'A note.' }],
  }));
  server.registerPrompt('welcome', { description: 'Welcomes.', argsSchema: z.object({ name: z.string() }) }, ({ name }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Welcome ${name}.` } }],
  }));
  return server;
}

const handler = toNodeHandler(createMcpHandler(make, { legacy: 'reject' }));
createServer((request, response) => handler(request, response)).listen(Number(process.argv[2]), '127.0.0.1');
