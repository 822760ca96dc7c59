"""Let an assistant drive Bandmate: a server of the Model Context Protocol on standard input and output.

bandmate mcp --folder my-songs
bandmate mcp --folder my-songs --config        what to paste into the settings of the assistant

It reads and writes in the folders that you name, and nowhere else.
"""

from __future__ import annotations

import argparse
import json
import sys

from bandmate.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which folders are open."""
    parser.add_argument("--folder", action="append", default=[], metavar="DIR",
                        help="a folder that may be read and written, more than once too "
                        "(default: Bandmate in your music folder)")  # fmt: skip
    parser.add_argument("--config", action="store_true", help="print the settings of an assistant for this, and end")
    parser.add_argument("--tools", action="store_true", help="print what an assistant can do, and end")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Serve, or say how."""
    from bandmate.cli.mcp.folders import Folders

    folders = Folders.of(arguments.folder)
    if arguments.config:
        words = ["-m", "bandmate", "mcp", *(word for root in folders.roots for word in ("--folder", str(root)))]
        console.page(json.dumps({"mcpServers": {"bandmate": {"command": sys.executable, "args": words}}}, indent=2))
    elif arguments.tools:
        _list(console)
    else:
        _serve(folders)


def _list(console: Console) -> None:
    from bandmate.cli.mcp.tools import TOOLS, tool

    for name in TOOLS:
        console.say(f"{name}: {tool(name).description}")
    console.result({"tools": {name: tool(name).schema for name in TOOLS}})


def _serve(folders) -> None:  # noqa: ANN001 - its type would be imported with its module
    from bandmate.errors import MissingExtra

    try:
        from bandmate.cli.mcp.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise MissingExtra("mcp", "a server for assistants") from error
    serve(folders)
