// A server on standard input and output with two tools, one of which changes something.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

const server = new McpServer({ name: 'notes', version: '1.0.0' });
const said = (text) => ({ content: [{ type: 'text', text }] });
server.registerTool('read', { description: 'Reads the notes.' }, () => said('one note'));
server.registerTool('write', { description: 'Writes a note.' }, () => said('written'));
await server.connect(new StdioServerTransport());
