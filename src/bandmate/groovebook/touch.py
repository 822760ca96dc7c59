"""Touch: words about how something is played ("staccato", "behind_the_beat", "one_drop") as numbers and cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from bandmate.analysis.genres import load_table

# What a style word asks of a bass or of chords, as a cell of 16ths.
_BASS_STYLE = {
    "quarter notes": "R . . . 3 . . . 5 . . . a . . .", "octaves": "R . 8 . R . 8 . R . 8 . R . 8 .",
    "16ths": "R R R R R R R R R R R R R R R R", "8ths": "R . R . R . R . R . R . R . R .",
    "gallop": "R . R R R . R R R . R R R . R R", "hold": "R - - - - - - - - - - - - - - -",
    "repeat 16ths or 32nds": "R R R R R R R R R R R R R R R R",
}  # fmt: skip
# Names of bass lines as the lexicon has them.
_BASS_WORDS = {
    "walk": "quarter notes", "sixteenths": "16ths", "eighths": "8ths", "rolling": "16ths", "root": "hold",
    "reese": "hold", "gallop": "gallop", "hold": "hold", "octaves": "octaves",
}  # fmt: skip
_BASS_LINES = {
    "offbeat": ". . R . . . R . . . R . . . R .", "two_feel": "R - - - - - - - 5 - - - - - - -",
    "boogie": "R . R . 5 . 5 . 6 . 6 . 5 . 5 .", "acid": "R . R 8 . R b3 . R . 8 R . b7 R .",
    "wobble": "R - - - R - - - R - - - R - R -", "tumbao": ". . . . . . 5 - - - - - n - - -",
}  # fmt: skip
_COMP_STYLE = {
    "16ths": "xxxxxxxxxxxxxxxx", "8ths": "x.x.x.x.x.x.x.x.", "gallop": "X.xxX.xxX.xxX.xx", "hold": "x---------------",
    "repeat 16ths or 32nds": "xxxxxxxxxxxxxxxx", "break chord": "x-x-x-x-x-x-x-x-", "quarter notes": "x---x---x---x---",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Feel:
    """What feel words say: lateness against the kick in ms, jitter in ms (None = the genre's), and fixed patterns."""

    late_ms: float = 0.0
    jitter_ms: float | None = None
    kick: str = ""
    snare: str = ""


def _key(word: str) -> str:
    return word.lower().replace("-", " ").replace("_", " ").strip()


@cache
def _articulations() -> dict[str, Any]:
    return {_key(word): value for word, value in load_table("words")["articulation"].items()}


@cache
def _feels() -> dict[str, dict[str, Any]]:
    return {_key(word): value for word, value in load_table("words")["tempo"]["feel"].items()}


def gate_of(articulation: str) -> float:
    """Factor on note lengths of an articulation word, 1.0 if it says nothing about length."""
    value = _articulations().get(_key(articulation), 1.0)
    return float(value) if isinstance(value, int | float) else 1.0


def bass_cell(articulation: str) -> str | None:
    """The bass cell an articulation word asks for ("walking", "octave"), None = the genre's own."""
    if articulation in _BASS_LINES:
        return _BASS_LINES[articulation]
    style = _BASS_WORDS.get(articulation) or str(_articulations().get(_key(articulation)))
    return _BASS_STYLE.get(style)


def comp_cell(articulation: str) -> str | None:
    """The chord cell an articulation word asks for ("arpeggiated", "tremolo"), None = the genre's own."""
    return _COMP_STYLE.get(str(_articulations().get(_key(articulation))))


def is_broken(articulation: str) -> bool:
    """Whether chords are asked for one note at a time."""
    return _articulations().get(_key(articulation)) == "break chord"


def in_unit(text: str, unit: str) -> str:
    """A cell of 16ths (characters, or tokens with spaces) thinned to the step a genre counts in.

    Args:
        text: 16 steps.
        unit: "16", "8" or "3", see `cells.Grid`.
    """
    if unit == "16":
        return text
    tokens = " " in text
    steps = text.split() if tokens else list(text)
    keep = (0, 2) if unit == "8" else (0, 2, 3)
    out = [steps[beat + place] for beat in range(0, len(steps), 4) for place in keep]
    return (" " if tokens else "").join(out)


def feel_of(words: Sequence[str]) -> Feel:
    """All feel words together: lateness adds up, of the rest the last word wins."""
    late, jitter, kick, snare = 0.0, None, "", ""
    for word in words:
        row = _feels().get(_key(word), {})
        late += row.get("ms", 0.0)
        jitter = row.get("jitter_ms", jitter)
        kick, snare = row.get("kick", kick), row.get("snare", snare)
    return Feel(late, jitter, kick, snare)
