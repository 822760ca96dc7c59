"""Who plays the parts of a MusicXML score: names, programs, drum keys, volume and place."""

from __future__ import annotations

from collections import Counter

from bandmate.io.parts import Player
from bandmate.io.safe_xml import Element, as_number
from bandmate.io.sounds_named import named_sound

_DRUM_SOUNDS = ("drum.", "metal.", "rattle.", "wood.", "effect.")


def players_of(root: Element, left_out: Counter[str]) -> dict[str, Player]:
    """The players of a score by the id of their part."""
    return {
        part.get("id", ""): _player(part, left_out) for part in root.iterfind("part-list/score-part")
    }  # fmt: skip


def _player(part: Element, left_out: Counter[str]) -> Player:
    name = _text(part, "part-name")
    programs, keys = {}, {}
    volume = pan = -1
    on_drums = False
    for midi in part.findall("midi-instrument"):
        identifier = midi.get("id", "")
        on_drums |= as_number(midi.findtext("midi-channel")) == 10
        program, key = as_number(midi.findtext("midi-program")), as_number(midi.findtext("midi-unpitched"))
        if 1 <= program <= 128:
            programs[identifier] = int(program) - 1
        if 1 <= key <= 128:
            keys[identifier] = int(key) - 1
        if volume < 0 and midi.findtext("volume") is not None:
            volume = int(min(max(0, round(as_number(midi.findtext("volume")) * 1.27)), 127))
        if pan < 0 and midi.findtext("pan") is not None:
            pan = int(min(max(0, round(64 + as_number(midi.findtext("pan")) * 64 / 90)), 127))
        if midi.find("midi-bank") is not None or midi.find("midi-name") is not None:
            left_out["banks of MIDI sounds"] += 1
    guessed, drum_name = named_sound(_text(part, "score-instrument/instrument-name") or name)
    drum_name &= (part.findtext("score-instrument/instrument-sound") or "drum.").startswith(_DRUM_SOUNDS)
    is_drum = on_drums or (drum_name and not programs)
    program = next(iter(programs.values()), 0 if is_drum else guessed)
    return Player(name, _text(part, "part-abbreviation"), programs, keys, volume, pan, is_drum, program)


def _text(element: Element, place: str) -> str:
    return " ".join((element.findtext(place) or "").split())
