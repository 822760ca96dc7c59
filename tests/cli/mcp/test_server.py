"""What an assistant sees: the official client over standard input and output, against a process of its own."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import anyio
import pytest
from mcp.shared.exceptions import MCPError

from bandmate.cli.mcp.tools import TOOLS
from bandmate.io.files import read

QUICK = {"engine": "rules", "no_stems": True, "seed": 3, "candidates": 1}


def text_of(result) -> str:
    return result.content[0].text


def test_a_session_from_words_to_a_project(assistant, songs) -> None:
    async def session(client) -> None:
        listed = await client.list_tools()
        assert [tool.name for tool in listed.tools] == list(TOOLS)
        shares = []

        async def progress(share, total, message) -> None:
            shares.append(share)

        made = await client.call_tool(
            "compose", {"text": "funky house", "bars": 4, **QUICK}, progress_callback=progress
        )
        assert not made.is_error, text_of(made)
        assert shares == sorted(shares)
        assert shares
        take = made.structured_content["takes"][0]
        midi = Path(take["midi"])
        assert midi.is_relative_to(songs)

        found = await client.call_tool("inspect", {"file": str(midi)})
        assert found.structured_content["bars"] == 4
        edited = await client.call_tool(
            "regenerate", {"file": str(midi), "tracks": "bass", "bars": 2, "text": "busier", "engine": "rules"}
        )
        assert "untouched" in json.dumps(edited.structured_content["takes"][0]["report"])
        new = Path(edited.structured_content["takes"][0]["midi"])
        before, after = read(midi), read(new)
        assert [len(t.notes) for t in before.tracks if t.is_drum] == [len(t.notes) for t in after.tracks if t.is_drum]

        sent = await client.call_tool("export", {"file": str(new), "to": ["ableton"], "no_stems": True})
        assert Path(sent.structured_content["files"][0]).is_relative_to(songs)

        seen = await client.call_tool("show", {"file": take["folder"]})
        assert base64.b64decode(seen.content[1].data)[:4] == b"\x89PNG"

        listed = await client.call_tool("takes", {})
        assert [row["folder"] for row in listed.structured_content["takes"]] == [take["folder"], str(new.parent)]
        beside = await client.call_tool("takes", {"action": "compare", "numbers": [1, 2]})
        assert "take 2: " in text_of(beside)
        takes = await client.call_tool("takes", {"action": "star", "numbers": [2]})
        rows = takes.structured_content["takes"]
        assert [row["starred"] for row in rows] == [False, True]
        await _resources(client, rows[1]["resource"], new)

    assistant(session)


async def _resources(client, uri: str, midi: Path) -> None:
    listed = await client.list_resources()
    uris = [str(item.uri) for item in listed.resources]
    assert uris[0] == "bandmate://takes"
    assert uri in uris
    index = json.loads((await client.read_resource("bandmate://takes")).contents[0].text)
    assert [row["number"] for row in index] == [2, 1]
    assert json.loads((await client.read_resource(uri)).contents[0].text)["recipe"]
    song = (await client.read_resource(uri.replace("take.json", "song.mid"))).contents[0]
    assert base64.b64decode(song.blob) == midi.read_bytes()
    roll = (await client.read_resource(uri.replace("take.json", "roll.png"))).contents[0]
    assert base64.b64decode(roll.blob)[:4] == b"\x89PNG"
    with pytest.raises(MCPError, match="no resource"):
        await client.read_resource("bandmate://takes/../../etc/passwd")


def test_mistakes_are_one_sentence_with_the_cure(assistant, songs) -> None:
    mistakes = {
        "no such tool": ("compos", {}, "did you mean 'compose'"),
        "no such genre": ("compose", {"genre": "hosue", **QUICK}, "house"),
        "no such argument": ("compose", {"temop": 120}, "did you mean 'tempo'"),
        "wrong kind": ("compose", {"text": "house", "bars": "four"}, "a whole number"),
        "out of range": ("compose", {"text": "house", "tempo": 4000}, "20 to 400"),
        "no such engine": ("compose", {"text": "house", "engine": "rule"}, "did you mean 'rules'"),
        "nothing named": ("regenerate", {}, "needs 'file'"),
        "no such track": ("regenerate", {"file": "song.mid", "tracks": "bss"}, "did you mean"),
        "no such file": ("inspect", {"file": "sogn.mid"}, "is not there"),
        "no takes yet": ("again", {"text": "busier bass"}, "tool compose"),
        "no such picture": ("show", {"file": "song.mid", "as": "rol"}, "did you mean 'roll'"),
        "no such tokens": ("tokens", {"file": "song.mid", "as": "evnt"}, "did you mean 'event'"),
        "no such format": ("convert", {"file": "song.mid", "out": "song.xyz"}, ".musicxml"),
        "a mile of letters": ("show", {"file": "song.mid", "tracks": "b" * 100_000}, "is not in the piece"),
    }

    async def session(client) -> None:
        for what, (tool, arguments, cure) in mistakes.items():
            answer = await client.call_tool(tool, arguments)
            said = text_of(answer)
            assert answer.is_error, what
            assert cure in said, f"{what}: {said}"
            assert len(said) < 2000
            assert "Traceback" not in said
            assert "\n" not in said
            assert "--" not in said

    assistant(session)


def test_two_calls_at_once_are_answered_one_after_the_other(assistant, songs) -> None:
    async def session(client) -> None:
        made: dict[int, Path] = {}

        async def compose(seed: int) -> None:
            answer = await client.call_tool("compose", {"text": "techno", "bars": 2, **QUICK, "seed": seed})
            made[seed] = Path(answer.structured_content["takes"][0]["folder"])

        async with anyio.create_task_group() as group:
            for seed in (1, 2):
                group.start_soon(compose, seed)
        assert made[1] != made[2]
        assert all((folder / "take.json").is_file() for folder in made.values())

    assistant(session)


def test_a_cancelled_call_stops_and_the_next_one_works(assistant, songs) -> None:
    async def session(client) -> None:
        started = anyio.Event()

        async def progress(share, total, message) -> None:
            started.set()

        async with anyio.create_task_group() as group:

            async def long_work() -> None:
                await client.call_tool(
                    "compose", {"text": "techno", "bars": 64, "takes": 16, "engine": "rules", "out": "long"},
                    progress_callback=progress,
                )  # fmt: skip

            group.start_soon(long_work)
            await started.wait()
            group.cancel_scope.cancel()
        answer = await client.call_tool("inspect", {"file": "song.mid"})
        assert answer.structured_content["bars"] == 4
        assert len(list((songs / "long").rglob("mix.wav"))) < 16

    assistant(session)


def test_nothing_outside_is_read_or_written(assistant, songs) -> None:
    private = songs.parent / "private"
    (songs / "link.mid").symlink_to(private / "song.mid")
    (songs / "way").symlink_to(private, target_is_directory=True)
    (songs / "kit").mkdir()
    (songs / "kit" / "kick.wav").symlink_to(private / "song.mid")
    (songs / "song-vary").symlink_to(private / "empty", target_is_directory=True)
    (private / "empty").mkdir()
    before = sorted(private.rglob("*"))
    refused = [
        ("inspect", {"file": str(private / "song.mid")}), ("inspect", {"file": "../private/song.mid"}),
        ("inspect", {"file": "link.mid"}), ("inspect", {"file": "way/song.mid"}), ("inspect", {"file": "C:\\s.mid"}),
        ("inspect", {"file": "//server/song.mid"}), ("show", {"file": "way"}), ("origin", {"file": "/etc/passwd"}),
        ("compose", {"text": "house", "out": str(private / "new")}), ("compose", {"text": "house", "out": "way/new"}),
        ("compose", {"text": "house", "out": "."}), ("compose", {"text": "house", "midi": "../private/song.mid"}),
        ("compose", {"text": "house", "drums": "../private/song.mid"}),
        ("compose", {"text": "house", "drums": "link.mid"}), ("compose", {"text": "house", "sounds": ["bass=way"]}),
        ("compose", {"text": "house", "drum_kit": "kit"}), ("compose", {"text": "house", "soundfont": "/tmp/x.sf2"}),
        ("compose", {"text": "house", "to": "ableton", "template": "../private/set.als"}),
        ("again", {"text": "busier", "take": "../private"}), ("render", {"file": "song.mid", "out": "../private/mix"}),
        ("export", {"file": "song.mid", "stems": "../private"}), ("export", {"file": "song.mid", "out": "~"}),
        ("export", {"file": "song.mid", "drum_map": "../private/map.yaml", "no_stems": True}),
        ("groove", {"file": "song.mid", "like": "link.mid"}), ("inspect", {"file": "song.mid", "picture": "way/a.png"}),
        ("interpolate", {"first": "song.mid", "second": "link.mid"}), ("hear", {"file": "song.mid", "midi": "way/a"}),
        ("convert", {"file": "link.mid", "out": "a.mid"}), ("convert", {"file": "song.mid", "out": "way/a.mid"}),
        ("show", {"file": "kit", "as": "library"}), ("show", {"file": "song.mid", "out": "way/a.png"}),
        ("metrics", {"place": "way"}), ("metrics", {"place": "song.mid", "against": "link.mid"}),
        ("tokens", {"file": "link.mid"}), ("tokens", {"file": "song.mid", "out": "../a.txt"}),
        ("library", {"action": "ingest", "folder": "way", "to": "new"}),
        ("library", {"action": "ingest", "folder": "kit", "to": "new"}),
        ("library", {"action": "ingest", "folder": "song.mid", "to": "way/new"}),
        ("library", {"action": "ingest", "folder": "song.mid", "to": "kit"}),
        ("datasets", {"action": "download", "name": "maestro_v3", "to": "way"}),
        ("datasets", {"action": "convert", "name": "any_folder", "folder": "way", "out": "new"}),
        ("vary", {"file": "song.mid", "engine": "rules"}),  # its folder beside the file is a link that leads out
    ]  # fmt: skip

    async def session(client) -> None:
        for tool, arguments in refused:
            answer = await client.call_tool(tool, arguments)
            said = text_of(answer)
            assert answer.is_error, (tool, arguments, said)
            assert "outside" in said or "opened as a whole" in said, (tool, arguments, said)

    assistant(session)
    assert sorted(private.rglob("*")) == before
