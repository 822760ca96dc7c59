"""What notes and drums are called in pictures, and the order in which drums stand."""

from __future__ import annotations

SHORT_DRUM_NAMES = {
    27: "laser", 28: "whip", 31: "sticks", 32: "click", 33: "click", 34: "bell", 35: "kick 2", 36: "kick",
    37: "rim", 38: "snare", 39: "clap", 40: "snare 2", 41: "tom floor", 42: "hat", 43: "tom low", 44: "hat foot",
    45: "tom low", 46: "hat open", 47: "tom mid", 48: "tom mid", 49: "crash", 50: "tom high", 51: "ride", 52: "china",
    53: "ride bell", 54: "tamb", 55: "splash", 56: "cowbell", 57: "crash 2", 58: "vibraslap", 59: "ride 2",
    60: "bongo hi", 61: "bongo lo", 62: "conga mute", 63: "conga hi", 64: "conga lo", 65: "timbale hi",
    66: "timbale lo", 67: "agogo hi", 68: "agogo lo", 69: "cabasa", 70: "maracas", 71: "whistle", 72: "whistle long",
    73: "guiro", 74: "guiro long", 75: "claves", 76: "block hi", 77: "block lo", 78: "cuica mute", 79: "cuica",
    80: "triangle m", 81: "triangle", 82: "shaker", 83: "bells", 84: "bell tree", 85: "castanets",
}  # fmt: skip
# from the bottom of a drum lane up: as a drummer counts the kit, not as the keys are numbered
DRUM_ORDER = (
    35, 36, 37, 38, 40, 39, 42, 44, 46, 41, 43, 45, 47, 48, 50, 51, 59, 53, 49, 57, 55, 52,
)  # fmt: skip
_SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")


def drum_place(key: int) -> tuple[int, int]:
    """Sorts drum keys as a drummer counts the kit: kick, snare, hats, toms, cymbals, then the rest by number."""
    return (DRUM_ORDER.index(key), key) if key in DRUM_ORDER else (len(DRUM_ORDER), key)


def note_name(pitch: int, flats: bool = False) -> str:
    """A pitch as a musician writes it; C4 is middle C."""
    return f"{(_FLAT_NAMES if flats else _SHARP_NAMES)[pitch % 12]}{pitch // 12 - 1}"
