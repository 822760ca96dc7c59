"""A server as an assistant starts it: a process of its own, driven by the official client."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief

SOURCE = Path(__file__).parents[3] / "src"


@pytest.fixture
def songs(tmp_path, monkeypatch):
    """A folder that is open, with a song in it, and one beside it that is not, with another."""
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    folder, other = tmp_path / "songs", tmp_path / "private"
    for place in (folder, other):
        place.mkdir()
        play(make_plan(Brief(genre="house", bars=4), 1), 1).write(place / "song.mid")
    return folder


@pytest.fixture
def assistant(songs, tmp_path):
    """Run a session: a coroutine function that gets the client."""
    from mcp import Client, StdioServerParameters

    def run(session: Callable[..., Awaitable[None]]) -> None:
        environment = {
            **os.environ, "BANDMATE_HOME": str(tmp_path / "home"), "PYTHONPATH": str(SOURCE), "PYTHONWARNINGS": "ignore"
        }  # fmt: skip
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "bandmate", "mcp", "--folder", str(songs)], env=environment,
            cwd=str(tmp_path),
        )  # fmt: skip

        async def whole() -> None:
            async with Client(server, read_timeout_seconds=300) as client:
                await session(client)

        anyio.run(whole)

    return run
