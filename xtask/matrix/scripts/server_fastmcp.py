"""A FastMCP 4 server for either era, over stdio or HTTP (`server_fastmcp.py stdio | http PORT`), that asks in both."""

import sys

from fastmcp import Context, FastMCP
from mcp import types

server = FastMCP("fastmcp")

QUESTION = "What is your name?"
FORM = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


@server.tool
def echo(message: str) -> str:
    """Repeats a message."""
    return f"Echo: {message}"


@server.tool
async def greet(ctx: Context) -> types.InputRequiredResult | str:
    """Asks who is there."""
    if ctx.request_context.protocol_version < "2026":
        asked = await ctx.session.elicit_form(QUESTION, FORM)
    elif ctx.input_responses is None:
        form = types.ElicitRequestFormParams(message=QUESTION, requested_schema=FORM)
        return types.InputRequiredResult(input_requests={"name": types.ElicitRequest(params=form)})
    else:
        asked = ctx.input_responses["name"]
    return f"Hello, {asked.content['name']}."


@server.resource("data://note")
def note() -> str:
    return "A note."


@server.prompt
def welcome(name: str) -> str:
    return f"Welcome {name}."


if sys.argv[1] == "stdio":
    server.run(show_banner=False)
else:
    server.run(transport="http", host="127.0.0.1", port=int(sys.argv[2]), show_banner=False)
