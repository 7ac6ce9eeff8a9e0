"""The Python `mcp` 2.x client in the legacy era answers what a server asks during a call, over stdio and over HTTP."""

import asyncio
import json
import os
import sys

from cell import leaves, texts
from mcp import Client, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

ROOT = "file:///a-root"


async def elicited(_context, _params):
    return types.ElicitResult(action="accept", content={"name": "Ada Doorward", "check": True, "integer": 7})


async def sampled(_context, params):
    prompt = params.messages[0].content.text
    content = types.TextContent(type="text", text=f"sampled: {prompt}")
    return types.CreateMessageResult(role="assistant", content=content, model="a-model")


async def roots(_context):
    return types.ListRootsResult(roots=[types.Root(uri=ROOT, name="A root")])


async def visit(transport):
    callbacks = dict(elicitation_callback=elicited, sampling_callback=sampled, list_roots_callback=roots)
    progress = []

    async def moved(done, _total, _message):
        progress.append(done)

    async with Client(transport, mode="legacy", **callbacks) as client:
        for tool, arguments, wanted in [
            ("trigger-elicitation-request", {}, "Ada Doorward"),
            ("trigger-sampling-request", {"prompt": "a prompt", "maxTokens": 10}, "sampled: "),
            ("get-roots-list", {}, ROOT),
        ]:
            text = "\n".join(texts((await client.call_tool(tool, arguments)).content))
            assert wanted in text, f"{tool}: {text}"
        operation = ("trigger-long-running-operation", {"duration": 1, "steps": 4})
        await client.call_tool(*operation, progress_callback=moved)
        assert progress == [1, 2, 3, 4], f"progress: {progress}"


async def main():
    setting = json.loads(sys.argv[1])
    program, *arguments = [*setting["run"]["observe"], "--server", "everything", "--", *setting["servers"]["everything"]]
    stdio = StdioServerParameters(command=program, args=arguments, env=dict(os.environ))
    ways = [("run", stdio_client(stdio)), ("serve", streamable_http_client(f"{setting['serve']}/s/everything/mcp"))]
    for name, transport in ways:
        try:
            await asyncio.wait_for(visit(transport), 30)
        except BaseException as error:  # noqa: BLE001 - whatever went wrong is the report
            print(f"{name}: {' | '.join(leaves(error))}", file=sys.stderr)
            sys.stderr.flush()
            os._exit(1)


asyncio.run(main())
