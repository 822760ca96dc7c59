"""What stands between the notes of a MuseScore staff: words, tempi, dynamics, chord symbols, signs of the way."""

from __future__ import annotations

from collections.abc import Callable

from bandmate.io.musescore.tables import BAR_STYLES, CLEFS, MARKERS
from bandmate.io.musescore.texts import chord_said, dynamic_said, tempo_said, words_of
from bandmate.io.musicxml_marks import is_level, jump_of
from bandmate.io.parts import LAST_TICK, Part, Place, checked_tempo
from bandmate.io.safe_xml import Element, as_number
from bandmate.score.notation import CHORD_KINDS

Taker = Callable[[Part, Place, int, Element], None]
"""Takes an element in at a place of a staff (0 = of a part with one)."""


def is_hidden(element: Element) -> bool:
    """Whether it is not printed."""
    return element.findtext("visible") == "0"


def _tempo(part: Part, place: Place, staff: int, element: Element) -> None:
    bpm = 60 * as_number(element.findtext("tempo"), 0.0)
    if bpm:
        part.marks.tempos.append((place, checked_tempo(bpm, place.bar, part.name)))
    words, value, dots, number = tempo_said(element.find("text"))
    if (words or number) and not is_hidden(element):
        part.marks.tempo_words.append((place, words, value, dots, number))


def _dynamic(part: Part, place: Place, staff: int, element: Element) -> None:
    told = int(min(max(0, as_number(element.findtext("velocity"))), 127))
    name = "" if is_hidden(element) and told else dynamic_said(element)
    levels = [word for word in name.split() if is_level(word)]
    if len(levels) == 1 and name != levels[0]:  # such as `p dolce` or `sempre f`
        part.marks.words.append((place, " ".join(word for word in name.split() if word != levels[0]), staff))
        name = levels[0]
    if name or told:
        part.marks.dynamics.append((place, name, told, staff))


def _words(part: Part, place: Place, staff: int, element: Element) -> None:
    text = words_of(element.find("text"))
    jump = jump_of(text)
    if jump:  # typed as words
        part.marks.jumps.append((place._replace(ticks=LAST_TICK), jump, text))
    elif text and not is_hidden(element):
        part.marks.words.append((place, text, staff))


def _rehearsal(part: Part, place: Place, staff: int, element: Element) -> None:
    part.marks.rehearsals.append((place, words_of(element.find("text"))))


def _harmony(part: Part, place: Place, staff: int, element: Element) -> None:
    if as_number(element.findtext("harmonyType")) or element.findtext("function"):
        part.left_out["numerals of harmony"] += 1
        return
    said = chord_said(element)
    if said is None:
        part.left_out["chord symbols of unknown kinds"] += 1
        return
    root, kind, bass, degrees, shown = said
    shown = "" if shown == CHORD_KINDS.get(kind) else shown
    part.marks.chords.append((place, root, kind, bass, degrees, shown))


def _diagram(part: Part, place: Place, staff: int, element: Element) -> None:
    part.left_out["chord diagrams"] += 1
    for harmony in element.findall("Harmony"):
        _harmony(part, place, staff, harmony)


def _marker(part: Part, place: Place, staff: int, element: Element) -> None:
    kind = MARKERS.get((element.findtext("label") or "").strip())
    if kind is None:
        _words(part, place, staff, element)
        return
    at_start = kind in ("segno", "coda")
    part.marks.jumps.append((place._replace(ticks=0 if at_start else LAST_TICK), kind,
                             "" if at_start else words_of(element.find("text"))))  # fmt: skip


def _jump(part: Part, place: Place, staff: int, element: Element) -> None:
    kind = "da-capo" if (element.findtext("jumpTo") or "start").strip() == "start" else "dal-segno"
    part.marks.jumps.append((place._replace(ticks=LAST_TICK), kind, words_of(element.find("text"))))


def _bar_line(part: Part, place: Place, staff: int, element: Element) -> None:
    style = BAR_STYLES.get((element.findtext("subtype") or "").strip())
    if is_hidden(element):
        style = "none"
    if style:
        part.marks.styles.append((place, style))


def _clef(part: Part, place: Place, staff: int, element: Element) -> None:
    name = element.findtext("transposingClefType") or element.findtext("concertClefType") or element.findtext("subtype")
    sign = CLEFS.get((name or "").strip())
    if sign is not None:
        part.clefs.append((place, max(staff, 1), *sign))


TAKERS: dict[str, Taker] = {
    "Tempo": _tempo, "Dynamic": _dynamic, "StaffText": _words, "SystemText": _words, "Expression": _words,
    "PlayTechAnnotation": _words, "RehearsalMark": _rehearsal, "Harmony": _harmony, "FretDiagram": _diagram,
    "Marker": _marker, "Jump": _jump, "BarLine": _bar_line, "Clef": _clef,
}  # fmt: skip
"""Elements and what takes them in."""
