"""The layers of an MEI bar: what stands in each voice, when, how long, in which tuplet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction

from bandmate.io.mei.document import Bar, leave_out
from bandmate.io.mei.tables import QUARTERS, TYPES
from bandmate.io.safe_xml import Element, as_number

_GROUPS = ("beam", "tuplet", "graceGrp", "bTrem", "fTrem", "ligature", "proport")
_BAR_LONG = ("mRest", "mSpace", "multiRest", "mRpt", "mRpt2", "multiRpt")
_TIMED = ("note", "chord", "rest", "space")
_ATTRIBUTES = ("clef", "keySig", "meterSig")


@dataclass(slots=True)
class Event:
    """What stands at a place of a voice.

    Attributes:
        element: note, chord, rest, mRest, space, clef ...
        onset, length: in quarters from the bar line; a grace note has no length.
        value, dots: as written, by MusicXML's name.
        actual, normal: of its tuplets together; edges: "start" and "stop" of one.
        grace: 0 none, 1 grace note, 2 with a slash; strokes: of a tremolo.
    """

    element: Element
    onset: Fraction
    length: Fraction = Fraction(0)
    value: str = ""
    dots: int = 0
    actual: int = 1
    normal: int = 1
    edges: tuple[str, ...] = ()
    grace: int = 0
    strokes: int = 0


@dataclass(slots=True)
class LayerWalk:
    """The walk through one layer; `events` and `cursor` (its length so far) are what it finds."""

    bar: Bar
    left_out: Counter[str]
    events: list[Event]
    cursor: Fraction = Fraction(0)
    _value: str = "quarter"

    def walk(self, layer: Element) -> LayerWalk:
        """Take in all of a layer."""
        self._all(layer, 1, 1, 0)
        return self

    def _all(self, holder: Element, actual: int, normal: int, strokes: int) -> None:
        grace = holder.tag == "graceGrp"
        for child in holder:
            tag = child.tag
            if tag in _GROUPS:
                self._group(child, actual, normal, strokes)
            elif tag in _TIMED:
                self._timed(child, actual, normal, strokes, grace)
            elif tag in _BAR_LONG or tag in _ATTRIBUTES:
                self.events.append(Event(child, self.cursor))
            elif tag in ("beatRpt", "halfmRpt"):
                self._again(tag, self.bar.quarters / 2 if tag == "halfmRpt" else Fraction(4, self.bar.unit))
            elif tag not in ("artic", "verse", "syl"):
                leave_out(self.left_out, tag)

    def _again(self, tag: str, length: Fraction) -> None:
        """The stretch before once more; a gap where no notes fill it."""
        stretch = [
            event for event in self.events if event.onset >= self.cursor - length and event.element.tag in _TIMED
        ]
        if sum(event.length for event in stretch) == length <= self.cursor:
            self.events += [replace(event, onset=event.onset + length) for event in stretch]
        else:
            leave_out(self.left_out, tag)
            self.events.append(Event(Element("space"), self.cursor, length))
        self.cursor += length

    def _group(self, group: Element, actual: int, normal: int, strokes: int) -> None:
        first = len(self.events)
        if group.tag == "tuplet":
            actual *= _count(group.get("num"), 3)
            normal *= _count(group.get("numbase"), 2)
        elif group.tag == "bTrem":
            strokes = _strokes(group) or next((_strokes(one) for one in group if _strokes(one)), 3)
        elif group.tag == "fTrem":
            normal, actual = normal, 2 * actual  # each of the two notes is written as long as both
            leave_out(self.left_out, "fTrem")
        elif group.tag in ("beam", "ligature"):
            leave_out(self.left_out, group.tag)
        self._all(group, actual, normal, strokes)
        timed = [event for event in self.events[first:] if event.length]
        if group.tag == "tuplet" and timed:
            timed[0].edges += ("start",)
            timed[-1].edges += ("stop",)

    def _timed(self, element: Element, actual: int, normal: int, strokes: int, in_graces: bool) -> None:
        inner = next((one.get("dur") for one in element.iter("note") if one.get("dur")), None)
        self._value = TYPES.get(element.get("dur") or inner or "", self._value)
        dots = int(min(max(0, as_number(element.get("dots"), len(element.findall("dot")))), 4))
        graces = [one.get("grace") for one in element.iter("note") if one.get("grace")]
        grace = element.get("grace") or next(iter(graces), None) or ("unknown" if in_graces else None)
        event = Event(element, self.cursor, Fraction(0), self._value, dots, actual, normal)
        if grace and element.tag in ("note", "chord"):
            event.actual = event.normal = 1
            event.grace = 2 if grace == "unacc" or element.get("stem.mod") == "1slash" else 1
        else:
            event.strokes = strokes or _strokes(element)
            plain = QUARTERS[self._value] * (2 - Fraction(1, 2**dots))
            event.length = plain * normal / actual
            self.cursor += event.length
        self.events.append(event)


def _strokes(element: Element) -> int:
    number = (element.get("stem.mod") or "").removesuffix("slash")
    return int(number) if number in ("1", "2", "3", "4", "5", "6") else 0


def _count(text: str | None, default: int) -> int:
    return int(min(max(1, as_number(text, default)), 255))
