"""The Python `mcp` 1.x client: connect, list, call. It speaks the legacy era only."""

import os

from cell import play, texts
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client


def transport(way):
    if "url" in way:
        return streamablehttp_client(way["url"], headers=way["headers"])
    program, *arguments = way["command"]
    return stdio_client(StdioServerParameters(command=program, args=arguments, env=dict(os.environ)))


async def visit(plan, way):
    async with transport(way) as streams:
        async with ClientSession(streams[0], streams[1]) as session:
            hello = await session.initialize()
            tools = await session.list_tools()
            result = await session.call_tool(plan["tool"], plan["arguments"])
            return {
                "protocol": str(hello.protocolVersion),
                "tools": [tool.name for tool in tools.tools],
                "text": texts(result.content),
                "is_error": bool(result.isError),
            }


play(visit)
