"""An assistant plays along with the set that is open: over standard input and output to it, over UDP to a fake Live."""

from __future__ import annotations

import anyio
import pytest
from tests.fakes.abletonosc import AbletonOsc, UdpLive, band, free_port
from tests.fakes.max_device import DeviceFake

RULES = {"engine": "rules", "seed": 1}


@pytest.fixture
def wire():
    """A Live that plays, and the arguments that lead to it."""
    live, answers = AbletonOsc(band()), free_port()
    with UdpLive(live, answers, 0.01) as peer:
        yield live, {"port": peer.port, "answer_port": answers}


def text_of(result) -> str:
    return result.content[0].text


def filled(live: AbletonOsc) -> dict[tuple[str, int], int]:
    """How many notes each clip holds, by track and scene."""
    return {(track.name, scene): len(clip.notes) for track in live.song.tracks
            for scene, clip in enumerate(track.slots) if clip is not None}  # fmt: skip


def test_a_bass_under_what_plays(assistant, songs, wire) -> None:
    live, ports = wire

    async def session(client) -> None:
        seen = await client.call_tool("live_set", ports)
        assert [row["name"] for row in seen.structured_content["tracks"]][:3] == ["Beat", "Keys", "My Bass"]
        heard = await client.call_tool("live_set", {"action": "read", "scene": "Verse", **ports})
        assert heard.structured_content["file"] == str(songs / "Live set" / "heard.mid")
        made = await client.call_tool(
            "live_set", {"action": "accompany", "add": "bass", "scene": 1, "fire": True, **RULES, **ports}
        )
        clip = made.structured_content["clips"][0]
        assert (clip["track_name"], clip["scene"]) == ("My Bass", 1)
        assert filled(live)["My Bass", 0] == clip["notes"]
        assert made.structured_content["take"].startswith(str(songs / "Live set"))
        assert (await client.call_tool("live_set", {"action": "tempo", "text": 124, **ports})).structured_content == {
            "tempo": 124
        }
        assert live.song.tempo == 124
        told = await client.call_tool("live_set", {"action": "written"})
        assert "'accompany 1'" in text_of(told)

    assistant(session)


def test_a_bass_under_the_loop_brace(assistant, songs, wire) -> None:
    live, ports = wire
    live.song.tracks[1].arrangement = [(0.0, 16.0, live.song.tracks[1].slots[0])]
    with UdpLive(DeviceFake(live.song), None, 0.01) as device:
        given = {"action": "accompany", "from": "brace", "add": "bass", "device_port": device.port, **RULES, **ports}

        async def session(client) -> None:
            made = await client.call_tool("live_set", given)
            assert not made.is_error, text_of(made)
            assert "the loop brace, bars 1-4" in made.structured_content["heard"]
            assert [clip["track_name"] for clip in made.structured_content["clips"]] == ["My Bass"]

        assistant(session)


def test_live_is_followed_for_a_stretch(assistant, songs, wire) -> None:
    live, ports = wire
    live.song.is_playing, live.song.tracks[0].playing_slot_index = True, 0
    shares: list[float] = []

    async def session(client) -> None:
        at_once = await client.call_tool("live_set", {"action": "follow", **ports})
        now = at_once.structured_content["now"]
        assert (now["tempo"], now["meter"], now["playing"]) == (112, [4, 4], True) and now["bar"] >= 1
        assert now["clips"] == [{"track": 1, "name": "Beat", "scene": 1, "clip": "beat"}]
        assert at_once.structured_content["bars"] == [] and text_of(at_once).startswith("Live plays, bar ")

        async def progress(share, total, message) -> None:
            shares.append(share)

        for how, bars in (({"bars": 1}, 1), ({"seconds": 1.5}, 0)):
            told = await client.call_tool("live_set", {"action": "follow", **how, **ports}, progress_callback=progress)
            assert not told.is_error and len(told.structured_content["bars"]) >= bars
            assert "beat" in text_of(told)

    assistant(session)
    assert len(shares) > 1 and all(0 < share <= 1 for share in shares)


def test_a_cancelled_put_stops_behind_a_whole_clip(assistant, songs, wire) -> None:
    live, ports = wire
    live.song.tracks[:] = live.song.tracks[:1]

    async def session(client) -> None:
        second = anyio.Event()

        async def progress(share, total, message) -> None:
            second.set() if share > 0 else None

        async with anyio.create_task_group() as group:

            async def put() -> None:
                await client.call_tool("live_set", {"action": "put", "file": "song.mid", **ports},
                                       progress_callback=progress)  # fmt: skip

            group.start_soon(put)
            await second.wait()
            group.cancel_scope.cancel()
        told = await client.call_tool("live_set", {"action": "written"})  # it waits for the one before
        rows = told.structured_content["clips"]
        assert 0 < len(rows) < 6
        assert {row["state"] for row in rows} == {"written"}
        whole = filled(live)
        assert all(whole[row["track_name"], row["scene"] - 1] == row["notes"] for row in rows)

    assistant(session)


def test_mistakes_are_one_sentence(assistant, songs, wire) -> None:
    live, ports = wire
    before = filled(live)
    mistakes = [
        ({"action": "folow"}, "action 'folow' is not known; did you mean 'follow'?"),
        ({"action": "follow", "seconds": 601, **ports}, "seconds 601 is out of range; give 0 to 600"),
        ({"action": "follow", "seconds": "long", **ports}, "seconds"),
        ({"action": "follow", "scene": 1, **ports}, "follow takes no scene"),
        ({"action": "follow", "port": free_port(), "answer_port": ports["answer_port"]}, "no Live answers"),
        ({"action": "put"}, "put needs 'file'"),
        ({"action": "put", "file": "../private/song.mid"}, "outside"),
        ({"action": "list", "file": "song.mid"}, "list takes no file"),
        ({"action": "list", "scene": 1}, "list takes no scene"),
        ({"action": "read", "scene": "Vers", **ports}, "did you mean 'Verse'"),
        ({"action": "read", "out": "../heard.mid"}, "outside"),
        ({"action": "vary", "scene": 1, "out": "../take", **ports}, "outside"),
        ({"action": "fire", "scene": 9, **ports}, "no scene '9'"),
        ({"port": free_port(), "answer_port": ports["answer_port"]}, "no Live answers"),
    ]

    async def session(client) -> None:
        for arguments, cure in mistakes:
            answer = await client.call_tool("live_set", arguments)
            said = text_of(answer)
            assert answer.is_error, arguments
            assert cure in said, f"{arguments}: {said}"
            assert "\n" not in said

    assistant(session)
    assert filled(live) == before
