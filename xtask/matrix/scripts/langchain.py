"""The langchain-mcp-adapters client, which opens a session for each thing it does."""

from contextlib import asynccontextmanager

from cell import PERSON, environment, headers, play
from langchain_mcp_adapters.callbacks import Callbacks
from langchain_mcp_adapters.client import MultiServerMCPClient
from mcp import types

SERVER = "server"


def connection(way):
    if "url" in way:
        return {"transport": "streamable_http", "url": way["url"], "headers": headers(way)}
    if "sse" in way:
        return {"transport": "sse", "url": way["sse"], "headers": headers(way)}
    program, *arguments = way["command"]
    return {"transport": "stdio", "command": program, "args": arguments, "env": environment()}


async def elicited(_context, _params, _where):
    return types.ElicitResult(action="accept", content=PERSON)


def shown(result):
    if isinstance(result, str):
        return result
    return "\n".join(block.get("text", block.get("type", "")) for block in result)


class Visitor:
    # There is no way to hand it a model.
    cannot = ("sample",)

    def __init__(self, client, tools):
        self.client = client
        self.tools = tools

    async def names(self):
        return [tool.name for tool in self.tools]

    async def call(self, name, arguments):
        tool = next(tool for tool in self.tools if tool.name == name)
        tool.handle_tool_error = False
        result = await tool.ainvoke(arguments)
        if isinstance(result, str) and result.startswith("Error"):
            raise RuntimeError(result)
        return shown(result)

    async def read(self, uri):
        return "\n".join(blob.as_string() for blob in await self.client.get_resources(SERVER, uris=uri))

    async def prompt(self, name, arguments):
        found = await self.client.get_prompt(SERVER, name, arguments=arguments)
        return "\n".join(message.content for message in found)


@asynccontextmanager
async def opened(_plan, way):
    client = MultiServerMCPClient({SERVER: connection(way)}, callbacks=Callbacks(on_elicitation=elicited))
    yield Visitor(client, await client.get_tools())


play(opened)
