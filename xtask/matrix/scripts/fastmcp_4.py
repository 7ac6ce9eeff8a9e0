"""The FastMCP 4 client, which begins with the newer era and falls back."""

from contextlib import asynccontextmanager

from cell import PERSON, SAMPLED, answer, contents, environment, headers, messages, play
from fastmcp import Client
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport


def transport(way):
    if "url" in way:
        return StreamableHttpTransport(way["url"], headers=headers(way))
    if "sse" in way:
        return SSETransport(way["sse"], headers=headers(way))
    program, *arguments = way["command"]
    return StdioTransport(command=program, args=arguments, env=environment())


async def elicited(_message, _kind, _params, _context):
    return PERSON


async def sampled(_messages, _params, _context):
    return SAMPLED


class Visitor:
    def __init__(self, client):
        self.client = client

    async def names(self):
        return [tool.name for tool in await self.client.list_tools()]

    async def call(self, name, arguments):
        result = await self.client.call_tool(name, arguments)
        return answer(result.content, result.is_error)

    async def read(self, uri):
        return contents(await self.client.read_resource(uri))

    async def prompt(self, name, arguments):
        return messages((await self.client.get_prompt(name, arguments)).messages)


@asynccontextmanager
async def opened(_plan, way):
    async with Client(transport(way), elicitation_handler=elicited, sampling_handler=sampled) as client:
        yield Visitor(client)


play(opened)
