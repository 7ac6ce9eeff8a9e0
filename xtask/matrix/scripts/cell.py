"""What every Python client shares: reading the plan, trying each way step by step, printing one line of JSON for each.

A client is opened by an async context manager and may have the methods `names`, `call`, `read` and `prompt`; a step for
which it has none, or for which the plan names nothing, is left out.
"""

import asyncio
import json
import os
import sys

import anyio

STEP_SECONDS = 30
WAY_SECONDS = 90

# What every client answers when it is asked during a call.
PERSON = {"name": "Ada Doorward"}
SAMPLED = "a sampled answer"


def leaves(error):
    """The errors inside an exception group, which by itself says nothing."""
    inner = getattr(error, "exceptions", None)
    if inner is None:
        return [f"{type(error).__name__}: {error}"]
    return [text for one in inner for text in leaves(one)]


def said(error):
    return " | ".join(leaves(error))[:600]


def texts(content):
    return [getattr(block, "text", getattr(block, "type", str(block))) for block in content]


def answer(content, failed):
    """The text of a tool's result; a tool that says it failed did not answer."""
    text = "\n".join(texts(content))
    if failed:
        raise RuntimeError(f"the tool failed: {text}")
    return text


def contents(items):
    """The text of what a resource holds."""
    return "\n".join(getattr(item, "text", None) or getattr(item, "blob", "") for item in items)


def messages(items):
    """The text of a prompt's messages."""
    return "\n".join(getattr(item.content, "text", item.content.type) for item in items)


def headers(way):
    """What goes with every HTTP request: who we are, where the way's end wants to know."""
    return way.get("headers", {})


def environment():
    return dict(os.environ)


async def steps(client, way):
    """The steps that both the plan and the client have, each with its work."""
    asked = {"call": "call", "ask": "call", "sample": "call", "read": "read", "prompt": "prompt"}
    if hasattr(client, "names"):
        yield "list", client.names()
    for step, method in asked.items():
        wanted, able = way.get(step), step not in getattr(client, "cannot", ())
        if wanted is not None and able and hasattr(client, method):
            yield step, getattr(client, method)(*wanted)


async def attempt(report, step, work):
    try:
        with anyio.fail_after(STEP_SECONDS):
            report["steps"][step] = {"ok": await work}
    except Exception as error:  # noqa: BLE001 - whatever went wrong is the report
        report["steps"][step] = {"error": said(error)}


async def visit(open_client, plan, way, report):
    async with open_client(plan, way) as client:
        report["steps"] = {}
        report["protocol"] = str(getattr(client, "protocol", ""))
        async for step, work in steps(client, way):
            await attempt(report, step, work)


async def try_way(open_client, plan, way):
    report = {"way": way["name"]}
    try:
        await asyncio.wait_for(visit(open_client, plan, way, report), WAY_SECONDS)
    except BaseException as error:  # noqa: BLE001 - whatever went wrong is the report
        report["error"] = said(error)
    print(json.dumps(report), flush=True)


def play(open_client):
    plan = json.loads(sys.argv[1])
    for way in plan["ways"]:
        asyncio.run(try_way(open_client, plan, way))
    # Some frameworks leave threads behind that would keep the process.
    sys.stdout.flush()
    os._exit(0)
