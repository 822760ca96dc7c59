"""Which General MIDI sound a track of a project means, by what was noted on it, or by its name."""

from __future__ import annotations

import re

from bandmate.io.project import look_of
from bandmate.score.gm import program_name, program_number
from bandmate.score.model import Track

_NOTED = re.compile(r"General MIDI (drum kit )?(\d{1,3})\b")
_DRUM_WORDS = re.compile(
    r"\b(drums?|kit|beat|perc\w*|kick|snare|hats?|hihat|toms?|clap|808|909|breaks?)\b", re.IGNORECASE
)
_WORD_PROGRAMS = (
    (r"\b(bass|sub)\b", 33), (r"\b(e-?piano|rhodes|wurl\w*|ep)\b", 4), (r"\b(piano|keys)\b", 0),
    (r"\borgan\b", 16), (r"\b(pads?|atmos\w*)\b", 89), (r"\bstrings?\b", 48), (r"\b(gtr|guitar)\b", 27),
    (r"\b(lead|mel\w*)\b", 81), (r"\b(brass|horns?|trumpet)\b", 61), (r"\b(pluck|arp\w*)\b", 6),
    (r"\b(vox|vocal\w*|choir)\b", 52), (r"\b(chords?|stabs?)\b", 0),
)  # fmt: skip


def sound_note(track: Track, sounds: bool) -> str:
    """What stands on a track: which sound it was written for, and what to do; `named_sound` understands it."""
    sound = (
        f"General MIDI drum kit {track.program + 1}" if track.is_drum
        else f"General MIDI {track.program + 1}, {program_name(track.program)}"
    )  # fmt: skip
    if sounds:
        return f"{sound}: drop {look_of(track).plays} on this track."
    return f"{sound}: drop {look_of(track).plays} on this track, switch it on, and switch its stem off."


def named_sound(name: str, note: str = "", has_drums: bool = False) -> tuple[int, bool]:
    """Program and whether it is drums: as Bandmate noted it, else by its device, else by its name."""
    noted = _NOTED.match(note)
    if noted and 1 <= int(noted[2]) <= 128:
        return int(noted[2]) - 1, bool(noted[1])
    if has_drums:
        return 0, True
    words = name.replace("_", " ")
    named = program_number(words)
    if named is not None:
        return named, False
    for pattern, program in _WORD_PROGRAMS:
        if re.search(pattern, words, re.IGNORECASE):
            return program, False
    return 0, bool(_DRUM_WORDS.search(words))
