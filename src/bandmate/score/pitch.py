"""Pitch classes, keys with their scales, and chords: the words of harmony as data."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bandmate.errors import BriefError

SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1, "##": 2, "x": 2, "bb": -2, "sharp": 1, "flat": -1}

MODES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "harmonic_minor": (0, 2, 3, 5, 7, 8, 11),
    "melodic_minor": (0, 2, 3, 5, 7, 9, 11),
    "phrygian_dominant": (0, 1, 4, 5, 7, 8, 10),
    "minor_pentatonic": (0, 3, 5, 7, 10),
    "major_pentatonic": (0, 2, 4, 7, 9),
    "blues": (0, 3, 5, 6, 7, 10),
    "major_blues": (0, 2, 3, 4, 7, 9),
    "whole_tone": (0, 2, 4, 6, 8, 10),
    "diminished": (0, 2, 3, 5, 6, 8, 9, 11),
    "altered": (0, 1, 3, 4, 6, 8, 10),
    "bebop_major": (0, 2, 4, 5, 7, 8, 9, 11),
    "bebop_dominant": (0, 2, 4, 5, 7, 9, 10, 11),
    "chromatic": tuple(range(12)),
}
MODE_ALIASES = {
    "maj": "major", "ionian": "major", "dur": "major", "min": "minor", "m": "minor", "aeolian": "minor",
    "natural_minor": "minor", "moll": "minor", "minor_blues": "blues",
}  # fmt: skip
# A stated minor key also admits the raised sixth and seventh of its melodic and harmonic forms.
_LOCK_EXTRA = {"minor": (9, 11)}

QUALITIES: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus4": (0, 5, 7),
    "sus2": (0, 2, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "5": (0, 7),
    "6": (0, 4, 7, 9),
    "min6": (0, 3, 7, 9),
    "9": (0, 4, 7, 10, 2),
    "maj9": (0, 4, 7, 11, 2),
    "min9": (0, 3, 7, 10, 2),
    "add9": (0, 4, 7, 2),
    "7sus4": (0, 5, 7, 10),
    "mM7": (0, 3, 7, 11),
}
_QUALITY_ALIASES = {
    "": "maj", "M": "maj", "major": "maj", "m": "min", "-": "min", "minor": "min", "o": "dim", "°": "dim",
    "+": "aug", "sus": "sus4", "dom7": "7", "M7": "maj7", "Δ": "maj7", "Δ7": "maj7", "m7": "min7", "-7": "min7",
    "min7b5": "m7b5", "ø": "m7b5", "ø7": "m7b5", "hdim7": "m7b5", "o7": "dim7", "°7": "dim7", "m6": "min6",
    "m9": "min9", "M9": "maj9", "13": "9", "11": "9", "m11": "min9", "min11": "min9", "7b9": "7", "7#9": "7",
    "7alt": "7", "69": "6", "6/9": "6", "9sus4": "7sus4", "m(maj7)": "mM7", "minmaj7": "mM7", "power": "5",
}  # fmt: skip
_SUFFIX = {"maj": "", "min": "m", "min7": "m7", "min6": "m6", "min9": "m9"}


def parse_pitch_class(name: str) -> int:
    """Turn a note name such as `F#`, `Bb` or `E flat` into 0..11.

    Raises:
        BriefError: the name is no note.
    """
    match = re.fullmatch(r"\s*([A-Ga-g])\s*(##|bb|x|#|b|♯|♭|sharp|flat)?\s*", name)
    if not match:
        raise BriefError(f"'{name}' is not a note name; write a letter A to G with # or b, such as F# or Bb")
    return (_LETTERS[match[1].upper()] + _ACCIDENTALS[match[2] or ""]) % 12


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A tonic (0 = C .. 11 = B) and the name of a mode in MODES."""

    tonic: int
    mode: str = "major"

    @classmethod
    def parse(cls, text: str) -> Key:
        """Read `D minor`, `F#m`, `Bb`, `A lydian`, `C harmonic minor`.

        Raises:
            BriefError: the tonic or the mode is unknown; the message lists modes.
        """
        # a "b" apart from its letter is a flat only if no word begins with it: "B blues"
        accidental = r"(b|\s*(?:#|♯|♭|sharp|flat)|\s+b(?![A-Za-z]))?"
        match = re.fullmatch(rf"\s*([A-Ga-g]){accidental}[\s_-]*([A-Za-z][A-Za-z _-]*)?\s*", text)
        if not match:
            raise BriefError(f"key '{text}' is not understood; write it like 'D minor', 'F# major' or 'A dorian'")
        tonic = parse_pitch_class(match[1] + (match[2] or ""))
        raw = (match[3] or "").strip()
        mode = "major" if raw in ("", "M") else re.sub(r"[\s-]+", "_", raw.lower())
        mode = MODE_ALIASES.get(mode, mode)
        if mode not in MODES:
            raise BriefError(f"key '{text}' has an unknown mode '{raw}'; known modes: {', '.join(MODES)}")
        return cls(tonic, mode)

    @property
    def scale(self) -> frozenset[int]:
        """Pitch classes of the mode on this tonic."""
        return frozenset((self.tonic + step) % 12 for step in MODES[self.mode])

    @property
    def lock(self) -> frozenset[int]:
        """Pitch classes that a stated key allows: the scale, and in minor the raised 6th and 7th."""
        return self.scale | {(self.tonic + step) % 12 for step in _LOCK_EXTRA.get(self.mode, ())}

    @property
    def is_minor(self) -> bool:
        """Whether the third above the tonic is minor."""
        steps = MODES[self.mode]
        return 3 in steps and 4 not in steps

    @property
    def uses_flats(self) -> bool:
        """Whether the key is written with flats."""
        relative_major = (self.tonic + (3 if self.is_minor else 0)) % 12
        return relative_major in (1, 3, 5, 8, 10) or (self.is_minor and relative_major == 6)  # Eb minor, but F# major

    @property
    def name(self) -> str:
        """`F# minor`, spelt with flats where the key signature has them."""
        return f"{(FLAT_NAMES if self.uses_flats else SHARP_NAMES)[self.tonic]} {self.mode.replace('_', ' ')}"

    @property
    def short(self) -> str:
        """`F#m` or `Bb`, for file names."""
        return (FLAT_NAMES if self.uses_flats else SHARP_NAMES)[self.tonic] + ("m" if self.is_minor else "")

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, order=True)
class Chord:
    """A root (0..11), a quality in QUALITIES and the bass pitch class if it is not the root."""

    root: int
    quality: str = "maj"
    bass: int | None = None

    @classmethod
    def parse(cls, text: str) -> Chord:
        """Read `Dm7`, `F#`, `Bbmaj7`, `G7/B`.

        Raises:
            BriefError: root, quality or bass is unknown.
        """
        match = re.fullmatch(r"\s*([A-G])(#|b|♯|♭)?([^/\s]*?)(?:/([A-G][#b♯♭]?))?\s*", text)
        quality = _QUALITY_ALIASES.get(match[3], match[3]) if match else ""
        if not match or quality not in QUALITIES:
            raise BriefError(f"chord '{text}' is not understood; write it like 'Dm7', 'G7', 'Cmaj7' or 'F/A'")
        bass = parse_pitch_class(match[4]) if match[4] else None
        return cls(parse_pitch_class(match[1] + (match[2] or "")), quality, bass)

    @property
    def pitch_classes(self) -> frozenset[int]:
        """Pitch classes of the chord, its bass included."""
        tones = {(self.root + step) % 12 for step in QUALITIES[self.quality]}
        return frozenset(tones if self.bass is None else tones | {self.bass})

    def transpose(self, semitones: int) -> Chord:
        """The same chord, moved."""
        bass = None if self.bass is None else (self.bass + semitones) % 12
        return Chord((self.root + semitones) % 12, self.quality, bass)

    def spell(self, flats: bool = False) -> str:
        """`Dm7` or `G7/B`."""
        names = FLAT_NAMES if flats else SHARP_NAMES
        text = names[self.root] + _SUFFIX.get(self.quality, self.quality)
        return text if self.bass is None or self.bass == self.root else f"{text}/{names[self.bass]}"

    def __str__(self) -> str:
        return self.spell()
