// The TypeScript `@modelcontextprotocol/client` 2.x client: connect, list, call. Its modes are auto, legacy and one pinned revision.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { play, stdioParameters } from './cell.mjs';

const MODES = { auto: 'auto', legacy: 'legacy', modern: { pin: '2026-07-28' } };

function open(plan, way) {
  const transport = way.url
    ? new StreamableHTTPClientTransport(new URL(way.url), { requestInit: { headers: way.headers } })
    : new StdioClientTransport(stdioParameters(way));
  const client = new Client(
    { name: 'doorward-typescript-2', version: '1.0.0' },
    { versionNegotiation: { mode: MODES[plan.mode] } },
  );
  return { client, transport };
}

play(open, (client) => client.getNegotiatedProtocolVersion());
