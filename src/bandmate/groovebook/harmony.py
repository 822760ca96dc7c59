"""Harmony: numerals to chords, progressions laid over sections, and chords bent into a stated key."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bandmate.errors import BriefError
from bandmate.groovebook.dice import Dice
from bandmate.score.pitch import MODES, QUALITIES, Chord, Key

_MAJOR = MODES["major"]
_ROMAN = {"i": 0, "ii": 1, "iii": 2, "iv": 3, "v": 4, "vi": 5, "vii": 6}
_UPPER = {
    "": "maj", "5": "5", "6": "6", "7": "7", "9": "9", "11": "9", "13": "9", "69": "6", "maj7": "maj7", "maj9": "maj9",
    "add9": "add9", "sus2": "sus2", "sus4": "sus4", "7sus4": "7sus4", "9sus4": "7sus4", "7b9": "7", "7#9": "7",
    "7alt": "7", "dim": "dim", "dim7": "dim7", "ø": "m7b5", "aug": "aug", "m": "min", "m7": "min7", "m9": "min9",
    "m(maj7)": "mM7", "°": "dim", "+": "aug", "o": "dim", "o7": "dim7", "°7": "dim7", "ø7": "m7b5",
}  # fmt: skip
_LOWER = _UPPER | {"": "min", "6": "min6", "7": "min7", "9": "min9", "11": "min9", "add9": "min", "maj7": "mM7"}
# Richer to plainer: what a chord may shrink to when a key locks it.
_PLAINER = {
    "maj9": ("maj7", "add9", "maj"), "9": ("7", "maj", "min7", "min"), "min9": ("min7", "min"), "add9": ("maj", "sus2"),
    "maj7": ("maj", "6", "7", "min7", "min"), "7": ("maj", "min7", "min"), "min7": ("min", "7", "maj7", "maj"),
    "m7b5": ("dim", "min7", "min"), "dim7": ("dim", "m7b5"), "6": ("maj", "min"), "min6": ("min", "maj"),
    "mM7": ("min7", "min"), "7sus4": ("sus4", "sus2"), "aug": ("maj", "min"),
}  # fmt: skip
_NAMED = {
    "12-bar blues": (
        "I7 | IV7 | I7 | I7 | IV7 | IV7 | I7 | I7 | V7 | IV7 | I7 | V7",
        "i7 | i7 | i7 | i7 | iv7 | iv7 | i7 | i7 | bVI7 | V7 | i7 | V7",
    ),
    "2-chord vamp": ("I | IV", "i7 | IV7"),
    "static i": ("I | % | % | %", "i7 | % | % | %"),
}
NAMED_PROGRESSIONS = tuple(_NAMED)
_DEGREES = ("I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII")
_ANY = ("maj", "min", "dim", "sus4", "sus2", "aug", "5")
_MAJOR_LIKE = ("major", "lydian", "mixolydian")


def numeral(text: str, tonic: int) -> Chord:
    """Turn `bVImaj7`, `V7/ii` or `I/3` into a chord; degrees count against the major scale of the tonic.

    Args:
        text: one numeral of the grammar in docs/GENRES.md.
        tonic: pitch class 0..11.

    Raises:
        BriefError: the numeral is not understood.
    """
    match = re.fullmatch(r"([b#♭♯]?)([ivIV]+)(.*?)(?:/(\d|[b#]?[ivIV]+))?", text.strip())
    table = None if not match else _LOWER if match[2].islower() else _UPPER
    if not match or match[2].lower() not in _ROMAN or table is None or match[3] not in table:
        raise BriefError(f"numeral '{text}' is not understood; write numerals like 'ii7', 'V7', 'bVImaj7' or 'I/3'")
    shift = {"b": -1, "♭": -1, "#": 1, "♯": 1}.get(match[1], 0)
    below = match[4]
    if below and not below.isdigit():
        tonic = numeral(below, tonic).root
        below = None
    chord = Chord((tonic + _MAJOR[_ROMAN[match[2].lower()]] + shift) % 12, table[match[3]])
    if not below:
        return chord
    bass = (tonic + _MAJOR[(int(below) - 1) % 7]) % 12
    if bass not in chord.pitch_classes and (bass - 1) % 12 in chord.pitch_classes:
        bass = (bass - 1) % 12  # I/3 in minor is the minor third
    return chord if bass == chord.root else Chord(chord.root, chord.quality, bass)


def numeral_of(chord: Chord, tonic: int) -> str:
    """A chord as a numeral of the grammar, its bass left out; `numeral` reads it back.

    >>> numeral_of(Chord.parse("Dm7"), 0), numeral_of(Chord.parse("Bb"), 0), numeral_of(Chord.parse("Bm7b5"), 9)
    ('ii7', 'bVII', 'iiø')
    """
    degree = _DEGREES[(chord.root - tonic) % 12]
    lower = 3 in QUALITIES[chord.quality]
    suffix = next(text for text, quality in (_LOWER if lower else _UPPER).items() if quality == chord.quality)
    return (degree.lower() if lower else degree) + suffix


def spelt_out(text: str, minor: bool) -> str:
    """A progression by its common name as numerals with a slot a bar; other text as it is.

    Args:
        text: "12-bar blues", "2-chord vamp", "static i", or numerals.
        minor: whether the key is minor.
    """
    names = _NAMED.get(text.strip().lower())
    if names is not None:
        return names[1 if minor else 0]
    if "|" not in text and len(text.split()) == 3:  # three chords leave the fourth bar to the last of them
        return " | ".join([*text.split(), "%"])
    return text


def slots(text: str, tonic: int, bars_per_slot: int = 1) -> tuple[Chord, ...]:
    """A progression such as `Imaj7 vi7 | ii7 V7` as chords, two a bar.

    A slot lasts `bars_per_slot` bars; chords in a slot share it evenly; `%` repeats the slot before.
    Text without `|` gives each chord a slot.
    """
    parts = text.split("|") if "|" in text else re.split(r"[\s,–-]+", text.strip())
    out: list[Chord] = []
    previous: list[Chord] = []
    for part in parts:
        names = part.split()
        if not names:
            continue
        chords = previous if names == ["%"] else [numeral(name, tonic) for name in names]
        previous = chords
        halves = 2 * bars_per_slot
        out += [chords[half * len(chords) // halves] for half in range(halves)]
    if not out:
        raise BriefError(f"progression '{text}' holds no chord; write numerals like 'I V vi IV'")
    return tuple(out)


def bars_of(text: str, tonic: int) -> list[list[Chord]]:
    """A progression such as `Imaj7 vi7 | ii7 V7` as bars of chords; text without `|` gives each chord a bar."""
    parts = text.split("|") if "|" in text else re.split(r"[\s,–-]+", text.strip())
    out: list[list[Chord]] = []
    for part in parts:
        names = part.split()
        if names:
            out.append(out[-1] if names == ["%"] and out else [numeral(name, tonic) for name in names])
    return out


def parts_needed(bars: Sequence[Sequence[Chord]], beats: int) -> int:
    """Equal parts of a bar that hold all chords of a progression: 2, or a multiple of the beats."""
    most = max(map(len, bars))
    return 2 if most <= 2 else beats * -(-most // beats)


def spread(chords: Sequence[Chord], parts: int) -> list[Chord]:
    """Chords over the parts of a bar; where they do not come out even the first lasts longer: 2, 1 and 1 of 4 beats."""
    least, longer = divmod(parts, len(chords))
    lengths = [least + (place < longer) for place in range(len(chords))]
    return [chord for chord, length in zip(chords, lengths, strict=True) for _ in range(length)]


def into_key(chord: Chord, key: Key) -> Chord:
    """The chord itself if the key's lock allows it, else the nearest one that it allows."""
    lock = key.lock
    if chord.pitch_classes <= lock:
        return chord
    bass = chord.bass if chord.bass in lock else None
    for quality in (chord.quality, *_PLAINER.get(chord.quality, ()), *_ANY):
        for keep in (bass, None):
            plain = Chord(chord.root, quality, keep)
            if plain.pitch_classes <= lock:
                return plain
    for distance in (1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6):
        for quality in (*(("min", "maj") if "min" in chord.quality else ("maj", "min")), *_ANY):
            moved = Chord((chord.root + distance) % 12, quality)
            if moved.pitch_classes <= lock:
                return moved
    return Chord(key.tonic, "5")


def other_mode(chord: Chord, key: Key) -> Chord:
    """A chord of the parallel major or minor as the same degree of this key: vi in A minor is F, IV is Dm."""
    steps = {4: 3, 9: 8, 11: 10} if key.is_minor else {3: 4, 8: 9, 10: 11}
    interval = (chord.root - key.tonic) % 12
    root = (key.tonic + steps.get(interval, interval)) % 12
    if interval == 7 and chord.pitch_classes <= key.lock:  # the dominant stays major
        return chord
    seventh = any(step in (10, 11) for step in QUALITIES[chord.quality])
    for quality in ("min7", "maj7", "7", "m7b5") if seventh else ("maj", "min", "dim"):
        if Chord(root, quality).pitch_classes <= key.scale:
            return Chord(root, quality)
    return into_key(Chord(root, chord.quality), key)


def into_family(chord: Chord, key: Key) -> Chord:
    """A chord of a progression written for the other family of modes, made this key's own.

    Where that would diminish a chord that was not, the seventh chord that holds it stands in: V for vii in major.
    """
    found, dim = other_mode(chord, key), ("dim", "m7b5", "dim7")
    if found.quality in dim and chord.quality not in dim and mode_family(key.mode) == "major":
        return into_key(Chord((found.root - 4) % 12, "maj" if found.quality == "dim" else "7"), key)
    return found


def mode_family(mode: str) -> str:
    """Whether a mode is "major" or "minor", by its third."""
    if mode in _MAJOR_LIKE:
        return "major"
    steps = MODES[mode]
    return "minor" if 3 in steps and 4 not in steps else "major"


def progressions_for(all_rows: Sequence[Sequence], mode: str) -> list[Sequence]:
    """The rows `[mode, numerals, bars per slot]` that suit a mode: the mode's own, else those of its family."""
    exact = [row for row in all_rows if row[0] == mode]
    if exact:
        return exact
    return [row for row in all_rows if mode_family(row[0]) == mode_family(mode)] or list(all_rows)


def further_progressions(
    all_rows: Sequence[Sequence], mode: str, taken: Sequence[Sequence], dice: Dice
) -> list[Sequence]:
    """All rows in the order in which further takes get them: of the mode first, then its family, then the others.

    Args:
        all_rows: `[mode, numerals, bars per slot]`.
        mode: of the piece.
        taken: rows that the first take has; they come last.
        dice: shuffles inside each rank.
    """

    def rank(row: Sequence) -> int:
        return 3 if row in taken else 0 if row[0] == mode else 1 if mode_family(row[0]) == mode_family(mode) else 2

    return [row for _, _, row in sorted((rank(row), dice.roll(), list(row)) for row in all_rows)]


def length_bars(row: Sequence) -> int:
    """Bars of one pass through a progression row."""
    return len(row[1].split("|")) * int(row[2])


def cadence(chords: list[Chord], key: Key, dominant: Chord | None, rich: bool = False) -> None:
    """End on the tonic in place: the last bar I or i, and a dominant in the half bar before it.

    Args:
        chords: two a bar, at least four bars; changed in place.
        key: names the tonic.
        dominant: what leads home where the bar before stands on the tonic already; None = leave it.
        rich: the style ends on a sixth chord where it has no tonic chord of its own.
    """
    minor = mode_family(key.mode) == "minor"
    tonic = Chord(key.tonic, ("min6" if rich else "min") if minor else ("6" if rich else "maj"))
    home = next((c for c in chords if c.root == key.tonic and c.bass is None and c.quality != "7"), tonic)
    last_other = chords[-3] if len(chords) >= 3 else None
    chords[-2:] = [home, home]
    if dominant is not None and last_other is not None and last_other.root == key.tonic:
        chords[-3] = dominant


def turnaround(chords: list[Chord], key: Key, dominant: Chord | None) -> None:
    """Let a loop that ends on the chord it begins with lead back to it, in place; what has one root only stays.

    Args:
        chords: two a bar; the last half bar is changed.
        key: names the tonic.
        dominant: leads to the tonic; to another first chord leads the chord of the key a fifth above it.
    """
    first = chords[0]
    if chords[-1].root != first.root or len({chord.root for chord in chords}) == 1 or len(chords) < 4:
        return
    fifth = Chord((first.root + 7) % 12, "7")
    leading = dominant if first.root == key.tonic and dominant is not None else into_key(fifth, key)
    if leading.root != first.root:
        chords[-1] = leading


def guess_key(chords: Sequence[Chord]) -> Key:
    """The key a stated progression is most likely in: fits its tones, with its first and last root as tonic."""
    counts = [0.0] * 12
    for chord in chords:
        for tone in QUALITIES[chord.quality]:
            counts[(chord.root + tone) % 12] += 1.0
    best = max(
        (
            sum(counts[tone] for tone in Key(tonic, mode).scale)
            + (1.5 if chords[0].root == tonic else 0.0)
            + (1.0 if chords[-1].root == tonic else 0.0)
            + (1.0 if any(c.root == tonic and ("min" in c.quality) == (mode == "minor") for c in chords) else 0.0),
            -tonic,
            mode,
        )
        for tonic in range(12)
        for mode in ("major", "minor")
    )
    return Key(-best[1], best[2])
