"""What LilyPond calls pitches, clefs, keys, tempi and transpositions, and texts in its quotes."""

from __future__ import annotations

from collections.abc import Iterator

from bandmate.io.written import Pitch
from bandmate.score.model import Score, Track
from bandmate.score.notation import STEP_SEMITONES, STEPS, Clef, Transposition
from bandmate.score.spelling import fifths_between

_ALTERS = {-2: "eses", -1: "es", 0: "", 1: "is", 2: "isis"}
_MAJOR = ("ces", "ges", "des", "as", "es", "bes", "f", "c", "g", "d", "a", "e", "b", "fis", "cis")
_MINOR = ("as", "es", "bes", "f", "c", "g", "d", "a", "e", "b", "fis", "cis", "gis", "dis", "ais")
_CLEFS = {("G", 2): "treble", ("F", 4): "bass", ("C", 3): "alto", ("C", 4): "tenor", ("percussion", 3): "percussion"}


def quoted(text: str) -> str:
    """A text in quotes, on one line, without signs that no font has."""
    plain = "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def pitch_name(pitch: Pitch) -> str:
    """A pitch as LilyPond spells it: `cis'`, `es,`."""
    name = pitch.step.lower() + _ALTERS[min(max(-2, pitch.alter), 2)]
    name = {"ees": "es", "aes": "as", "eeses": "eses", "aeses": "asas"}.get(name, name)
    return name + ("'" * (pitch.octave - 3) if pitch.octave >= 3 else "," * (3 - pitch.octave))


def sounding_c(transposition: Transposition) -> Pitch:
    """What sounds where C4 is written."""
    octave, step = divmod(transposition.steps, 7)
    plain = 12 * octave + int(STEP_SEMITONES[step])
    return Pitch(STEPS[step], transposition.semitones - plain, 4 + octave, tied=False)


def clef_name(clef: Clef) -> str:
    """A clef by its name, the treble one where LilyPond has none for it."""
    return _CLEFS.get((clef.sign, clef.line), "treble") + {1: "^8", -1: "_8"}.get(clef.octaves, "")


def key_changes(score: Score, track: Track) -> Iterator[tuple[int, str]]:
    """Where the key changes, as the instrument reads it; of several at one place, a track each, the last."""
    moves = track.notation.transpositions if track.notation is not None and not track.is_drum else ()
    last, held = {int(row["ticks"]): row for row in score.keys}, ""
    for ticks, row in sorted(last.items()):
        move = max((one for one in moves if one.ticks <= ticks), default=Transposition(0, 0, 0))
        fifths = int(row["fifths"]) - fifths_between(move.semitones, move.steps)
        fifths = fifths if -7 <= fifths <= 7 else (fifths + 5) % 12 - 5
        text = f"\\key {(_MINOR if row['minor'] else _MAJOR)[fifths + 7]} \\{'minor' if row['minor'] else 'major'} "
        if text != held:
            yield ticks, text
        held = text


def tempo_changes(score: Score) -> Iterator[tuple[int, str]]:
    """Where the tempo changes or words say that it does."""
    words = {one.ticks: one.text for one in (score.notation.tempo_words if score.notation else ()) if one.text}
    for row in score.tempos:
        said = words.pop(int(row["ticks"]), "")
        text = f"{quoted(said)} " if said else ""
        yield int(row["ticks"]), f"\\tempo {text}4 = {round(60e6 / int(row['us_per_quarter']))} "
    yield from ((ticks, f"\\tempo {quoted(text)} ") for ticks, text in words.items())
