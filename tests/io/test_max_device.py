"""The Max for Live device: its container, its patch, and that what is pressed reaches the wire."""

from __future__ import annotations

import json
import struct

import pytest

from bandmate.io.max_device import ACTIONS, BOXES, CORDS, DEVICE_PORT, HEIGHT, SERVICE_PORT, WIDTH, device_bytes


def chunks(data: bytes) -> dict[bytes, bytes]:
    """The container by its rules, which leave nothing over."""
    found, at = {}, 0
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at + 4)
        found[data[at : at + 4]] = data[at + 8 : at + 8 + length]
        at += 8 + length
    assert at == len(data)
    return found


@pytest.fixture(scope="module")
def patcher() -> dict:
    return json.loads(chunks(device_bytes())[b"ptch"].rstrip(b"\0"))["patcher"]


def test_the_container_is_that_of_a_midi_effect():
    data = device_bytes()
    assert data[:16] == b"ampf\x04\0\0\0mmmmptch"
    assert list(chunks(data)) == [b"ampf", b"ptch"]
    assert chunks(data)[b"ptch"].endswith(b"}\n\0")
    assert data == device_bytes()


def test_every_cord_joins_an_outlet_to_an_inlet_that_are_there(patcher):
    boxes = {box["box"]["id"]: box["box"] for box in patcher["boxes"]}
    assert len(boxes) == len(BOXES) == len({box.name for box in BOXES})
    assert len(patcher["lines"]) == len(CORDS) == len(set(CORDS))
    for line in patcher["lines"]:
        (source, outlet), (target, inlet) = line["patchline"]["source"], line["patchline"]["destination"]
        assert 0 <= outlet < boxes[source]["numoutlets"], boxes[source]["text"]
        assert 0 <= inlet < boxes[target]["numinlets"], boxes[target]["text"]


def test_every_box_is_joined_but_labels():
    joined = {name for source, _, target, _ in CORDS for name in (source, target)}
    assert {box.name for box in BOXES} - joined == {"title", "bars label", "tracks label"}


def test_objects_have_as_many_doors_as_their_words_say():
    for box in BOXES:
        words = box.text.split()
        if box.kind != "newobj":
            continue
        if words[0] in ("t", "pack", "unpack"):
            assert (box.inlets if words[0] == "pack" else box.outlets) == len(words) - 1, box.text
        if words[0] == "route":
            assert box.outlets == len(words), box.text
        if words[0] == "gate":
            assert (box.inlets, box.outlets) == (2, int(words[1]))


def reached(name: str, outlet: int) -> set[str]:
    """Every box that something out of an outlet can come to."""
    found, waiting = set(), [target for source, out, target, _ in CORDS if (source, out) == (name, outlet)]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += [target for source, _, target, _ in CORDS if source == here]
    return found


@pytest.mark.parametrize("action", ACTIONS)
def test_a_button_opens_its_way_before_the_words_come(action):
    number = ACTIONS.index(action) + 1
    texts = {box.name: box.text for box in BOXES}
    # a trigger fires from right to left: the number of the way first
    assert texts[f"{action} pressed"] == f"t b b {number}"
    assert (f"{action} pressed", 2, "way", 0) in CORDS and (f"{action} pressed", 0, "words", 0) in CORDS
    assert texts[f"{action} address"] == f"prepend /bandmate/{action}"
    assert "send" in reached("way", number - 1)
    assert f"{action} address" in reached("way", number - 1)
    assert not {f"{other} address" for other in ACTIONS if other != action} & reached("way", number - 1)


def test_what_is_answered_is_shown():
    assert {"status"} == {name for name in reached("answers", 0) if name in ("status", "path")}
    assert "path" in reached("answers", 2) and "open folder" in reached("show", 0)
    texts = " ".join(box.text for box in BOXES)
    assert f"udpsend 127.0.0.1 {SERVICE_PORT}" in texts and f"udpreceive {DEVICE_PORT}" in texts
    assert ("notes in", 0, "notes out", 0) in CORDS


def test_nothing_shown_lies_outside_the_device_or_over_something_else(patcher):
    shown = [(box.name, box.shown) for box in BOXES if box.shown]
    for name, (left, top, width, height) in shown:
        assert left >= 0 and top >= 0 and left + width <= WIDTH and top + height <= HEIGHT, name
    for place, (name, (left, top, width, height)) in enumerate(shown):
        for other, (x, y, w, h) in shown[place + 1 :]:
            assert left + width <= x or x + w <= left or top + height <= y or y + h <= top, (name, other)
    assert patcher["openinpresentation"] == 1 and patcher["devicewidth"] == WIDTH
