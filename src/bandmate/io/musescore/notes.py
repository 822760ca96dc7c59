"""Notes of a MuseScore chord: pitch as it sounds, spelling as it is written, heads, ties."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bandmate.errors import FileFormatError
from bandmate.io.musescore.tables import HEADS, NAMED, NOTHING
from bandmate.io.parts import Sound
from bandmate.io.parts_loudness import FORTE
from bandmate.io.safe_xml import Element, as_number
from bandmate.score.notation import SIGN_BITS, STEP_SEMITONES, STEPS
from bandmate.score.spelling import fifths_between, spell, step_and_alter

_C_OF_TPC = 14
_LOWEST_TPC, _HIGHEST_TPC = -8, 40
_TOP_LINE = 38  # F5, in steps from C0: the highest of five lines in the treble
_SPELT = {
    tpc: (int(step), int(alter))
    for tpc, step, alter in zip(
        range(_LOWEST_TPC, _HIGHEST_TPC + 1),
        *step_and_alter(np.arange(_LOWEST_TPC, _HIGHEST_TPC + 1) - _C_OF_TPC),
        strict=True,
    )
}
_SEMITONES = STEP_SEMITONES.tolist()


class Walk(Protocol):
    """What a note needs to know of the walk along its staff."""

    left_out: Counter[str]

    @property
    def version(self) -> float: ...
    def where(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Pitches:
    """How pitches are to be understood: semitones and steps above what is written; of drums, lines of the staff."""

    up: tuple[int, int]
    lines: dict[int, int] | None


def read_note(sound: Sound, element: Element, pitches: Pitches, walk: Walk, *, is_small: bool) -> bool:
    """Take a Note element into a sound that knows its place; is_small: whether its chord is in small print.

    Returns:
        Whether it is a cue: in small print, and told to be silent.

    Raises:
        FileFormatError: its pitch is none.
    """
    pitch, tpc, written_tpc, velocity, is_user, is_silent = -1.0, "", "", 0.0, walk.version >= 4, False
    for child in element:
        tag = child.tag
        if tag == "pitch":
            pitch = as_number(child.text, -1)
        elif tag == "tpc":
            tpc = child.text or ""
        elif tag == "tpc2":
            written_tpc = child.text or ""
        elif tag == "Spanner":
            _spanner(sound, child, walk)
        elif tag == "Tie":
            sound.tie_start = True
        elif tag == "endSpanner":
            sound.tie_stop = True
        elif tag in ("head", "headGroup"):
            sound.signs |= SIGN_BITS.get(HEADS.get((child.text or "").strip(), ""), 0)
        elif tag == "velocity":
            velocity = as_number(child.text)
        elif tag == "veloType":
            is_user = (child.text or "").strip() == "user"
        elif tag == "play":
            is_silent = (child.text or "").strip() == "0"
        elif isinstance(tag, str) and tag not in NOTHING:
            walk.left_out[NAMED.get(tag, tag)] += 1
    if not 0 <= pitch <= 127 or pitch != int(pitch):
        raise FileFormatError(f"pitch '{pitch:g}' in {walk.where()} is none; save the file again in MuseScore")
    if velocity and is_user:
        sound.percent = min(max(1.0, velocity), 127.0) / FORTE * 100
    elif velocity:
        sound.louder_percent = min(max(-100.0, velocity), 1000.0)
    sound.pitch = int(pitch)
    if pitches.lines is not None:
        _drum(sound, pitches.lines)
    else:
        _spell(sound, tpc, written_tpc, pitches.up)
    is_cue = is_silent and (is_small or element.findtext("small") == "1")
    walk.left_out[NAMED["play"]] += is_silent and not is_cue
    return is_cue


def _spanner(sound: Sound, element: Element, walk: Walk) -> None:
    begins, ends = element.find("next") is not None, element.find("prev") is not None
    kind = element.get("type", "")
    if kind == "Tie":
        sound.tie_start |= begins
        sound.tie_stop |= ends
    elif begins:
        walk.left_out[NAMED.get(kind, kind)] += 1


def _drum(sound: Sound, lines: dict[int, int]) -> None:
    steps = _TOP_LINE - lines.get(sound.pitch or 0, 0)
    sound.octave, sound.step = divmod(steps, 7)
    sound.unpitched = f"{STEPS[sound.step]}{sound.octave}"


def _spell(sound: Sound, tpc: str, written_tpc: str, up: tuple[int, int]) -> None:
    """Step, accidental and octave as written; where the file's spelling does not fit the pitch, the usual one."""
    written = (sound.pitch or 0) - up[0]
    place = as_number(written_tpc, 99) if written_tpc and up != (0, 0) else as_number(tpc, 99) - fifths_between(*up)
    step, alter = _SPELT.get(int(place), (0, 99))
    if (written - alter - _SEMITONES[step]) % 12:
        steps, alters, _ = spell(np.array([max(written, 0)]), np.array([0]))
        step, alter = int(steps[0]), int(alters[0])
    sound.step, sound.alter = step, alter
    sound.octave = (written - alter - _SEMITONES[step]) // 12 - 1
