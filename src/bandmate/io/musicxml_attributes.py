"""What <attributes> of MusicXML say: divisions, keys, meters, clefs and transpositions, each as plain numbers."""

from __future__ import annotations

from collections import Counter

from bandmate.errors import FileFormatError
from bandmate.io.safe_xml import Element, as_number

_USUAL_LINES = {"G": 2, "F": 4, "C": 3}
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)


def divisions_of(element: Element, where: str) -> int:
    """How many divisions a quarter note has.

    Raises:
        FileFormatError: none, less than one, or more than any program writes.
    """
    value = as_number((element.text or "").strip(), 0)
    if not 1 <= value <= 2**24 or value != int(value):
        raise FileFormatError(
            f"{(element.text or '')[:20].strip()} divisions a quarter in {where} are out of range; give 1 to {2**24:,}"
        )
    return int(value)


def clef_of(element: Element) -> tuple[int, str, int, int]:
    """Staff, sign, line and octaves of a clef."""
    staff = int(min(max(1, as_number(element.get("number"), 1)), 255))
    sign = (element.findtext("sign") or "G").strip()
    line = int(min(max(-9, as_number(element.findtext("line"), _USUAL_LINES.get(sign, 3))), 9))
    octaves = int(min(max(-3, as_number(element.findtext("clef-octave-change"))), 3))
    return staff, sign, line, octaves


def transposition_of(element: Element) -> tuple[int, int]:
    """By how many semitones, and by how many steps of the scale, a part sounds above what is written."""
    octaves = int(min(max(-9, as_number(element.findtext("octave-change"))), 9))
    chromatic = int(min(max(-127, as_number(element.findtext("chromatic"))), 127))
    diatonic = int(min(max(-70, as_number(element.findtext("diatonic"), round(chromatic * 7 / 12))), 70))
    return chromatic + 12 * octaves, diatonic + 7 * octaves


def keys_of(element: Element, left_out: Counter[str]) -> list[tuple[int, bool]]:
    """Fifths of a key and whether it is minor; nothing for one of a lower staff or of single accidentals."""
    fifths = element.findtext("fifths")
    if fifths is None:
        left_out["keys of single accidentals"] += 1
        return []
    if element.get("number", "1") != "1":
        return []
    mode = (element.findtext("mode") or "major").strip()
    if mode not in ("major", "minor", "none", ""):
        left_out["church modes of keys"] += 1
    return [(int(min(max(-14, as_number(fifths)), 14)), mode == "minor")]


def meter_of(element: Element, where: str, left_out: Counter[str]) -> tuple[int, int] | None:
    """Beats and their size; None for music without a meter, and for a meter of a lower staff.

    Raises:
        FileFormatError: it is no meter; the message names where.
    """
    if element.find("senza-misura") is not None or element.get("number", "1") != "1":
        return None
    sizes = [int(as_number(one.text)) for one in element.findall("beat-type")]
    try:
        beats = [sum(int(n) for n in (one.text or "").split("+")) for one in element.findall("beats")]
    except ValueError:
        beats = []
    good = beats and len(beats) == len(sizes) and all(0 < b <= 255 for b in beats)
    if not good or not all(size in _SIZES for size in sizes):
        raise FileFormatError(f"the meter in {where} is none; mend the file or export it again")
    if len(beats) > 1 or "+" in (element.findtext("beats") or ""):
        left_out["groupings of additive meters"] += 1
    size = max(sizes)
    total = sum(b * size // s for b, s in zip(beats, sizes, strict=True))
    if total > 255:
        raise FileFormatError(f"the meter in {where} has {total} beats, more than 255; mend the file")
    return total, size
