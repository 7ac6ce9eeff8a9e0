"""What both Python clients share: reading the plan, trying each way, printing one line of JSON for each."""

import asyncio
import json
import sys

WAY_SECONDS = 60


def leaves(error):
    """The errors inside an exception group, which by itself says nothing."""
    inner = getattr(error, "exceptions", None)
    if inner is None:
        return [f"{type(error).__name__}: {error}"]
    return [text for one in inner for text in leaves(one)]


def texts(content):
    return [getattr(block, "text", block.type) for block in content]


async def try_way(visit, plan, way):
    try:
        report = await asyncio.wait_for(visit(plan, way), WAY_SECONDS)
    except BaseException as error:  # noqa: BLE001 - whatever went wrong is the report
        report = {"error": " | ".join(leaves(error))[:600]}
    print(json.dumps({"way": way["name"], **report}), flush=True)


def play(visit):
    plan = json.loads(sys.argv[1])
    for way in plan["ways"]:
        asyncio.run(try_way(visit, plan, way))
