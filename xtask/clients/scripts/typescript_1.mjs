// The TypeScript `@modelcontextprotocol/sdk` 1.x client: connect, list, call. It speaks the legacy era only.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { play, stdioParameters } from './cell.mjs';

function open(_plan, way) {
  // It keeps the agreed revision only where a transport wants it in a header; over stdio we listen for it.
  const transport = way.url
    ? new StreamableHTTPClientTransport(new URL(way.url), { requestInit: { headers: way.headers } })
    : new StdioClientTransport(stdioParameters(way));
  transport.setProtocolVersion = new Proxy(transport.setProtocolVersion ?? (() => {}), {
    apply(target, self, [version]) {
      transport.agreed = version;
      return Reflect.apply(target, self, [version]);
    },
  });
  return { client: new Client({ name: 'doorward-typescript-1', version: '1.0.0' }), transport };
}

play(open, (_client, transport) => transport.agreed);
