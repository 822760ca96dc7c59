"""A Max for Live device (.amxd) written from one table: the boxes of its patch, and the cords between them.

Source: the container as real devices show it: chunks of a name, a length (little-endian) and content, `ampf` with the
kind of device, `ptch` with the patch as JSON that ends in a zero. Boxes have the inlets and outlets of Max 8.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MIDI_EFFECT = b"mmmm"
SERVICE_PORT, DEVICE_PORT = 11010, 11011  # AbletonOSC has 11000 and 11001
BRACE_PORT = 11012  # until somebody asks for the loop brace, and says where to answer
WIDTH, HEIGHT = 340.0, 169.0  # Live gives every device this height
_ROW = 26.0


@dataclass(frozen=True, slots=True)
class Box:
    """One object of a patch.

    Attributes:
        name: by which cords call it.
        text: what is typed into it; for user interface objects what they show, or "".
        inlets, outlets: how many.
        kind: "newobj" for what is typed, else its class.
        shown: left, top, width, height on the device; None = not on it.
        more: further attributes.
    """

    name: str
    text: str
    inlets: int
    outlets: int
    kind: str = "newobj"
    shown: tuple[float, float, float, float] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


def _parameter(name: str, kind: int, **more: Any) -> dict[str, Any]:
    value = {"parameter_longname": name, "parameter_shortname": name, "parameter_type": kind, **more}
    return {"parameter_enable": 1, "varname": name, "saved_attribute_attributes": {"valueof": value}}


def _whole(name: str, low: int, high: int, start: int) -> dict[str, Any]:
    return _parameter(name, 1, parameter_mmin=float(low), parameter_mmax=float(high), parameter_initial_enable=1,
                      parameter_initial=[start], parameter_unitstyle=0)  # fmt: skip


def _button(name: str, left: float, width: float, top: float = 74) -> Box:
    more = {"mode": 0, **_parameter(name, 2, parameter_enum=["off", "on"], parameter_mmax=1)}
    return Box(name.lower(), name, 1, 2, "live.text", (left, top, width, 20), more)


def _switch(name: str, off: str, on: str, shown: tuple[float, float, float, float]) -> Box:
    more = {"mode": 1, "texton": on, **_parameter(off, 2, parameter_enum=["off", "on"], parameter_mmax=1)}
    return Box(name, off, 1, 2, "live.text", shown, more)


def _label(name: str, text: str, left: float, top: float, width: float) -> Box:
    return Box(name, text, 1, 0, "comment", (left, top, width, 18), {"fontsize": 10.0})


def _script(name: str, file: str) -> Box:
    return Box(name, f"js {file}", 1, 1, more={"saved_object_attributes": {"filename": file, "parameter_enable": 0}})


CLIP_SCRIPT, BRACE_SCRIPT = "bandmate-clip.js", "bandmate-brace.js"  # beside the device
SCRIPTS = (CLIP_SCRIPT, BRACE_SCRIPT)
ACTIONS = ("generate", "continue", "variations")
BOXES: tuple[Box, ...] = (
    _label("title", "Bandmate", 6, 4, 120),
    _switch("brace", "Loop brace", "Under brace", (236, 3, 96, 18)),
    Box("words", "", 1, 4, "textedit", (8, 24, 236, 44), {"keymode": 1, "outputmode": 1}),
    _label("bars label", "Bars", 250, 22, 40),
    Box("bars", "", 1, 2, "live.numbox", (290, 24, 42, 15), _whole("Bars", 1, 64, 8)),
    _label("tracks label", "Tracks", 250, 46, 40),
    Box("tracks", "", 1, 2, "live.numbox", (290, 48, 42, 15), _whole("Tracks", 0, 16, 0)),
    _button("Generate", 8, 104),
    _button("Continue", 118, 104),
    _button("Variations", 228, 104),
    _label("status", "start: bandmate device serve", 6, 98, 330),
    _label("path", "", 6, 116, 264),
    _button("Show", 276, 56, 116),
    # what was pressed opens its way, then the words go through it
    *(Box(f"{name} pressed", f"t b b {number}", 1, 3) for number, name in enumerate(ACTIONS, 1)),
    Box("only words", "route text", 2, 2),
    Box("way", "gate 3 1", 2, 3),  # the Enter key generates
    *(Box(f"{name} with", "pack s 8 0 0. 0", 5, 1) for name in ACTIONS),
    *(Box(f"{name} address", f"prepend /bandmate/{name}", 1, 1) for name in ACTIONS),
    Box("send", f"udpsend 127.0.0.1 {SERVICE_PORT}", 1, 0),
    # Live's tempo
    Box("device", "live.thisdevice", 1, 3),
    Box("start", "t b b b b", 1, 4),
    Box("hello", "/bandmate/hello", 2, 1, "message"),
    Box("which property", "property tempo", 2, 1, "message"),
    Box("which object", "path live_set", 2, 1, "message"),
    Box("set", "live.path", 1, 3),
    Box("tempo", "live.observer", 2, 2),
    # answers
    Box("receive", f"udpreceive {DEVICE_PORT}", 1, 1),
    Box("answers", "route /bandmate/status /bandmate/failed /bandmate/done /bandmate/clip /bandmate/hear", 6, 6),
    _script("clips", CLIP_SCRIPT),
    # who asks for the loop brace says where to answer, which need not be the service
    _script("reader", BRACE_SCRIPT),
    Box("send read", f"udpsend 127.0.0.1 {BRACE_PORT}", 1, 0),
    Box("say", "prepend set", 1, 1),
    Box("where", "unpack s s", 1, 2),
    Box("say path", "prepend set", 1, 1),
    Box("kept folder", "", 2, 1, "message"),
    Box("open folder", "; max launchbrowser $1", 2, 1, "message"),
    Box("show pressed", "t b", 1, 1),
    # a MIDI effect lets notes through
    Box("notes in", "midiin", 1, 1),
    Box("notes out", "midiout", 1, 0),
)
CORDS: tuple[tuple[str, int, str, int], ...] = (
    *((name, 0, f"{name} pressed", 0) for name in ACTIONS),
    *((f"{name} pressed", 2, "way", 0) for name in ACTIONS),
    *((f"{name} pressed", 1, "clips", 0) for name in ACTIONS),
    *((f"{name} pressed", 0, "words", 0) for name in ACTIONS),
    ("words", 0, "only words", 0),
    ("only words", 0, "way", 1),
    *(("way", place, f"{name} with", 0) for place, name in enumerate(ACTIONS)),
    *(("bars", 0, f"{name} with", 1) for name in ACTIONS),
    *(("tracks", 0, f"{name} with", 2) for name in ACTIONS),
    *(("tempo", 0, f"{name} with", 3) for name in ACTIONS),
    *(("brace", 0, f"{name} with", 4) for name in ACTIONS),
    *((f"{name} with", 0, f"{name} address", 0) for name in ACTIONS),
    *((f"{name} address", 0, "send", 0) for name in ACTIONS),
    ("device", 0, "start", 0),
    ("start", 3, "which property", 0),
    ("start", 2, "which object", 0),
    ("start", 1, "clips", 0),
    ("start", 0, "hello", 0),
    ("which property", 0, "tempo", 0),
    ("which object", 0, "set", 0),
    ("set", 0, "tempo", 1),
    ("hello", 0, "send", 0),
    ("receive", 0, "answers", 0),
    ("answers", 0, "say", 0),
    ("answers", 1, "say", 0),
    ("answers", 2, "where", 0),
    ("answers", 3, "clips", 0),
    ("clips", 0, "send", 0),
    ("answers", 4, "reader", 0),
    ("reader", 0, "send read", 0),
    ("say", 0, "status", 0),
    ("where", 0, "say path", 0),
    ("say path", 0, "path", 0),
    ("where", 1, "kept folder", 1),
    ("show", 0, "show pressed", 0),
    ("show pressed", 0, "kept folder", 0),
    ("kept folder", 0, "open folder", 0),
    ("notes in", 0, "notes out", 0),
)  # fmt: skip


def device_bytes(boxes: Sequence[Box] = BOXES, cords: Sequence[tuple[str, int, str, int]] = CORDS) -> bytes:
    """The device as an .amxd file, the same every time."""
    patch = json.dumps({"patcher": _patcher(boxes, cords)}, indent=1).encode("utf-8") + b"\n\0"
    return _chunk(b"ampf", MIDI_EFFECT) + _chunk(b"ptch", patch)


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content


def _patcher(boxes: Sequence[Box], cords: Sequence[tuple[str, int, str, int]]) -> dict[str, Any]:
    numbers = {box.name: f"obj-{number}" for number, box in enumerate(boxes, 1)}
    return {
        "fileversion": 1,
        "appversion": {"major": 8, "minor": 1, "revision": 5, "architecture": "x64", "modernui": 1},
        "classnamespace": "box",
        "rect": [80.0, 100.0, 900.0, 700.0],
        "openinpresentation": 1,
        "default_fontsize": 10.0,
        "default_fontname": "Arial",
        "devicewidth": WIDTH,
        "boxes": [{"box": _box(box, numbers[box.name], place)} for place, box in enumerate(boxes)],
        "lines": [
            {"patchline": {"source": [numbers[source], outlet], "destination": [numbers[target], inlet]}}
            for source, outlet, target, inlet in cords
        ],
        "dependency_cache": [],
        "autosave": 0,
    }


def _box(box: Box, identifier: str, place: int) -> dict[str, Any]:
    """A box of the patch; where it stands in the editor is a column of rows, four columns side by side."""
    row, column = divmod(place, 4)
    at = [20.0 + 210 * column, 20.0 + _ROW * row, *(box.shown[2:] if box.shown else (200.0, 20.0))]
    shown = {} if box.shown is None else {"presentation": 1, "presentation_rect": list(map(float, box.shown))}
    return {
        "id": identifier, "maxclass": box.kind, "text": box.text, "numinlets": box.inlets, "numoutlets": box.outlets,
        "outlettype": [""] * box.outlets, "patching_rect": at, **shown, **box.more,
    }  # fmt: skip
