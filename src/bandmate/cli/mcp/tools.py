"""Tools: each is a command of the command line, its schema made of the command's own arguments.

What an argument is called, takes and means is said once, in its command. Here stands which commands are tools, which
arguments name places, and which are not offered. A text that none of these tables has is not offered either.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

# Tool -> module of bandmate.cli with `add_arguments` and `run`, and what an assistant should know beside its own words.
TOOLS: dict[str, tuple[str, str]] = {
    "compose": (
        "commands.compose",
        "Start here: genre, mood, tempo, key and instruments in `text`. no_stems for a quick "
        "sketch. The answer names the MIDI file, which other tools take as `file`.",
    ),
    "again": ("commands.again", "Use it to change a take that compose made; what is not named stays."),
    "regenerate": ("commands.regenerate", "Choose with tracks and bars, both as inspect counts them."),
    "continue": ("commands.continue", "Makes a piece longer."),
    "accompany": ("commands.accompany", "Adds a bass, drums, chords ... to a piece that lacks them."),
    "fill": ("commands.fill", ""),
    "vary": ("commands.vary", ""),
    "respond": ("commands.respond", ""),
    "edit": ("commands.edit", "Exact changes without a model."),
    "groove": ("commands.groove", ""),
    "arrange": ("commands.arrange", ""),
    "drumify": ("commands.drumify", ""),
    "harmonise": ("commands.harmonise", ""),
    "reharmonise": ("commands.reharmonise", ""),
    "interpolate": ("commands.interpolate", ""),
    "restyle": ("commands.restyle", "`to` names one genre, and projects of sequencers if wanted."),
    "inspect": ("commands.inspect", "Reads only. Call it before an edit to learn track names and bars."),
    "show": ("mcp.show", ""),
    "hear": ("commands.hear", ""),
    "brief": ("commands.brief", "Makes nothing: use it to check words before compose."),
    "render": ("commands.render", ""),
    "export": ("commands.export", "Set no_stems where only the notes are wanted: that is much quicker."),
    "convert": ("commands.convert", ""),
    "tokens": ("commands.tokens", ""),
    "metrics": ("commands.metrics", ""),
    "origin": ("commands.origin", ""),
    "takes": ("commands.takes", "Stars and discards teach what the user likes; no file is touched."),
    "learn_status": ("commands.models", "Shows what was learned from the user's music, and from how much."),
    "library": ("commands.library", "Set `to` a new folder for ingest; report takes that as `folder`."),
    "datasets": ("mcp.datasets", "show tells licence, size and how a collection is had."),
    "vocabulary": ("mcp.vocabulary", ""),
    "live_set": ("mcp.live_set", "Call it with list first. What the user has in a slot stays unless `replace` is set."),
}
_SPELT = "|".join(sorted({word for name in TOOLS for word in (name, name.replace("_", "-"))}, key=len, reverse=True))
READ_ONLY = frozenset({"inspect", "brief", "origin", "metrics", "learn_status", "vocabulary"})
REPLACES = frozenset({"live_set"})  # may take the place of something of the user's, if it is told to
REACHES_OUT = frozenset({"datasets"})  # may open a connection, if it is told to

# Tools whose result is one MIDI file beside its source, and what is put behind its name.
BESIDE = {"edit": "edited"} | {name: name for name in ("groove", "arrange", "drumify", "harmonise", "reharmonise")}

# Arguments that name a file or folder: read, written, read if they are no name or pattern, or ROLE=PLACE.
READS = frozenset({"file", "audio", "midi", "like", "first", "second", "memory", "take", "template", "soundfont",
                   "drum_kit", "stems", "place", "against", "folder"})  # fmt: skip
WRITES = frozenset({"out", "picture"})
MAY_READ = frozenset({"drums", "drum_map"})
ROLE_READS = frozenset({"sounds"})
SOUND_OF_A_SET = frozenset({("hear", "file"), ("compose", "audio")})  # of set.als#clip the sound is read, too
_WRITTEN_BY = {("hear", "midi"), ("library", "to"), ("datasets", "to")}
# Texts that name none. Numbers, switches and choices cannot, so they need no place here.
PLAIN = frozenset({
    "text", "genre", "style", "mood", "key", "meter", "bars", "tracks", "exclude", "chords", "lock", "kit", "audio_as",
    "engine", "model", "variety", "to", "add", "keep", "trim", "quantise", "form", "melody", "kind", "session", "name",
    "search", "swing_grid", "audio_rhythm", "options", "vocabulary", "scene", "format", "split",
})  # fmt: skip
# What a desktop or a researcher needs; an assistant would only be distracted by it.
LEFT_OUT = frozenset({"help", "json", "play", "open", "blend", "temperature", "top_k", "top_p", "without",
                      "sample_rate", "resample", "split_channels", "new_name", "terminal", "width", "csv", "shard",
                      "workers", "executor", "overwrite"})  # fmt: skip
_LEFT_OUT_OF = {("learn_status", "out"), ("takes", "picture")}
# Said where music is made from nothing or leaves Bandmate; beside each edit too it would only make every tool longer.
_PROJECTS = frozenset({"to", "template", "split_drums", "drum_map"})
_SOUNDS = frozenset({"soundfont", "drum_kit", "sounds", "kit"})
_WITH = {"compose": _PROJECTS | _SOUNDS, "export": _PROJECTS | _SOUNDS, "render": _SOUNDS, "restyle": frozenset({"to"})}
_CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("learn_status", "action"): ("list", "show"), ("library", "action"): ("ingest", "report"),
    ("datasets", "action"): ("list", "show", "download", "convert"),
    ("live_set", "action"): ("list", "read", "accompany", "regenerate", "vary", "fill", "continue", "respond", "put",
                             "fire", "tempo", "follow", "written"),
}  # fmt: skip
_TYPES = {int: "integer", float: "number", None: "string", str: "string"}


@dataclass(frozen=True, slots=True, eq=False)
class Tool:
    """A command as a tool.

    Attributes:
        name: of the tool; module: with the command.
        parser: its arguments; description, schema: what an assistant reads.
    """

    name: str
    module: ModuleType
    parser: argparse.ArgumentParser
    description: str
    schema: dict[str, Any]

    @property
    def defaults(self) -> dict[str, Any]:
        """What the command gets where nothing was said."""
        given = {
            action.dest: [] if action.nargs in ("*", "+") else action.default
            for action in self.parser._actions
            if action.dest != "help"
        }
        return given | {"json": False}

    @property
    def dests(self) -> dict[str, str]:
        """Under which name the command knows each argument."""
        return {argument_name(action): action.dest for action in self.parser._actions}

    def reads(self, name: str) -> bool:
        """Whether an argument names something that is read."""
        return name in READS and (self.name, name) not in _WRITTEN_BY

    def writes(self, name: str) -> bool:
        """Whether an argument names something that is written."""
        return name in WRITES or (self.name, name) in _WRITTEN_BY


@cache
def tool(name: str) -> Tool:
    """One tool; KeyError for a name that TOOLS has not."""
    place, advice = TOOLS[name]
    module = import_module(f"bandmate.cli.{place}")
    parser = argparse.ArgumentParser(prog=name, add_help=False)
    module.add_arguments(parser)
    words = " ".join(line for line in (module.__doc__ or "").splitlines() if not line.startswith("bandmate ")).split()
    description = as_arguments(" ".join([*words, advice]).strip())
    return Tool(name, module, parser, description, _schema(name, parser))


def as_arguments(text: str) -> str:
    """A sentence of the command line in the words of a tool: `--no-stems` is `no_stems`; `--folder` is the user's."""
    text = re.sub(rf"bandmate ({_SPELT})\b( FILE)?", lambda found: f"the tool {found[1].replace('-', '_')}", text)
    return re.sub(r"--(?!folder\b)([a-z][a-z-]*[a-z])", lambda found: found[1].replace("-", "_"), text)


def argument_name(action: argparse.Action) -> str:
    """What an argument is called: as its option is, `--as` being `as`, whatever the command calls it."""
    if isinstance(action, argparse._StoreConstAction) or not action.option_strings:
        return action.dest
    return action.option_strings[0].lstrip("-").replace("-", "_")


def offered(name: str, action: argparse.Action) -> bool:
    """Whether an argument of a command is offered to assistants."""
    dest = action.dest
    if dest in _PROJECTS | _SOUNDS and dest not in _WITH.get(name, ()) and (name, dest) not in _WRITTEN_BY:
        return False
    return is_sorted(action) and dest not in LEFT_OUT and (name, dest) not in _LEFT_OUT_OF


def is_sorted(action: argparse.Action) -> bool:
    """Whether it is known if an argument names a file."""
    free = action.type in (None, str) and action.choices is None and not isinstance(action, argparse._StoreConstAction)
    return not free or action.dest in READS | WRITES | MAY_READ | ROLE_READS | PLAIN | LEFT_OUT


def _schema(name: str, parser: argparse.ArgumentParser) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required = []
    for action in parser._actions:
        if not offered(name, action):
            continue
        called = argument_name(action)
        if isinstance(action, argparse._StoreConstAction) and called in properties:  # two flags of one choice
            properties[called]["enum"].append(action.const)
            continue
        properties[called] = _property(name, action)
        if action.required and action.nargs != "*":
            required.append(called)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _property(name: str, action: argparse.Action) -> dict[str, Any]:
    said = {"description": as_arguments(action.help or "")}
    if isinstance(action, argparse._StoreTrueAction):
        return {"type": "boolean", **said}
    if isinstance(action, argparse._StoreConstAction):
        return {"type": "string", "enum": [action.const], **said}
    kind: dict[str, Any] = {"type": _TYPES[action.type]}  # type: ignore[index]  argparse takes any callable, the house three types
    choices = _CHOICES.get((name, action.dest)) or action.choices or _names(name, action.dest)
    if choices:
        kind["enum"] = list(choices)
    if isinstance(action, argparse._AppendAction):
        return {"type": "array", "items": kind, **said}
    if action.nargs in ("*", "+") and action.dest != "text":
        return {"type": "array", "items": kind, **said}
    if action.nargs == "?" and action.const is True:
        return {"type": ["boolean", kind["type"]], **said}
    if action.default not in (None, False) and not isinstance(action.default, list):
        said["default"] = action.default
    return {**kind, **said}


def _names(name: str, dest: str) -> tuple[str, ...]:
    """The names that the house's own tables have for an argument."""
    from bandmate.workflows.request import ENGINES, KEEPS, VARIETIES

    if dest == "to" and name != "restyle" and (name, dest) not in _WRITTEN_BY:
        from bandmate.workflows.export import TARGETS

        return tuple(TARGETS)
    return {"engine": ENGINES, "variety": VARIETIES, "keep": KEEPS}.get(dest, ())
