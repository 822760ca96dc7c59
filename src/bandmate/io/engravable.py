"""MusicXML made ready for engraving: beams where there are none, and tempi in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

LEVELS = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4, "128th": 5}
_AFTER_BEAMS = ("notations", "lyric", "play", "listen")


@dataclass(frozen=True, slots=True)
class _Note:
    """A note or chord of one voice: when it begins, in quarters from the bar line, and how many beams it takes."""

    onset: Fraction
    levels: int
    element: Element


def engravable(musicxml: bytes, first_bar: int = 1) -> bytes:
    """The same document with beams and with metronome marks as words.

    Notes of a voice within a beat, shorter than a quarter, share a beam; voices that have beams are left alone.

    Args:
        musicxml: a partwise document of our own writing.
        first_bar: the number that its first bar carries.
    """
    root = fromstring(musicxml)  # noqa: S314 - our own bytes, not a stranger's
    for part in root.iter("part"):
        divisions, beat = 1, Fraction(1)
        for number, measure in enumerate(part.iter("measure"), first_bar):
            measure.set("number", str(number))
            divisions = int(measure.findtext("attributes/divisions") or divisions)
            beat = _beat(measure) or beat
            for notes in _voices(measure, divisions).values():
                if not any(note.element.find("beam") is not None for note in notes):
                    for group in _groups(notes, beat):
                        _beam(group)
    for direction in root.iter("direction"):
        for kind in direction.findall("direction-type"):
            _say_tempo(kind, after_words=direction.find("direction-type/words") is not None)
    return tostring(root, encoding="utf-8", xml_declaration=True)


def _say_tempo(kind: Element, *, after_words: bool) -> None:
    """A metronome mark in words: the note in it is set in a font that few programs have."""
    mark = kind.find("metronome")
    if mark is None or mark.findtext("per-minute") is None:
        return
    unit = mark.findtext("beat-unit") or "quarter"
    dotted = "dotted " if mark.find("beat-unit-dot") is not None else ""
    kind.clear()
    words = SubElement(kind, "words", {"font-weight": "bold"})
    words.text = "{} BPM" if (unit, dotted) == ("quarter", "") else f"{dotted}{unit} = {{}}"
    space = "\N{NO-BREAK SPACE}" if after_words else ""
    words.text = space + words.text.format(mark.findtext("per-minute"))


def _beat(measure: Element) -> Fraction | None:
    """How many quarters a beat lasts from here, None where no meter is said: three eighths in 6/8."""
    time = measure.find("attributes/time")
    if time is None:
        return None
    beats, kind = time.findtext("beats") or "4", int(time.findtext("beat-type") or 4)
    compound = beats.isdecimal() and int(beats) % 3 == 0 and int(beats) > 3 and kind >= 8
    return Fraction(4 * (3 if compound else 1), kind)


def _voices(measure: Element, divisions: int) -> dict[str, list[_Note]]:
    voices: dict[str, list[_Note]] = defaultdict(list)
    at = 0
    for element in measure:
        length = int(element.findtext("duration") or 0)
        if element.tag == "backup":
            at -= length
        elif element.tag == "forward":
            at += length
        elif element.tag == "note" and element.find("chord") is None and element.find("grace") is None:
            rest = element.find("rest") is not None
            levels = 0 if rest else LEVELS.get(element.findtext("type") or "", 0)
            voice = f"{element.findtext('voice')}/{element.findtext('staff')}"
            voices[voice].append(_Note(Fraction(at, divisions), levels, element))
            at += length
    return voices


def _groups(notes: list[_Note], beat: Fraction) -> Iterator[list[_Note]]:
    """Runs of two notes or more that take beams, within one beat."""
    run: list[_Note] = []
    for note in notes:
        if run and (not note.levels or note.onset // beat != run[-1].onset // beat):
            if len(run) > 1:
                yield run
            run = []
        if note.levels:
            run.append(note)
    if len(run) > 1:
        yield run


def _beam(group: list[_Note]) -> None:
    for level in range(1, max(note.levels for note in group) + 1):
        for index, note in enumerate(group):
            if note.levels < level:
                continue
            before = index > 0 and group[index - 1].levels >= level
            after = index + 1 < len(group) and group[index + 1].levels >= level
            if before or after:
                word = "continue" if before and after else "end" if before else "begin"
            else:
                word = "backward hook" if index else "forward hook"
            _put(note.element, level, word)


def _put(note: Element, level: int, word: str) -> None:
    """A beam where the schema wants it: before notations and lyrics, after everything else."""
    place = next((i for i, child in enumerate(note) if child.tag in _AFTER_BEAMS), len(note))
    beam = SubElement(note, "beam", number=str(level))
    beam.text = word
    note.remove(beam)
    note.insert(place, beam)
