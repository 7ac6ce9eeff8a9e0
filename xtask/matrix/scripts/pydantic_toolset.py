"""The toolset of pydantic-ai: tools are called by an agent whose model does as it is told."""

import json
from contextlib import asynccontextmanager

from cell import PERSON, SAMPLED, environment, headers, play
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel


def reached(way):
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


def shown(content):
    parts = content if isinstance(content, list) else [content]
    return "\n".join(part if isinstance(part, str) else json.dumps(part, default=str) for part in parts)


class Visitor:
    def __init__(self, toolset):
        self.toolset = toolset

    async def names(self):
        return [tool.name for tool in await self.toolset.list_tools()]

    async def call(self, name, arguments):
        outcome = []

        def obey(conversation, _info):
            last = conversation[-1].parts[0]
            if last.part_kind == "user-prompt":
                return ModelResponse(parts=[ToolCallPart(name, arguments)])
            outcome.append((last.part_kind, last.content))
            return ModelResponse(parts=[TextPart("done")])

        await Agent(FunctionModel(obey), toolsets=[self.toolset]).run("go")
        kind, content = outcome[0]
        if kind != "tool-return":
            raise RuntimeError(f"the tool failed: {content}")
        return shown(content)

    async def read(self, uri):
        return shown(await self.toolset.read_resource(uri))

    async def prompt(self, name, arguments):
        found = await self.toolset.get_prompt(name, arguments)
        return "\n".join(shown(getattr(message.content, "content", message.content)) for message in found.messages)


@asynccontextmanager
async def opened(_plan, way):
    async with MCPToolset(reached(way), elicitation_handler=elicited, sampling_handler=sampled) as toolset:
        yield Visitor(toolset)


play(opened)
