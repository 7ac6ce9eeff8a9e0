"""The Python `mcp` 1.x client. It speaks the legacy era only."""

from contextlib import asynccontextmanager

from cell import PERSON, SAMPLED, answer, contents, environment, headers, messages, play
from mcp import ClientSession, StdioServerParameters, types
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client


def transport(way):
    if "url" in way:
        return streamablehttp_client(way["url"], headers=headers(way))
    if "sse" in way:
        return sse_client(way["sse"], headers=headers(way))
    program, *arguments = way["command"]
    return stdio_client(StdioServerParameters(command=program, args=arguments, env=environment()))


async def elicited(_context, _params):
    return types.ElicitResult(action="accept", content=PERSON)


async def sampled(_context, _params):
    content = types.TextContent(type="text", text=SAMPLED)
    return types.CreateMessageResult(role="assistant", content=content, model="a-model")


class Client:
    def __init__(self, session, hello):
        self.session = session
        self.protocol = hello.protocolVersion

    async def names(self):
        return [tool.name for tool in (await self.session.list_tools()).tools]

    async def call(self, name, arguments):
        result = await self.session.call_tool(name, arguments)
        return answer(result.content, result.isError)

    async def read(self, uri):
        return contents((await self.session.read_resource(uri)).contents)

    async def prompt(self, name, arguments):
        return messages((await self.session.get_prompt(name, arguments)).messages)


@asynccontextmanager
async def opened(_plan, way):
    async with transport(way) as streams:
        callbacks = {"elicitation_callback": elicited, "sampling_callback": sampled}
        async with ClientSession(streams[0], streams[1], **callbacks) as session:
            yield Client(session, await session.initialize())


play(opened)
