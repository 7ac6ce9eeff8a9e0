"""The agents SDK of OpenAI: tools are called by an agent whose model does as it is told."""

import json
from contextlib import asynccontextmanager

from agents import Agent, Runner, set_tracing_disabled
from agents.items import ModelResponse
from agents.mcp import MCPServerSse, MCPServerStdio, MCPServerStreamableHttp
from agents.models.interface import Model
from agents.usage import Usage
from cell import contents, environment, headers, messages, play
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

set_tracing_disabled(True)

SECONDS = 30


def server(way):
    common = {"client_session_timeout_seconds": SECONDS}
    if "url" in way:
        return MCPServerStreamableHttp(params={"url": way["url"], "headers": headers(way)}, **common)
    if "sse" in way:
        return MCPServerSse(params={"url": way["sse"], "headers": headers(way)}, **common)
    program, *arguments = way["command"]
    return MCPServerStdio(params={"command": program, "args": arguments, "env": environment()}, **common)


class Obedient(Model):
    """A model that calls one tool and then repeats what came back."""

    def __init__(self, tool, arguments):
        self.tool, self.arguments, self.result = tool, arguments, None

    async def get_response(self, system_instructions, input, *_rest, **_more):  # noqa: A002 - so it is called
        outputs = [] if isinstance(input, str) else [one for one in input if "output" in one]
        if not outputs:
            call = {"id": "1", "call_id": "1", "type": "function_call", "name": self.tool}
            output = ResponseFunctionToolCall(arguments=json.dumps(self.arguments), **call)
        else:
            self.result = outputs[-1]["output"]
            text = ResponseOutputText(text="done", type="output_text", annotations=[])
            said = {"id": "2", "role": "assistant", "status": "completed", "type": "message"}
            output = ResponseOutputMessage(content=[text], **said)
        return ModelResponse(output=[output], usage=Usage(), response_id=None)

    def stream_response(self, *_rest, **_more):
        raise NotImplementedError


def shown(result):
    if isinstance(result, str):
        return result
    parts = result if isinstance(result, list) else [result]
    return "\n".join(part.get("text", part.get("type", "")) for part in parts)


class Visitor:
    # It hands neither forms nor requests for a model to anyone.
    cannot = ("ask", "sample")

    def __init__(self, connected):
        self.server = connected

    async def names(self):
        return [tool.name for tool in await self.server.list_tools()]

    async def call(self, name, arguments):
        model = Obedient(name, arguments)
        agent = Agent(name="agent", instructions="obey", model=model, mcp_servers=[self.server])
        await Runner.run(agent, "go")
        return shown(model.result)

    async def read(self, uri):
        return contents((await self.server.read_resource(uri)).contents)

    async def prompt(self, name, arguments):
        return messages((await self.server.get_prompt(name, arguments)).messages)


@asynccontextmanager
async def opened(_plan, way):
    async with server(way) as connected:
        yield Visitor(connected)


play(opened)
