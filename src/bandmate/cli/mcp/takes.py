"""Takes: those that lie in the folders, and nothing of others; as resources they can be read one by one."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bandmate.cli.mcp.folders import Folders
from bandmate.counts import counted
from bandmate.errors import UserError

SCHEME = "bandmate://"
LIST = f"{SCHEME}takes"
PARTS = {"take.json": "application/json", "roll.png": "image/png", "song.mid": "audio/midi"}
_MOST_LISTED = 50
_NONE = "there are no takes in the open folders yet; make some first with the tool compose"


@dataclass(frozen=True, slots=True)
class Content:
    """What a resource holds."""

    mime: str
    data: bytes


@contextmanager
def within(folders: Folders) -> Iterator[None]:
    """Let no take that lies outside the folders be opened."""
    from bandmate.workflows.sessions import opening_only

    with opening_only(folders.holds):
        yield


def prepare(name: str, arguments: argparse.Namespace, folders: Folders) -> list[str]:
    """Name the take or the session that is meant where none was named: the last one in the folders.

    Returns:
        Sentences: what is not as one would think.

    Raises:
        UserError: there is none, or a take that is named lies outside.
    """
    said: list[str] = []
    if name == "again" and arguments.take is None:
        arguments.take, said = _last_take(folders)
    if name == "again" and arguments.out is None:
        from bandmate.workflows.sessions import written_in

        folder = Path(arguments.take)
        folder = written_in(folder if folder.is_dir() else folder.parent)
        if folder.resolve() in folders.roots:  # its neighbours lie outside
            arguments.out = str(folder / "again")
    if name == "takes" and arguments.action != "sessions":
        from bandmate.workflows.sessions import find_session

        if arguments.session is None:
            arguments.session = _last_session(folders)
        for number in arguments.numbers:
            entry = find_session(arguments.session).entry(number)
            if not folders.holds(entry.folder):
                raise UserError(f"take {number} lies in {entry.folder}, outside the folders that are open here")
    return said


def _last_take(folders: Folders) -> tuple[str, list[str]]:
    """The last take, or Bandmate's copy of it where its own files are gone, which is said."""
    from bandmate.workflows.history import load_history
    from bandmate.workflows.sessions import kept_copy, written_in

    history = load_history()
    for path in map(Path, reversed(history.paths[: history.at])):
        if not folders.holds(written_in(path.parent)):
            continue
        copy = None if path.is_file() else kept_copy(path)
        if copy is not None:
            return str(copy), [f"the last take, {path.parent}, is not there any more; this goes on from a copy of it"]
        if path.is_file():
            return str(path), []
    raise UserError(_NONE)


def _last_session(folders: Folders) -> str:
    from bandmate.workflows.sessions import all_sessions

    for session in all_sessions():
        if any(folders.holds(entry.folder) for entry in session.entries):
            return session.name
    raise UserError(_NONE)


def in_view(answer: Any, folders: Folders) -> Any:
    """An answer of `takes` without those that lie outside, each with the address of its resource."""
    sessions = _sessions(answer.data)
    for session in sessions:
        session["takes"] = [take for take in session["takes"] if folders.holds(take["folder"])]
        for take in session["takes"]:
            del take["places"], take["digest"]
            take["there"] = Path(take["folder"]).is_dir()
            take["resource"] = address(session["session"], take["number"], "take.json")
    if sessions:
        answer.lines = [line for session in sessions for line in _said(session)]
    return answer


def _sessions(data: Any) -> list[dict[str, Any]]:
    """The sessions that an answer tells of."""
    found = data.get("sessions", [data]) if isinstance(data, dict) else []
    return [session for session in found if "session" in session]


def _said(session: dict[str, Any]) -> Iterator[str]:
    yield f"session {session['session']}: {counted(len(session['takes']), 'take')}"
    for take in session["takes"]:
        sign = " (starred)" if take["starred"] else " (discarded)" if take["discarded"] else ""
        sign += "" if take["there"] else " (its files are gone)"
        yield f"{take['number']}{sign}: {take['heard']} [{take['folder']}]"


def address(session: str, number: int, part: str) -> str:
    """The address of a part of a take."""
    return f"{LIST}/{session}/{number}/{part}"


def listed(folders: Folders) -> list[dict[str, Any]]:
    """Every take in the folders, the newest session first: session, number, what was heard, and its addresses."""
    from bandmate.workflows.sessions import all_sessions

    rows = [
        {
            "session": session.name, "number": entry.number, "heard": entry.heard, "folder": entry.folder,
            "starred": entry.starred, "discarded": entry.discarded, "parents": list(entry.parents),
            "resources": [address(session.name, entry.number, part) for part in PARTS],
        }
        for session in all_sessions() for entry in reversed(session.entries) if folders.holds(entry.folder)
    ]  # fmt: skip
    return rows[:_MOST_LISTED]


def read_resource(uri: str, folders: Folders) -> Content:
    """What an address holds.

    Raises:
        UserError: there is nothing of that address; the message says which there are.
    """
    from bandmate.pictures.roll import roll_png
    from bandmate.workflows.sessions import find_session, take_of

    if uri.rstrip("/") == LIST:
        return Content("application/json", _json(listed(folders)))
    session, number, part = _parsed(uri)
    with within(folders):
        take = take_of(find_session(session), number)
        if part == "take.json":
            data = take.json_path.read_bytes()
        else:
            data = take.midi.read_bytes() if part == "song.mid" else roll_png(take.score)
    return Content(PARTS[part], data)


def path_of(uri: str, folders: Folders) -> str:
    """The file that an address stands for, where a path is asked for.

    Raises:
        UserError: there is nothing of that address, it is a picture that is drawn when it is read, or its file is gone.
    """
    from bandmate.workflows.sessions import find_session, take_of

    session, number, part = _parsed(uri)
    with within(folders):
        take = take_of(find_session(session), number)
    path = {"take.json": take.json_path, "song.mid": take.midi}.get(part)
    if path is None or not folders.holds(path):
        raise UserError(f"'{uri}' has no file in the open folders; give the song.mid of a take that is there")
    return str(path)


def _parsed(uri: str) -> tuple[str, int, str]:
    session, _, rest = uri.removeprefix(f"{LIST}/").partition("/")
    number, _, part = rest.partition("/")
    if not uri.startswith(f"{LIST}/") or not number.isdecimal() or part not in PARTS:
        raise UserError(f"'{uri}' is no resource; read {LIST} for what there is ({', '.join(PARTS)} of each take)")
    return session, int(number), part


def _json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=1).encode()
