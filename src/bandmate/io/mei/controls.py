"""What hangs on the notes of an MEI document or stands beside them: ties, slurs, signs, dynamics, words, tempi."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple
from xml.etree.ElementTree import SubElement

from bandmate.io.abc.signs import read_text
from bandmate.io.mei.document import Bar, leave_out, text_of
from bandmate.io.mei.layers import Event
from bandmate.io.mei.tables import JUMPS, SIGNS, TYPES, XML_ID
from bandmate.io.musicxml_directions import harmony_element
from bandmate.io.musicxml_tables import FORTE, LEVELS, SUDDEN
from bandmate.io.safe_xml import Element, as_number

_NUMBER_MARK = re.compile(r"[(\[]?\s*=\s*[\d.,]+\s*[)\]]?")


class Spot(NamedTuple):
    """A place: bar, quarters from its start, the staff's number, and where what stands there ends."""

    bar: int
    at: Fraction
    staff: str
    end: Fraction


class Index:
    """Where everything that has a name stands, and what stands at a place.

    Args:
        voices: of each bar: (staff, events) for each layer.
    """

    def __init__(self, voices: list[list[tuple[str, list[Event]]]]) -> None:
        self.spots: dict[str, Spot] = {}
        self.names: dict[tuple[int, str, Fraction], str] = {}
        for bar, layers in enumerate(voices):
            for staff, events in layers:
                for event in events:
                    self._take(bar, staff, event)

    def _take(self, bar: int, staff: str, event: Event) -> None:
        spot = Spot(bar, event.onset, staff, event.onset + event.length)
        for element in event.element.iter():
            name = element.get(XML_ID)
            if name and element.tag in ("note", "chord", "rest", "space", "mRest"):
                self.spots.setdefault(name, spot)
                if element.tag in ("note", "chord") and not event.grace:
                    self.names.setdefault((bar, staff, event.onset), name)


class Controls:
    """All control events of a document, by the notes that bear them and by the bars in which they stand.

    Attributes:
        ties: ids of notes or chords, with "start" and "stop"; signs: ids, with elements of MusicXML's `notations`.
        beside: by bar, what stands there: staff, quarters from the bar line, element.
    """

    def __init__(self, bars: list[Bar], index: Index, left_out: Counter[str], first_staff: str) -> None:
        self.ties: dict[str, set[str]] = defaultdict(set)
        self.signs: dict[str, list[tuple[str, Element]]] = defaultdict(list)
        self.beside: dict[int, list[tuple[str, Fraction, Element]]] = defaultdict(list)
        self._bars, self._index, self._left_out, self._first = bars, index, left_out, first_staff
        self._spans = 0
        for number, bar in enumerate(bars):
            for element in () if bar.measure is None else bar.measure:
                if element.tag != "staff":
                    self._take(number, element)

    def _take(self, bar: int, element: Element) -> None:
        tag = element.tag
        form = f"{tag}/{element.get('form')}"
        if tag in ("tie", "slur"):
            self._bow(bar, element)
        elif tag in SIGNS:
            self._sign(bar, element, *SIGNS.get(form, SIGNS[tag]))
        elif tag in ("hairpin", "octave"):
            self._span(bar, element)
        elif tag in ("dynam", "dir", "tempo", "reh", "pedal", "repeatMark", "harm"):
            self._direction(bar, element)
        else:
            leave_out(self._left_out, tag)

    # -- places ---------------------------------------------------------------------------------------------------

    def _start(self, bar: int, element: Element) -> Spot | None:
        named = self._index.spots.get(_name(element, "startid") or _name(element, "plist"))
        staff = (element.get("staff") or "").split()
        if named is not None:
            return named._replace(staff=staff[0]) if staff else named
        if not element.get("tstamp"):
            return None
        at = self._beats(bar, as_number(element.get("tstamp"), 1))
        return Spot(bar, at, staff[0] if staff else self._first, at)

    def _end(self, bar: int, element: Element) -> Spot | None:
        named = self._index.spots.get(_name(element, "endid"))
        if named is not None:
            return named
        bars, mark, beat = (element.get("tstamp2") or "").rpartition("+")
        if not beat:
            return None
        to = min(bar + (int(as_number(bars.rstrip("m"), 0)) if mark else 0), len(self._bars) - 1)
        at = self._beats(to, as_number(beat, 1))
        staff = (element.get("staff") or "").split()
        return Spot(to, at, staff[0] if staff else self._first, at)

    def _beats(self, bar: int, beat: float) -> Fraction:
        quarters = (Fraction(beat).limit_denominator(960) - 1) * 4 / self._bars[bar].unit
        return max(Fraction(0), quarters)

    def _note(self, element: Element, attribute: str, spot: Spot | None) -> str:
        """The id of the note that an event begins or ends on."""
        name = _name(element, attribute)
        if name in self._index.spots:
            return name
        return "" if spot is None else self._index.names.get((spot.bar, spot.staff, spot.at), "")

    # -- what hangs on notes --------------------------------------------------------------------------------------

    def _bow(self, bar: int, element: Element) -> None:
        first = self._note(element, "startid", self._start(bar, element))
        last = self._note(element, "endid", self._end(bar, element))
        if element.tag == "tie" and first and not (last or element.get("endid")):
            self.ties[first].add("start")
        elif not first or not last:
            self._left_out[f"{element.tag}s without two notes"] += 1
        elif element.tag == "tie":
            self.ties[first].add("start")
            self.ties[last].add("stop")
        elif first != last:
            self._spans += 1
            for name, kind in ((first, "start"), (last, "stop")):
                self.signs[name].append(("", Element("slur", {"number": f"s{self._spans}", "type": kind})))

    def _sign(self, bar: int, element: Element, group: str, tag: str) -> None:
        names = [name.lstrip("#") for name in (element.get("plist") or "").split()]
        if tag != "arpeggiate" or not names:
            names = [self._note(element, "startid", self._start(bar, element))]
        if not any(names) or element.get("order") == "nonarp":
            leave_out(self._left_out, element.tag)
            return
        for name in names:
            self.signs[name].append((group, Element(tag)))

    # -- what stands beside them ----------------------------------------------------------------------------------

    def _span(self, bar: int, element: Element) -> None:
        start, end = self._start(bar, element), self._end(bar, element)
        if start is None or end is None:
            self._left_out[f"{element.tag}s without an end"] += 1
            return
        self._spans += 1
        below = element.get("dis.place") == "below"
        kind = {"cres": "crescendo", "dim": "diminuendo"}.get(element.get("form") or "", "crescendo")
        size = {"size": element.get("dis") or "8"} if element.tag == "octave" else {}
        tag = "wedge" if element.tag == "hairpin" else "octave-shift"
        for spot, at, way in (
            (start, start.at, ("up" if below else "down") if size else kind),
            (end, end.end, "stop"),
        ):
            direction, holder = _direction()
            SubElement(holder, tag, {"type": way, "number": f"{tag}{self._spans}", **size})
            self.beside[spot.bar].append((start.staff, at, direction))

    def _direction(self, bar: int, element: Element) -> None:
        spot = self._start(bar, element)
        if spot is None:
            spot = Spot(bar, Fraction(0), (element.get("staff") or self._first).split()[0], Fraction(0))
        if element.tag == "tempo" and not element.get("midi.bpm"):  # words for what the definition says in numbers
            element.set("midi.bpm", next((one.get("midi.bpm", "") for one in self._bars[spot.bar].said), ""))
        for made in _said(element):
            self.beside[spot.bar].append((spot.staff, spot.at, made))


def _name(element: Element, attribute: str) -> str:
    return ((element.get(attribute) or "").split() or [""])[0].lstrip("#")


def _direction() -> tuple[Element, Element]:
    direction = Element("direction")
    return direction, SubElement(direction, "direction-type")


def _said(element: Element) -> Iterator[Element]:
    """Directions and chord symbols that a control event amounts to."""
    tag, text = element.tag, text_of(element)
    chord = read_text(text).chord if tag == "harm" else None
    direction, holder = _direction()
    if chord is not None:
        yield harmony_element(chord)
        return
    if tag == "dynam" and (text in LEVELS or text in SUDDEN):
        SubElement(SubElement(holder, "dynamics"), text)
        told = as_number(element.get("val"), 0)
        if 0 < told < 128:
            SubElement(direction, "sound", {"dynamics": f"{told * 100 / FORTE:.3f}"})
    elif tag == "tempo":
        _tempo(direction, holder, element, text)
    elif tag == "pedal":
        way = {"down": "start", "up": "stop", "half": "start", "bounce": "change"}.get(element.get("dir") or "", "")
        SubElement(holder, "pedal", {"type": way})
    elif tag == "repeatMark":
        _jump(direction, holder, element.get("func") or "", text)
    elif text:
        SubElement(holder, "rehearsal" if tag == "reh" else "words").text = text
    yield direction


def _tempo(direction: Element, holder: Element, element: Element, text: str) -> None:
    text = _NUMBER_MARK.sub("", text).strip()
    if text:
        SubElement(holder, "words").text = text
    if element.get("mm") and element.get("mm.unit") in TYPES:
        mark = SubElement(holder, "metronome")
        SubElement(mark, "beat-unit").text = TYPES[element.get("mm.unit") or ""]
        for _ in range(min(int(as_number(element.get("mm.dots"), 0)), 3)):
            SubElement(mark, "beat-unit-dot")
        SubElement(mark, "per-minute").text = element.get("mm")
    if element.get("midi.bpm"):
        SubElement(direction, "sound", {"tempo": element.get("midi.bpm") or ""})


def _jump(direction: Element, holder: Element, kind: str, text: str) -> None:
    if kind in ("segno", "coda"):
        SubElement(holder, kind)
        return
    SubElement(holder, "words").text = text
    if kind in JUMPS:
        SubElement(direction, "sound", dict((JUMPS[kind],)))
