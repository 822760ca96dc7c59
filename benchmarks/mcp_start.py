"""The MCP server: seconds until it answers, and the most memory it holds, idle and after a first take.

python benchmarks/mcp_start.py --bars 8
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters

SOURCE = Path(__file__).parents[1] / "src"


async def session(folder: str, compose: dict[str, Any] | None) -> dict[str, float]:
    environment = {**os.environ, "BANDMATE_HOME": f"{folder}/home", "PYTHONPATH": str(SOURCE)}
    words = ["-m", "bandmate", "mcp", "--folder", folder]
    start, seconds = time.perf_counter(), {}
    server = StdioServerParameters(command=sys.executable, args=words, env=environment, cwd=folder)
    async with Client(server, read_timeout_seconds=600) as client:
        seconds["handshake"] = time.perf_counter() - start
        tools = await client.list_tools()
        seconds["tools"] = time.perf_counter() - start
        if compose:
            answer = await client.call_tool("compose", compose)
            assert not answer.is_error, answer.content
            seconds["first take"] = time.perf_counter() - start
            seconds["bytes of the answer"] = len(answer.model_dump_json())
        seconds["bytes of the tools"] = len(tools.model_dump_json(exclude_none=True))
    return seconds


def peak_mb() -> float:
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * scale / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=int, default=8)
    parser.add_argument("--engine", default="default")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        idle = asyncio.run(session(folder, None))
        idle_mb = peak_mb()
        asked = {"text": "funky house", "bars": arguments.bars, "no_stems": True, "engine": arguments.engine, "seed": 1}
        worked = asyncio.run(session(folder, asked))
        figures = {"idle": idle, "idle_mb": idle_mb, "first_take": worked, "first_take_mb": peak_mb()}
    for name, value in {**worked, "MB idle": idle_mb, "MB with a take": figures["first_take_mb"]}.items():
        print(f"{name.ljust(22)} {value:10.2f}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
