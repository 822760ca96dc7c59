"""The server: the Model Context Protocol over standard input and output, by the official SDK, known here alone.

One call works at a time, in a thread of its own; a few more may wait. A call that the assistant cancels is dropped at
once and stops working at its next event.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

import bandmate
from bandmate.cli.main import sentence_of
from bandmate.cli.mcp import takes
from bandmate.cli.mcp.calls import Answer, Cancelled, call
from bandmate.cli.mcp.folders import Folders, guard
from bandmate.cli.mcp.tools import REACHES_OUT, READ_ONLY, REPLACES, TOOLS, as_arguments, tool
from bandmate.errors import BandmateError, UserError

_MOST_WAITING, _LONGEST_SENTENCE = 8, 1200
_OFTEN_ENOUGH = 0.01  # of the whole work between two notices of progress
_INSTRUCTIONS = """\
Bandmate composes, edits, renders and exports multitrack music on the user's machine. Start with compose: it \
answers with the path of a MIDI file. Give that path as `file` to inspect (tracks and bars), show (a picture of \
the notes), regenerate, vary, continue, accompany and the other edits; each writes a new file and leaves the old \
one. again changes the last take by words. export makes a project of a sequencer, render a mix. Bars and tracks \
count from 1. The same seed gives the same result. vocabulary tells the genres, moods and instruments that are \
known. Every path has to lie in: {folders}"""


class Desk:
    """Calls of one assistant, one after the other."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self._worker = ThreadPoolExecutor(1, "bandmate")
        self._stops: set[threading.Event] = set()

    async def run(self, context: ServerRequestContext, name: str, given: Mapping[str, Any]) -> Answer:
        """Run a tool, telling its progress.

        Raises:
            UserError: as `calls.call`, or too many calls are waiting.
        """
        if len(self._stops) > _MOST_WAITING:
            raise UserError(f"{len(self._stops)} calls are waiting already; wait for their answers, then call again")
        loop, stop = asyncio.get_running_loop(), threading.Event()
        events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

        def listen(event: dict[str, Any]) -> None:
            if stop.is_set():
                raise Cancelled
            loop.call_soon_threadsafe(events.put_nowait, event)

        self._stops.add(stop)
        work = self._worker.submit(call, name, given, self.folders, listen)
        work.add_done_callback(lambda _: loop.call_soon_threadsafe(events.put_nowait, None))
        try:
            await _tell(context, events)
            return work.result()
        finally:
            stop.set()
            work.cancel()
            self._stops.discard(stop)

    def close(self) -> None:
        """Stop what is running, and forget what is waiting."""
        for stop in self._stops:
            stop.set()
        self._worker.shutdown(wait=False, cancel_futures=True)


async def _tell(context: ServerRequestContext, events: asyncio.Queue[dict[str, Any] | None]) -> None:
    """Tell progress until the work is done; a share never goes back."""
    said = 0.0
    while (event := await events.get()) is not None:
        if event["event"] == "progress" and event["done"] >= said + _OFTEN_ENOUGH:
            said = event["done"]
            await context.session.report_progress(said, 1.0, str(event["stage"]))


def serve(folders: Folders) -> None:
    """Serve until standard input ends."""
    logging.disable(logging.CRITICAL)  # the SDK's own; what goes wrong here stands in our log
    with tempfile.TemporaryDirectory(prefix="bandmate-") as scratch:
        os.chdir(folders.roots[0])
        guard(folders, Path(scratch))
        asyncio.run(_serve(folders))


async def _serve(folders: Folders) -> None:
    desk = Desk(folders)
    server = _server(desk)
    try:
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())
    finally:
        desk.close()


def _server(desk: Desk) -> Server[Any]:
    async def call_tool(context: ServerRequestContext, asked: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            return _result(await desk.run(context, asked.name, asked.arguments or {}))
        except (Exception, Cancelled) as error:
            return types.CallToolResult(content=[types.TextContent(text=_sentence(error))], is_error=True)

    async def read_resource(
        _: ServerRequestContext, asked: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        try:
            found = await asyncio.to_thread(takes.read_resource, str(asked.uri), desk.folders)
        except Exception as error:
            raise MCPError(types.INVALID_PARAMS, _sentence(error)) from None
        return types.ReadResourceResult(contents=[_contents(str(asked.uri), found)])

    return Server(
        "bandmate", version=bandmate.__version__, title="Bandmate",
        instructions=_INSTRUCTIONS.format(folders=", ".join(map(str, desk.folders.roots))),
        on_list_tools=_list_tools, on_call_tool=call_tool, on_read_resource=read_resource,
        on_list_resources=lambda _context, _asked: _list_resources(desk.folders),
        on_list_resource_templates=_list_templates,
    )  # fmt: skip


async def _list_tools(_: ServerRequestContext, _asked: types.PaginatedRequestParams | None) -> types.ListToolsResult:
    return types.ListToolsResult(tools=[
        types.Tool(
            name=found.name, description=found.description, input_schema=found.schema,
            annotations=types.ToolAnnotations(
                read_only_hint=found.name in READ_ONLY, destructive_hint=found.name in REPLACES,
                open_world_hint=found.name in REACHES_OUT,
            ),
        )
        for found in map(tool, TOOLS)
    ])  # fmt: skip


async def _list_resources(folders: Folders) -> types.ListResourcesResult:
    rows = await asyncio.to_thread(takes.listed, folders)
    found = [types.Resource(name="takes", uri=takes.LIST, mime_type="application/json", description="Every take")]
    for row in rows:
        found += [
            types.Resource(name=f"take {row['number']}: {part}", uri=uri, mime_type=mime, description=row["heard"])
            for uri, (part, mime) in zip(row["resources"], takes.PARTS.items(), strict=True)
        ]
    return types.ListResourcesResult(resources=found)


async def _list_templates(
    _: ServerRequestContext, _asked: types.PaginatedRequestParams | None
) -> types.ListResourceTemplatesResult:
    return types.ListResourceTemplatesResult(resource_templates=[
        types.ResourceTemplate(name=part, uri_template=f"{takes.LIST}/{{session}}/{{number}}/{part}", mime_type=mime)
        for part, mime in takes.PARTS.items()
    ])  # fmt: skip


def _result(answer: Answer) -> types.CallToolResult:
    content: list[Any] = [types.TextContent(text=as_arguments("\n".join(answer.lines)) or "done")]
    content += [types.ImageContent(data=_base64(png), mime_type="image/png") for png in answer.pictures]
    return types.CallToolResult(content=content, structured_content=answer.data)


def _contents(uri: str, found: takes.Content) -> types.TextResourceContents | types.BlobResourceContents:
    if found.mime == "application/json":
        return types.TextResourceContents(uri=uri, mime_type=found.mime, text=found.data.decode())
    return types.BlobResourceContents(uri=uri, mime_type=found.mime, blob=_base64(found.data))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _sentence(error: Exception | Cancelled) -> str:
    if isinstance(error, Cancelled):
        return "cancelled; finished files are kept"
    said = " ".join((str(error) if isinstance(error, BandmateError) else sentence_of(error)).split())
    if len(said) > _LONGEST_SENTENCE:  # one that repeats a value of a mile: its beginning, and the cure at its end
        said = f"{said[: _LONGEST_SENTENCE // 2]} ... {said[-_LONGEST_SENTENCE // 2 :]}"
    return as_arguments(said)
