"""The takes of a session: list them, compare some, star, discard or keep them, go back to one."""

from __future__ import annotations

import argparse

from bandmate.cli.console import Console
from bandmate.counts import counted

_MARKS = ("star", "unstar", "keep", "discard")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with which takes."""
    actions = ("list", "compare", *_MARKS, "revert", "sessions")
    parser.add_argument("action", nargs="?", default="list", choices=actions, help="what to do (default: list)")
    parser.add_argument("numbers", nargs="*", type=int, help="of takes, as the list gives them")
    parser.add_argument("--session", help="name of a session (default: the one that changed last)")
    parser.add_argument("--picture", metavar="FILE.png", help="draw the compared takes side by side")
    parser.add_argument("--overwrite", action="store_true", help="replace a file of that name")


def run(arguments: argparse.Namespace, console: Console) -> None:
    """Do one thing."""
    from bandmate.errors import BriefError
    from bandmate.workflows import sessions

    action, numbers, name = arguments.action, arguments.numbers, arguments.session
    if action in (*_MARKS, "revert") and not numbers:
        raise BriefError(f"which take? write: bandmate takes {action} NUMBER")
    if action == "compare":
        _compare(arguments, console)
    elif action == "revert":
        take = sessions.revert(numbers[0], name)
        console.say(f"the last take is now {take.folder} ({take.heard})")
        console.result({"folder": str(take.folder), "heard": take.heard})
    elif action == "sessions":
        found = sessions.all_sessions()
        for session in found:
            console.say(f"{session.name}: {counted(len(session.entries), 'take')}, changed {session.changed[:16]}")
        console.result({"sessions": [sessions.to_json(session) for session in found]})
    else:
        session = sessions.mark(numbers, action, name) if action in _MARKS else sessions.find_session(name)
        if action in _MARKS:
            _learn(console)
        _list(session, console)


def _learn(console: Console) -> None:
    from bandmate.workflows.taste import MIN_PAIRS, learn_taste

    pairs = learn_taste().pairs
    ranks = "which now rank the next takes" if pairs >= MIN_PAIRS else f"the next takes are ranked from {MIN_PAIRS} on"
    console.say(f"learned from {counted(pairs, 'pair')} of takes that were marked differently; {ranks}")


def _compare(arguments: argparse.Namespace, console: Console) -> None:
    from bandmate.workflows.takes import compare

    found = compare(
        arguments.numbers, session=arguments.session, picture=arguments.picture, overwrite=arguments.overwrite
    )
    for line in found.lines():
        console.say(line)
    console.result(found.to_json())


def _list(session, console: Console) -> None:  # noqa: ANN001 - its type would be imported with its module
    from bandmate.workflows.sessions import to_json
    from bandmate.workflows.takes import listed
    from bandmate.workflows.taste import likings

    for line in listed(session, likings(session)):
        console.say(line)
    console.result(to_json(session))
