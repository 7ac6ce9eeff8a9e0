"""The Python `mcp` 2.x client. Its modes are auto, legacy and one pinned revision."""

from contextlib import asynccontextmanager

from cell import PERSON, SAMPLED, answer, contents, environment, headers, messages, play
from mcp import Client, StdioServerParameters, types
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

MODES = {"auto": "auto", "legacy": "legacy", "modern": "2026-07-28"}


def transport(way):
    if "url" in way:
        return streamable_http_client(way["url"], http_client=create_mcp_http_client(headers=headers(way)))
    if "sse" in way:
        return sse_client(way["sse"], headers=headers(way))
    program, *arguments = way["command"]
    return stdio_client(StdioServerParameters(command=program, args=arguments, env=environment()))


async def elicited(_context, _params):
    return types.ElicitResult(action="accept", content=PERSON)


async def sampled(_context, _params):
    content = types.TextContent(type="text", text=SAMPLED)
    return types.CreateMessageResult(role="assistant", content=content, model="a-model")


class Visitor:
    def __init__(self, client):
        self.client = client
        self.protocol = client.protocol_version

    async def names(self):
        return [tool.name for tool in (await self.client.list_tools()).tools]

    async def call(self, name, arguments):
        result = await self.client.call_tool(name, arguments)
        return answer(result.content, result.is_error)

    async def read(self, uri):
        return contents((await self.client.read_resource(uri)).contents)

    async def prompt(self, name, arguments):
        return messages((await self.client.get_prompt(name, arguments)).messages)


@asynccontextmanager
async def opened(plan, way):
    callbacks = {"elicitation_callback": elicited, "sampling_callback": sampled}
    async with Client(transport(way), mode=MODES[plan["mode"]], **callbacks) as client:
        yield Visitor(client)


play(opened)
