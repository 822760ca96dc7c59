"""A running Live set over AbletonOSC: hear a scene, play along with it, and put what comes into the set.

bandmate live-set list                                what is in the set
bandmate live-set read --scene 2 --out verse.mid      a scene as a MIDI file
bandmate live-set accompany --add bass "dub"          a bass under what is playing, in the same scene
bandmate live-set vary --tracks drums                 the scene with other drums, as a new scene
bandmate live-set continue --length 8 --fire          eight bars on, as a new scene that is launched
bandmate live-set write my-song.mid                   a file as a new scene
bandmate live-set follow                              bars, beats and tempo as Live plays
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from bandmate.cli.console import Console

_ACTIONS = ("list", "read", "accompany", "regenerate", "vary", "continue", "respond", "write", "follow")
_OPTIONS = ("add", "tracks", "bars", "seed", "engine", "model", "key", "lock", "out", "strength", "keep")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, with which scene, and how Live is reached."""
    vars(parser)["words_anywhere"] = True  # of cli.main.Parser: the words come last, as one says them
    parser.add_argument("action", choices=_ACTIONS, help="what to do")
    parser.add_argument("text", nargs="*", help="what is wanted, in words; for write the file")
    parser.add_argument("--scene", default="playing", help="number, name or playing (default)")
    parser.add_argument("--add", help="accompany: roles or instruments, such as bass,chords=rhodes")
    parser.add_argument("--tracks", help="regenerate, vary: names, roles or numbers")
    parser.add_argument("--bars", help="regenerate, vary: such as 5-8, counted from 1 in the scene")
    parser.add_argument("--length", type=int, metavar="BARS", help="continue: how many bars")
    parser.add_argument("--strength", type=float, help="vary: 0 to 1")
    parser.add_argument("--keep", help="vary: rhythm, pitches, contour or chords")
    parser.add_argument("--key", help="binds what is written (default: the scale of the set, if one was chosen)")
    parser.add_argument("--lock", action="append", metavar="LOCKS", help='such as "bass: range E1-G2"')
    parser.add_argument("--seed", type=int, help="the same seed gives the same take")
    parser.add_argument("--engine", help="default, rules, onnx, numpy or torch")
    parser.add_argument("--model", help="an installed model")
    parser.add_argument("--out", help="where the take, or the MIDI file of read, goes (default: your music)")
    parser.add_argument("--replace", action="store_true", help="write over the scene's clips instead of a new scene")
    parser.add_argument("--tempo", action="store_true", help="write: set the tempo of the set to the file's")
    parser.add_argument("--fire", action="store_true", help="launch the scene when it is there")
    parser.add_argument("--seconds", type=float, help="follow: how long (default: until interrupted)")
    live = parser.add_argument_group("where Live is")
    live.add_argument("--host", help="its machine (default: this one)")
    live.add_argument("--port", type=int, help="at which AbletonOSC hears (default: 11000)")
    live.add_argument("--answer-port", type=int, help="at which it answers (default: 11001)")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Reach Live, do one thing, say what is there now."""
    from bandmate.daw.bridge import ANSWER_PORT, HOST, PORT, Bridge
    from bandmate.workflows.device import check_port

    port = check_port("port", arguments.port or PORT)
    answer_port = check_port("answer_port", arguments.answer_port or ANSWER_PORT)
    with Bridge(arguments.host or HOST, port, answer_port) as bridge:
        _do(bridge, arguments, console)


def _do(bridge: Any, arguments: argparse.Namespace, console: Console) -> None:
    from bandmate.errors import BriefError
    from bandmate.workflows import live_set

    action, text = arguments.action, " ".join(arguments.text)
    if action == "list":
        found, lines = live_set.look(bridge)
        for line in lines:
            console.say(line)
        console.result({"tempo": found.tempo, "meter": list(found.meter), "key": found.key,
                        "tracks": [track.name for track in found.tracks], "scenes": list(found.scenes)})  # fmt: skip
    elif action == "read":
        path = live_set.save_scene(bridge, arguments.scene, arguments.out)
        console.say(f"wrote {path}")
        console.result({"file": str(path.resolve())})
    elif action == "follow":
        _follow(bridge, arguments.seconds, console)
    elif action == "write":
        if not text:
            raise BriefError("which file? write: bandmate live-set write SONG.mid")
        _say(live_set.put_in(bridge, text, tempo=arguments.tempo, launch=arguments.fire), console)
    else:
        options = {name: value for name in _OPTIONS if (value := getattr(arguments, name)) is not None}
        if action == "continue" and arguments.length is not None:
            options["bars"] = arguments.length
        _say(live_set.play_along(bridge, action, text, scene=arguments.scene, replace=arguments.replace,
                                 launch=arguments.fire, listener=console.listen, **options), console)  # fmt: skip


def _say(result: Any, console: Console) -> None:
    for line in result.lines():
        console.say(line)
    console.result(result.to_json())


def _follow(bridge: Any, seconds: float | None, console: Console) -> None:
    from bandmate.workflows.live_set import follow

    end = time.monotonic() + seconds if seconds is not None else float("inf")
    beats = 0
    for event in follow(bridge, lambda: time.monotonic() < end):
        beats += event["event"] == "beat"
        console.say(
            f"bar {event['bar']}, beat {event['beat']}" if event["event"] == "beat" else f"{event['bpm']:g} BPM"
        )
    console.result({"beats": beats})
