"""Who plays the parts of a MuseScore score, on which staves, and how far they sound from what is written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bandmate.io.musescore.tables import CLEFS
from bandmate.io.musescore.texts import words_of
from bandmate.io.parts import Player
from bandmate.io.safe_xml import Element, as_number
from bandmate.io.sounds_named import named_sound

USUAL = "usual"
"""The sound of a part where nothing says another."""
_VOLUME, _PAN, _BANKS = "7", "10", ("0", "32")
_USUAL_NAMES = ("", "normal", "open", "arco", "natural")


@dataclass(frozen=True, slots=True)
class Cast:
    """A part of a score.

    Attributes:
        player: who plays it.
        staves: the numbers of its staves in the score, from 1.
        clefs: sign, line and octaves with which each begins.
        up: semitones and steps that it sounds above what is written.
        lines: of drums, the line of the staff of each key, from above.
        at_concert_pitch: whether all is written as it sounds.
    """

    player: Player
    staves: tuple[int, ...]
    clefs: tuple[tuple[str, int, int], ...] = ()
    up: tuple[int, int] = (0, 0)
    lines: dict[int, int] = field(default_factory=dict)
    at_concert_pitch: bool = False


def casts_of(score: Element, left_out: Counter[str]) -> list[Cast]:
    """The parts of a score with their staves, in order."""
    out, number = [], 0
    at_concert_pitch = score.findtext("Style/concertPitch") == "1"
    for part in score.findall("Part"):
        staves, clefs = [], []
        for staff in part.findall("Staff"):
            number += 1
            if staff.find("linkedTo") is not None and staves:  # the same music, shown again
                left_out["linked staves"] += 1
                continue
            staves.append(number)
            clefs.append(_clef(staff))
        instrument = part.find("Instrument")
        player = _player(part, instrument, left_out)
        up = (0, 0) if at_concert_pitch else transposition(instrument)
        out.append(Cast(player, tuple(staves), tuple(clefs), up, _lines(instrument), at_concert_pitch))
    return out


def transposition(instrument: Element | None) -> tuple[int, int]:
    """Semitones and steps that an instrument sounds above what is written for it."""
    if instrument is None:
        return 0, 0
    semitones = as_number(instrument.findtext("transposeChromatic"))
    steps = as_number(instrument.findtext("transposeDiatonic"), round(semitones * 7 / 12))
    return int(min(max(-127, semitones), 127)), int(min(max(-70, steps), 70))


def programs_of(instrument: Element | None, first: str) -> dict[str, int]:
    """General MIDI programs of an instrument's sounds by their names; that of the first is called `first`."""
    programs: dict[str, int] = {}
    for channel in [] if instrument is None else instrument.findall("Channel"):
        program = channel.find("program")
        value = -1 if program is None else as_number(program.get("value"), -1)
        if 0 <= value <= 127:
            name = channel.get("name", "")
            programs[name if programs and name not in _USUAL_NAMES else first] = int(value)
    return programs


def _player(part: Element, instrument: Element | None, left_out: Counter[str]) -> Player:
    name = words_of(part.find("trackName"))
    if instrument is None:
        return Player(name)
    long_name = words_of(instrument.find("longName"))
    programs = programs_of(instrument, USUAL)
    controllers: dict[str, int] = {}
    channel = instrument.find("Channel")
    for controller in [] if channel is None else channel.findall("controller"):
        number, value = controller.get("ctrl", ""), as_number(controller.get("value"), -1)
        if 0 <= value <= 127:
            controllers[number] = int(value)
            left_out["banks of MIDI sounds"] += number in _BANKS and value > 0
    guessed, drum_name = named_sound(words_of(instrument.find("trackName")) or long_name or name)
    is_drum = instrument.findtext("useDrumset") == "1" or (drum_name and not programs)
    program = programs.get(USUAL, 0 if is_drum else guessed)
    return Player(
        long_name or name, words_of(instrument.find("shortName")), programs, {}, controllers.get(_VOLUME, -1),
        controllers.get(_PAN, -1), is_drum, program,
    )  # fmt: skip


def _clef(staff: Element) -> tuple[str, int, int]:
    name = staff.findtext("defaultTransposingClef") or staff.findtext("defaultClef")
    group = staff.find("StaffType")
    usual = "PERC" if group is not None and group.get("group") == "percussion" else "G"
    return CLEFS.get((name or usual).strip(), CLEFS[usual])


def _lines(instrument: Element | None) -> dict[int, int]:
    found = {}
    for drum in [] if instrument is None else instrument.findall("Drum"):
        pitch, line = as_number(drum.get("pitch"), -1), as_number(drum.findtext("line"), 0)
        if 0 <= pitch <= 127 and -20 <= line <= 30:
            found[int(pitch)] = int(line)
    return found
