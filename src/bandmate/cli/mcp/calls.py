"""Calls: what an assistant sends becomes arguments of a command, in the folders; what that says comes back."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bandmate.cli.commands.tokens import TEXTS
from bandmate.cli.console import Console
from bandmate.cli.mcp import takes
from bandmate.cli.mcp.folders import Folders, free
from bandmate.cli.mcp.tools import BESIDE, MAY_READ, ROLE_READS, SOUND_OF_A_SET, TOOLS, Tool, tool
from bandmate.errors import BriefError, UserError

_KINDS = {"string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
          "array": "a list"}  # fmt: skip
_MOST_LETTERS, _MOST_ENTRIES = 20_000, 200  # of one text, of one list in an answer


class Cancelled(BaseException):
    """The assistant does not want the result any more."""


@dataclass
class Answer:
    """What a call gives back: sentences, one object of plain data, and pictures."""

    lines: list[str] = field(default_factory=list)
    data: Any = None
    pictures: list[bytes] = field(default_factory=list)


class Ear(Console):
    """A console whose words become an answer; events go to a listener, which may raise `Cancelled`."""

    def __init__(self, listener: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(out=io.StringIO(), err=io.StringIO())
        self.answer = Answer()
        self._listener = listener

    def say(self, text: str) -> None:
        """Keep a line."""
        self.answer.lines.append(_beginning(text))

    page = say

    def result(self, data: Any) -> None:
        """Keep the object."""
        self.answer.data = self._cut(_short(plain(data)), "")

    def _cut(self, data: Any, name: str) -> Any:
        """The data without what makes an answer too long to be read; what was cut is said."""
        if isinstance(data, dict):
            return {key: self._cut(value, key) for key, value in data.items()}
        if isinstance(data, list) and len(data) > _MOST_ENTRIES:
            self.note(f"note: of {len(data):,} {name} the first {_MOST_ENTRIES} are given")
        if isinstance(data, list):
            return [self._cut(value, name) for value in data[:_MOST_ENTRIES]]
        return _beginning(data) if isinstance(data, str) else data

    def note(self, text: str) -> None:
        """Keep a line beside the result."""
        self.answer.lines.append(text)

    def picture(self, png: bytes) -> None:
        """Keep a picture."""
        self.answer.pictures.append(png)

    def listen(self, event: dict[str, Any]) -> None:
        """Pass an event on; what was understood and what to know becomes part of the answer."""
        if event["event"] in ("heard", "notice"):
            self.answer.lines.append(str(event["text"]))
        self._listener(event)


def _beginning(text: str) -> str:
    """A text as far as an assistant will read it."""
    if len(text) <= _MOST_LETTERS:
        return text
    return f"{text[:_MOST_LETTERS]} ... (the first {_MOST_LETTERS:,} letters of {len(text):,}; give out to keep all)"


def _short(data: Any) -> Any:
    """The object without each take's places on the report card, sixty numbers that its take.json has."""
    for take in data.get("takes", []) if isinstance(data, dict) else []:
        take.get("report", {}).get("card", {}).pop("places", None)
    return data


def plain(data: Any) -> Any:
    """Data as JSON has it: paths as text, and null for what is no number."""
    return json.loads(json.dumps(data, default=str), parse_constant=lambda _: None)


def call(
    name: str, given: Mapping[str, Any], folders: Folders, listener: Callable[[dict[str, Any]], None]
) -> Answer:  # fmt: skip
    """Run a tool.

    Args:
        name: one of TOOLS.
        given: arguments by name.
        folders: all that may be read and written.
        listener: gets every event of the workflow.

    Raises:
        UserError: no such tool or argument, a value of the wrong kind, a place outside, or whatever the command finds.
    """
    if name not in TOOLS:
        raise UserError(f"'{name}' is not a tool; {_near(name, TOOLS)}")
    found, ear = tool(name), Ear(listener)
    arguments = _arguments(found, given, folders)
    _places(found, arguments, folders)
    with takes.within(folders), contextlib.redirect_stdout(io.StringIO()):
        ear.answer.lines += takes.prepare(name, arguments, folders)
        found.module.run(arguments, ear)
        return takes.in_view(ear.answer, folders) if name == "takes" else ear.answer


def _near(name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{close[0]}'?" if close else f"there are: {', '.join(known)}"


def _arguments(found: Tool, given: Mapping[str, Any], folders: Folders) -> argparse.Namespace:
    properties = found.schema["properties"]
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in properties:
            raise BriefError(f"'{name}' is not an argument of {found.name}; {_near(name, properties)}")
        if value is not None:
            values[name] = _value(name, value, properties[name])
    for name in found.schema["required"]:
        if values.get(name) in (None, ""):
            raise BriefError(f"{found.name} needs '{name}': {properties[name]['description']}")
    dests = found.dests
    values = {dests[name]: _placed(found, dests[name], value, folders) for name, value in values.items()}
    if "text" in values:
        values["text"] = [values["text"]] if values["text"].strip() else []  # as a command line has words
    return argparse.Namespace(**found.defaults | values)


def _value(name: str, value: Any, schema: Mapping[str, Any]) -> Any:
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "array" in kinds:
        items = value if isinstance(value, list) else [value]
        if "enum" in schema["items"]:  # "ableton,reaper" are two, as on a command line
            items = [part for item in items for part in (item.split(",") if isinstance(item, str) else [item])]
            items = [item.strip() if isinstance(item, str) else item for item in items]
        return [_value(name, item, schema["items"]) for item in items]
    if isinstance(value, float) and "integer" in kinds and value.is_integer():
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and kinds == ["string"]:
        value = f"{value:g}"  # bars 3 is meant as "3"
    fits = {"string": isinstance(value, str), "boolean": isinstance(value, bool),
            "integer": isinstance(value, int) and not isinstance(value, bool),
            "number": isinstance(value, int | float) and not isinstance(value, bool)}  # fmt: skip
    if not any(fits[kind] for kind in kinds):
        wanted = " or ".join(_KINDS[kind] for kind in kinds)
        raise BriefError(f"{name} {json.dumps(value, default=str)[:60]} is not usable; it takes {wanted}")
    if "enum" in schema and value not in schema["enum"]:
        raise BriefError(f"{name} '{value}' is not known; {_near(str(value), dict.fromkeys(schema['enum']))}")
    return value


def _placed(found: Tool, name: str, value: Any, folders: Folders) -> Any:
    """The value, with every path in it checked and made absolute."""
    if name in ROLE_READS:
        return [_role_place(name, item, folders) for item in value]
    if not isinstance(value, str):
        return value
    if found.reads(name) and value.startswith(takes.SCHEME):
        value = takes.path_of(value, folders)
    if (found.name, name) in SOUND_OF_A_SET and Path(value.partition("#")[0]).suffix.lower() == ".als":
        return _live_clip(name, value, folders)
    if found.writes(name):
        return str(folders.writing(name, value))
    if found.reads(name):
        return str(folders.reading(name, value))
    return str(folders.reading(name, value)) if name in MAY_READ and _is_place(value, folders) else value


def _role_place(name: str, item: str, folders: Folders) -> str:
    role, sign, place = item.partition("=")
    if not sign:
        raise BriefError(f"{name} '{item}' is not usable; give ROLE=FOLDER, such as bass=my-bass")
    return f"{role}={folders.reading(name, place)}"


def _live_clip(name: str, text: str, folders: Folders) -> str:
    """A clip of a Live set, `set.als#clip`, whose sound lies in the folders, too."""
    from bandmate.workflows.live_clip import find_live_clip

    place, sign, clip = text.partition("#")
    whole = f"{folders.reading(name, place)}{sign}{clip}"
    sound = find_live_clip(whole).path
    if not folders.holds(sound):
        raise UserError(f"{name} '{text}' plays {sound}, which lies outside the folders that are open here")
    return whole


def _is_place(text: str, folders: Folders) -> bool:
    """Whether a value that may be a name or a pattern is a path."""
    if any(sign in text for sign in ("/", "\\", "~", "..")) and "x" not in text[:1]:
        return True
    return "\n" not in text and len(text) < 500 and any((root / text).exists() for root in folders.roots)


def _places(found: Tool, arguments: argparse.Namespace, folders: Folders) -> None:
    """Say where results go that would lie elsewhere or on top of others."""
    from bandmate.workflows.places import safe_name

    values = vars(arguments)
    out = values.get("out")
    if "out" not in found.schema["properties"] or (out is not None and found.name != "render"):
        return
    if found.name == "live_set":
        values["out"] = _from_live(values["action"], folders.roots[0] / "Live set")
        return
    if found.name == "compose":
        words = " ".join(values["text"]) or values["genre"] or "take"
        values["out"] = str(folders.roots[0] / safe_name(words)[:32].rstrip("-_"))
        return
    given = values.get("file") or values.get("first")
    if given is None:
        return
    source = Path(given)
    name = safe_name(source.stem)
    if found.name == "tokens" and source.suffix.lower() in TEXTS:
        values["out"] = str(free(source.with_suffix(".mid")))
    elif found.name in BESIDE:
        values["out"] = str(free(source.with_name(f"{source.stem}-{BESIDE[found.name]}.mid")))
    elif found.name == "render":
        values["out"] = str(free(Path(out) if out else source.with_name(f"{name}-render")))
    elif found.name == "restyle":
        values["out"] = str(source.with_name(f"{name}-restyle"))
    elif source.resolve() in folders.roots and found.name not in ("show", "tokens"):
        # a take that fills a whole folder: what lies beside it is outside
        values["out"] = str(source / f"{name}-{found.name}")


def _from_live(action: str, place: Path) -> str | None:
    """Where what is read or made in a running Live goes; None where nothing is."""
    from bandmate.workflows.live_set import EDITS

    if action == "read":
        return str(free(place / "heard.mid"))
    return str(place / action) if action in EDITS else None
