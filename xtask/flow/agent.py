"""An agent on the Python `mcp` 2.x client that does what each line of its input says, and tells in a line what it read."""

import asyncio
import json
import sys
from contextlib import AsyncExitStack

from mcp import Client
from mcp.client.streamable_http import streamable_http_client

MODES = {"legacy": "legacy", "modern": "2026-07-28"}
SECONDS = 30


def texts(content):
    return "\n".join(getattr(block, "text", block.type) for block in content)


async def reach(stack, clients, url):
    """The visit at `url`, which stays open until the agent ends."""
    if url not in clients:
        client = Client(streamable_http_client(url), mode=MODES[sys.argv[1]])
        clients[url] = await stack.enter_async_context(client)
    return clients[url]


async def perform(client, told):
    if "prompt" in told:
        messages = (await client.get_prompt(told["prompt"], told["arguments"])).messages
        return {"text": texts([message.content for message in messages]), "failed": False}
    result = await client.call_tool(told["tool"], told["arguments"])
    return {"text": texts(result.content), "structured": result.structured_content, "failed": bool(result.is_error)}


async def attempt(stack, clients, told):
    try:
        client = await reach(stack, clients, told["at"])
        return await asyncio.wait_for(perform(client, told), SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever went wrong is what it read
        return {"text": f"{type(error).__name__}: {error}", "failed": True}


async def main():
    async with AsyncExitStack() as stack:
        clients = {}
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await attempt(stack, clients, json.loads(line))), flush=True)


asyncio.run(main())
