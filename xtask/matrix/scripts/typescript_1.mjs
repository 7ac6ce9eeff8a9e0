// The TypeScript `@modelcontextprotocol/sdk` 1.x client. It speaks the legacy era only.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CreateMessageRequestSchema, ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { elicited, play, requestInit, sampled, sdkClient, stdioParameters } from './cell.mjs';

function transportOf(way) {
  if (way.url) return new StreamableHTTPClientTransport(new URL(way.url), { requestInit: requestInit(way) });
  if (way.sse) return new SSEClientTransport(new URL(way.sse), { requestInit: requestInit(way) });
  return new StdioClientTransport(stdioParameters(way));
}

function open(_plan, way) {
  const transport = transportOf(way);
  // It keeps the agreed revision only where a transport wants it in a header; elsewhere we listen for it.
  transport.setProtocolVersion = new Proxy(transport.setProtocolVersion ?? (() => {}), {
    apply(target, self, [version]) {
      transport.agreed = version;
      return Reflect.apply(target, self, [version]);
    },
  });
  const client = new Client(
    { name: 'doorward-typescript-1', version: '1.0.0' },
    { capabilities: { elicitation: {}, sampling: {} } },
  );
  client.setRequestHandler(ElicitRequestSchema, elicited);
  client.setRequestHandler(CreateMessageRequestSchema, sampled);
  return sdkClient(client, transport, () => transport.agreed);
}

play(open);
