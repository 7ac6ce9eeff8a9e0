// The TypeScript `@modelcontextprotocol/client` 2.x client. Its modes are auto, legacy and one pinned revision.

import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { elicited, play, requestInit, sampled, sdkClient, stdioParameters } from './cell.mjs';

const MODES = { auto: 'auto', legacy: 'legacy', modern: { pin: '2026-07-28' } };

function transportOf(way) {
  if (way.url) return new StreamableHTTPClientTransport(new URL(way.url), { requestInit: requestInit(way) });
  if (way.sse) return new SSEClientTransport(new URL(way.sse), { requestInit: requestInit(way) });
  return new StdioClientTransport(stdioParameters(way));
}

function open(plan, way) {
  const client = new Client(
    { name: 'doorward-typescript-2', version: '1.0.0' },
    { capabilities: { elicitation: {}, sampling: {} }, versionNegotiation: { mode: MODES[plan.mode] } },
  );
  client.setRequestHandler('elicitation/create', elicited);
  client.setRequestHandler('sampling/createMessage', sampled);
  return sdkClient(client, transportOf(way), () => client.getNegotiatedProtocolVersion());
}

play(open);
