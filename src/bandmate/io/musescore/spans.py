"""What reaches over a stretch of a MuseScore staff: hairpins, octave lines, pedals, endings, trills."""

from __future__ import annotations

import re
from typing import NamedTuple

from bandmate.io.musescore.marks import is_hidden
from bandmate.io.musescore.tables import HAIRPINS, OTTAVA_OCTAVES, OTTAVAS
from bandmate.io.parts import Part, Place
from bandmate.io.safe_xml import Element

SPANNERS = (
    "HairPin", "Ottava", "Pedal", "Volta", "Trill", "TextLine", "GradualTempoChange", "LetRing", "PalmMute", "Vibrato",
    "WhammyBar", "HarmonicMark", "PickScrape", "Rasgueado",
)  # fmt: skip
HELD_SPANNERS = ("HairPin", "Ottava", "Pedal", "Volta", "Trill")


class Ottava(NamedTuple):
    """From a place up to another a staff sounds so many octaves above what is written."""

    start: Place
    end: Place
    octaves: int


def take_span(part: Part, kind: str, element: Element, start: Place, end: Place, staff: int) -> Ottava | None:
    """Take a spanner in; what it does to pitch is given back.

    Args:
        part: to take it in.
        kind: MuseScore's name of it.
        element: what it says.
        start: where it begins.
        end: where it ends.
        staff: of the part, 0 = of a part with one.
    """
    marks = part.marks
    if kind == "HairPin":
        name = HAIRPINS.get((element.findtext("subtype") or "0").strip(), "crescendo")
        marks.spans.append((name, start, end, staff))
    elif kind == "Ottava":
        name = _ottava(element.findtext("subtype"))
        marks.spans.append((name, start, end, staff))
        return Ottava(start, end, OTTAVA_OCTAVES[name])
    elif kind == "Pedal":
        marks.pedals += [(start, True), (end, False)]
    elif kind == "Volta":
        turns = tuple(int(n) for n in re.findall(r"\d{1,2}", element.findtext("endings") or "")) or (1,)
        is_closed = (element.findtext("endHookType") or element.findtext("endHook") or "0").strip() not in ("0", "")
        first = start._replace(ticks=0)
        marks.endings += [(first, "start", turns), (end, "stop" if is_closed else "discontinue", turns)]
    else:
        text = _begin_text(element)
        if text and not is_hidden(element):
            marks.words.append((start, text, staff))
        return None
    return None


def _ottava(text: str | None) -> str:
    name = (text or "8va").strip()
    if name.isascii() and name.isdigit() and int(name) < len(OTTAVAS):
        return OTTAVAS[int(name)]
    return name if name in OTTAVA_OCTAVES else "8va"


def _begin_text(element: Element) -> str:
    begin = element.find("beginText")
    if begin is None:
        return ""
    inner = begin.find("text")
    return " ".join("".join((begin if inner is None else inner).itertext()).split())
