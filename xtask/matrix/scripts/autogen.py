"""The workbench of autogen-ext, which answers a server's request for a model with a model of its own."""

from contextlib import asynccontextmanager

from autogen_core.models import ModelFamily
from autogen_ext.models.replay import ReplayChatCompletionClient
from autogen_ext.tools.mcp import McpWorkbench, SseServerParams, StdioServerParams, StreamableHttpServerParams
from cell import SAMPLED, contents, environment, headers, messages, play

ABILITIES = {
    "vision": False,
    "function_calling": False,
    "json_output": False,
    "structured_output": False,
    "family": ModelFamily.UNKNOWN,
}


def parameters(way):
    if "url" in way:
        return StreamableHttpServerParams(url=way["url"], headers=headers(way))
    if "sse" in way:
        return SseServerParams(url=way["sse"], headers=headers(way))
    program, *arguments = way["command"]
    return StdioServerParams(command=program, args=arguments, env=environment(), read_timeout_seconds=30)


class Visitor:
    # It has no one to put a form to.
    cannot = ("ask",)

    def __init__(self, workbench):
        self.workbench = workbench

    async def names(self):
        return [tool["name"] for tool in await self.workbench.list_tools()]

    async def call(self, name, arguments):
        result = await self.workbench.call_tool(name, arguments)
        text = "\n".join(part.content for part in result.result)
        if result.is_error:
            raise RuntimeError(f"the tool failed: {text}")
        return text

    async def read(self, uri):
        return contents((await self.workbench.read_resource(uri)).contents)

    async def prompt(self, name, arguments):
        return messages((await self.workbench.get_prompt(name, arguments)).messages)


@asynccontextmanager
async def opened(_plan, way):
    model = ReplayChatCompletionClient([SAMPLED], model_info=ABILITIES)
    async with McpWorkbench(parameters(way), model_client=model) as workbench:
        yield Visitor(workbench)


play(opened)
