"""Play along with the set that is open in Ableton Live, and write clips into it; docs/LIVE_SET.md says how.

bandmate live-set list                          tempo, tracks, scenes, clips
bandmate live-set read --out heard.mid          what is playing, as a MIDI file
bandmate live-set accompany --add bass          a bass under what is playing, in the same scene
bandmate live-set accompany --from brace --add bass      a bass under the arrangement's loop brace
bandmate live-set regenerate --tracks bass "busier"      also: vary, fill, continue, respond
bandmate live-set put FILE.mid                  the tracks of a file as clips
bandmate live-set fire --scene 2                launch a scene
bandmate live-set tempo 124                     set the tempo
bandmate live-set follow                        beats and changes of tempo as they come
bandmate live-set written                       what was written so far

What you have in a slot stays, unless you say --replace.
"""

from __future__ import annotations

import argparse
from typing import Any

from bandmate.cli.console import Console

_EDITS = ("accompany", "regenerate", "vary", "fill", "continue", "respond")
_OPTIONS = ("add", "tracks", "bars", "at", "beats", "strength", "keep", "key", "lock", "genre", "variety",
            "temperature", "candidates", "engine", "model", "out", "overwrite", "seed")  # fmt: skip
_FOLLOW = ("seconds",)
_WHICH = ("source", "scene", "loop", "replace", "fire")
_TAKES = {
    "list": (),
    "read": ("source", "scene", "loop", "out", "overwrite"),
    "put": ("scene", "replace", "fire"),
    "fire": ("scene",),
    "tempo": (),
    "follow": ("bars", "seconds"),
    "written": (),
}  # fmt: skip  the others take all, or say what they do not


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, with which clips, and how."""
    vars(parser)["words_anywhere"] = True
    actions = ("list", "read", *_EDITS, "put", "fire", "tempo", "follow", "written")
    parser.add_argument("action", nargs="?", default="list", choices=actions, help="what to do (default: list)")
    parser.add_argument("text", nargs="*", help="what is wanted, in words; the file of put; the number of tempo")
    which = parser.add_argument_group("which clips")
    which.add_argument("--scene", help="number or name (default: what is playing, else the selected scene)")
    which.add_argument("--from", dest="source", choices=("clips", "brace"), default="clips",
                       help="clips of a scene, or what lies under the arrangement's loop brace, which the device reads "
                            "(default: clips)")  # fmt: skip
    which.add_argument("--loop", action="store_true", help="as long as the loop brace, else as the longest clip")
    which.add_argument("--replace", action="store_true", help="put new notes into the clips that are there")
    which.add_argument("--fire", action="store_true", help="launch what was written")
    how = parser.add_argument_group("how")
    how.add_argument("--add", help="of accompany: roles or instruments, such as bass,chords=rhodes")
    how.add_argument("--tracks", help="names, roles or numbers of what was heard, such as bass")
    how.add_argument("--bars", help="such as 3-4; of continue and follow: how many")
    how.add_argument("--seconds", type=float, help="of follow: how long; 0 = only say where Live is")
    how.add_argument("--at", type=int, help="of fill: the bar that ends in it")
    how.add_argument("--beats", type=float, help="of fill: how long")
    how.add_argument("--strength", type=float, help="of vary: how much changes, above 0 to 1")
    how.add_argument("--keep", help="of vary: rhythm, pitches, contour or chords")
    how.add_argument("--key", help="such as 'D minor' (default: Live's scale, if one is chosen)")
    how.add_argument("--lock", action="append", metavar="LOCKS", help='such as "bass: range E1-G2"')
    how.add_argument("--genre", help="what it is played like, such as funk")
    how.add_argument("--variety", help="low, normal or high")
    how.add_argument("--temperature", type=float, help="how daring, 1 = as learned")
    how.add_argument("--candidates", type=int, help="how many are drawn (default: 8)")
    how.add_argument("--engine", help="default, rules, onnx, numpy or torch")
    how.add_argument("--model", help="an installed model")
    how.add_argument("--seed", type=int, help="the same seed gives the same notes")
    how.add_argument("--out", help="folder of the take (default: your music); of read: the MIDI file")
    how.add_argument("--overwrite", action="store_true", help="replace a file of that name")
    wire = parser.add_argument_group("the wire")
    wire.add_argument("--port", type=int, help="of AbletonOSC on this machine (default: 11000)")
    wire.add_argument("--answer-port", type=int, help="where it answers (default: 11001)")
    wire.add_argument("--device-port", type=int, help="of the Max for Live device (default: 11011)")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Do one thing with the open set."""
    _check(arguments)
    if arguments.action == "written":
        _written(console)
        return
    from bandmate.workflows import live_set

    with live_set.connect(arguments.port, arguments.answer_port) as client:
        client.waiting = console.note
        if arguments.action in _EDITS:
            _edit(client, arguments, console)
        else:
            _ACTIONS[arguments.action](client, arguments, console)


def _check(arguments: argparse.Namespace) -> None:
    """Find what is missing, or spare, before Live is asked."""
    from bandmate.errors import BriefError
    from bandmate.workflows.places import check_free

    words, action = arguments.text, arguments.action
    given = [
        name for name in (*_WHICH, *_OPTIONS, *_FOLLOW) if getattr(arguments, name) not in (None, False, [], "clips")
    ]
    takes = _TAKES.get(action, (*_WHICH, *_OPTIONS))
    spare = [name for name in given if name not in takes]
    if spare:
        raise BriefError(f"live-set {action} takes no --{spare[0].replace('source', 'from')}; leave it out")
    if action in ("put", "tempo") and len(words) != 1:
        say = {"put": "which file? write: bandmate live-set put FILE.mid",
               "tempo": "which tempo? write: bandmate live-set tempo 124"}  # fmt: skip
        raise BriefError(say[action])
    if action in ("list", "read", "fire", "follow", "written") and words:
        raise BriefError(f"'{words[0]}' is not understood by live-set {action}; see: bandmate live-set --help")
    if action == "read" and not arguments.out:
        raise BriefError("where to? write: bandmate live-set read --out heard.mid")
    if action == "read":
        check_free(arguments.out, overwrite=arguments.overwrite)
    if action == "fire" and arguments.scene is None:
        raise BriefError("which scene? write: bandmate live-set fire --scene 2")


def _edit(client: Any, arguments: argparse.Namespace, console: Console) -> None:
    from bandmate.workflows.live_set import bars_of, edit_set

    options = {name: getattr(arguments, name) for name in _OPTIONS if getattr(arguments, name) is not None}
    if arguments.action == "continue" and "bars" in options:
        options["bars"] = bars_of(options["bars"])
    result = edit_set(client, arguments.action, " ".join(arguments.text), **_heard(arguments),
                      replace=arguments.replace, fire=arguments.fire, listener=console.listen, **options)  # fmt: skip
    _show(result, console)


def _heard(arguments: argparse.Namespace) -> dict[str, Any]:
    """What is heard, by the names that workflows have for it."""
    return {name: getattr(arguments, name) for name in ("source", "scene", "loop", "device_port")}


def _put(client: Any, arguments: argparse.Namespace, console: Console) -> None:
    from bandmate.workflows.live_set import put

    how = {"scene": arguments.scene, "replace": arguments.replace, "fire": arguments.fire, "listener": console.listen}
    _show(put(client, arguments.text[0], **how), console)


def _show(result: Any, console: Console) -> None:
    for clip in result.clips:
        console.say(clip.words)
    if result.remark:
        console.note(f"note: {result.remark}")
    console.say(f"the take is {result.take}")
    console.result(result.to_json())


def _list(client: Any, _arguments: argparse.Namespace, console: Console) -> None:
    from bandmate.io.live.view import view_set
    from bandmate.workflows.live_list import listed, to_json

    view = view_set(client)
    for line in listed(view):
        console.say(line)
    console.result(to_json(view))


def _read(client: Any, arguments: argparse.Namespace, console: Console) -> None:
    from bandmate.io.live.view import view_set
    from bandmate.workflows.live_set import listen_to

    heard = listen_to(client, view_set(client), **_heard(arguments))
    path = heard.score.write(arguments.out)
    console.say(heard.words)
    console.say(f"wrote {path}")
    console.result({"heard": heard.words, "file": str(path)})


def _fire(client: Any, arguments: argparse.Namespace, console: Console) -> None:
    from bandmate.workflows.live_set import launch

    words = launch(client, arguments.scene)
    console.say(f"launched {words}")
    console.result({"launched": words})


def _tempo(client: Any, arguments: argparse.Namespace, console: Console) -> None:
    from bandmate.workflows.live_set import change_tempo

    tempo = change_tempo(client, arguments.text[0])
    console.say(f"Live's tempo is {tempo:g} BPM now")
    console.result({"tempo": tempo})


def _follow(client: Any, arguments: argparse.Namespace, console: Console) -> None:
    from bandmate.workflows.live_follow import follow_for
    from bandmate.workflows.live_set import bars_of

    followed = follow_for(client, bars=bars_of(arguments.bars), seconds=arguments.seconds, say=console.say,
                          listener=console.listen)  # fmt: skip
    console.say(followed.words)
    console.result(followed.to_json())


def _written(console: Console) -> None:
    from dataclasses import asdict

    from bandmate.workflows.live_journal import journal_path, read_journal

    entries = read_journal()
    for entry in entries:
        console.say(entry.words)
    console.say(f"the journal is {journal_path()}" if entries else "nothing was written into a set of Live yet")
    console.result({"clips": [asdict(entry) for entry in entries], "journal": str(journal_path())})


_ACTIONS = {"list": _list, "read": _read, "put": _put, "fire": _fire, "tempo": _tempo, "follow": _follow}
