"""The Python `mcp` 2.x client: connect, list, call. Its modes are auto, legacy and one pinned revision."""

import os

from cell import play, texts
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

MODES = {"auto": "auto", "legacy": "legacy", "modern": "2026-07-28"}


def transport(way):
    if "url" in way:
        return streamable_http_client(way["url"], http_client=create_mcp_http_client(headers=way["headers"]))
    program, *arguments = way["command"]
    return stdio_client(StdioServerParameters(command=program, args=arguments, env=dict(os.environ)))


async def visit(plan, way):
    async with Client(transport(way), mode=MODES[plan["mode"]]) as client:
        tools = await client.list_tools()
        result = await client.call_tool(plan["tool"], plan["arguments"])
        return {
            "protocol": str(client.protocol_version),
            "tools": [tool.name for tool in tools.tools],
            "text": texts(result.content),
            "is_error": bool(result.is_error),
        }


play(visit)
