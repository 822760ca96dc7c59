"""What stands between the notes of a MusicXML part: directions, sounds, chord symbols, bar lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Protocol

from bandmate.io.musicxml_tables import AT_START, FORTE, JUMP_ATTRIBUTES, LEVELS, SUDDEN, TYPES
from bandmate.io.parts import LAST_TICK, Marks, Place, checked_tempo
from bandmate.io.safe_xml import Element, as_number

_JUMP_WORDS = (
    (r"(?:d\.?\s*c\.?|da\s+capo)\b", "da-capo"), (r"(?:d\.?\s*s\.?|dal\s+segno)(?:\W|$)", "dal-segno"),
    (r"to\s+coda\b", "to-coda"), (r"fine\W*$", "fine"),
)  # fmt: skip
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_OCTAVES = {8: ("8va", "8vb"), 15: ("15ma", "15mb"), 22: ("22ma", "22mb")}


class Walk(Protocol):
    """What marks need to know of the walk through a part."""

    name: str
    left_out: Any

    def leave_out(self, tag: Any) -> None: ...


@dataclass(slots=True)
class DirectionMarks(Marks):
    """The marks of a MusicXML part, and how they are taken in."""

    _open: dict[tuple[str, str], tuple[str, Place, int]] = field(default_factory=dict)

    def dynamic(self, place: Place, mark: Element, staff: int, velocity: int = 0) -> None:
        """Take in a dynamic mark."""
        name = (mark.text or "").strip() if mark.tag == "other-dynamics" else mark.tag
        if isinstance(name, str) and name:
            self.dynamics.append((place, name, velocity, staff))

    def direction(self, place: Place, element: Element, walk: Walk) -> None:
        """Take in a direction: its signs and words, and what a player is to do."""
        staff = int(min(max(0, as_number(element.findtext("staff"), 0)), 255))
        sound = element.find("sound")
        loud = 0 if sound is None else round(as_number(sound.get("dynamics")) * FORTE / 100)
        texts: list[str] = []
        metronome: tuple[int, int, float] | None = None
        had_jump = False
        for kind in element.findall("direction-type"):
            for child in kind:
                tag = child.tag
                if tag == "words":
                    texts.append(" ".join((child.text or "").split()))
                elif tag == "dynamics":
                    for mark in child:
                        self.dynamic(place, mark, staff, min(max(0, loud), 127))
                elif tag == "metronome":
                    metronome = _metronome(child) or metronome
                elif tag == "rehearsal":
                    self.rehearsals.append((place, " ".join((child.text or "").split())))
                elif tag in AT_START:
                    self.jumps.append((place._replace(ticks=0), tag, ""))
                    had_jump = True
                elif tag == "pedal":
                    self._pedal(place, child.get("type", ""))
                elif tag in ("wedge", "octave-shift"):
                    self._span(place, child, staff)
                else:
                    walk.leave_out(tag)
        if sound is not None and not loud:
            self.sound(place, sound, walk, told=had_jump or bool(texts))
        elif sound is not None:
            self.sound(place, sound, walk, told=True, loudness=False)
        self._said(place, [text for text in texts if text], metronome, sound, staff)

    def _said(
        self,
        place: Place,
        texts: list[str],
        metronome: tuple[int, int, float] | None,
        sound: Element | None,
        staff: int,
    ) -> None:
        """Words, as what they mean: a jump, a tempo, or themselves."""
        text = " ".join(texts)
        stated = {} if sound is None else {k: v for k, v in JUMP_ATTRIBUTES.items() if sound.get(k) is not None}
        jump = next((kind for kind in stated.values() if kind not in AT_START), "") or jump_of(text)
        if jump:
            self.jumps.append((place._replace(ticks=LAST_TICK), jump, text))
            return
        for kind in stated.values():
            if kind in AT_START and not any(one[0].bar == place.bar and one[1] == kind for one in self.jumps):
                self.jumps.append((place._replace(ticks=0), kind, text))
                text = ""
        if metronome is not None:
            value, dots, number = metronome
            self.tempo_words.append((place, text, value, dots, number))
            if sound is None or not sound.get("tempo"):
                self._tempo(place, number * 4 / 2**value * (2 - 0.5**dots))
        elif text and sound is not None and sound.get("tempo"):
            self.tempo_words.append((place, text, 2, 0, 0.0))
        elif text:
            self.words.append((place, text, staff))

    def sound(self, place: Place, element: Element, walk: Walk, *, told: bool = False, loudness: bool = True) -> None:
        """Take in what a player is to do; told: its words say where to jump."""
        if element.get("tempo"):
            self._tempo(place, as_number(element.get("tempo"), -1), walk)
        if loudness and element.get("dynamics"):
            velocity = round(as_number(element.get("dynamics")) * FORTE / 100)
            if velocity > 0:
                self.dynamics.append((place, "", min(velocity, 127), 0))
        if not told:
            for attribute, kind in JUMP_ATTRIBUTES.items():
                if element.get(attribute) is not None:
                    self.jumps.append((place._replace(ticks=0 if kind in AT_START else LAST_TICK), kind, ""))
        for child in element:
            walk.leave_out(child.tag)

    def _tempo(self, place: Place, bpm: float, walk: Walk | None = None) -> None:
        if bpm == 0:
            return  # programs write it for "none"
        self.tempos.append((place, checked_tempo(bpm, place.bar, walk.name if walk else "")))

    def _pedal(self, place: Place, kind: str) -> None:
        if kind in ("start", "resume", "sostenuto"):
            self.pedals.append((place, True))
        elif kind in ("stop", "discontinue"):
            self.pedals.append((place, False))
        elif kind == "change":
            self.pedals += [(place, False), (place, True)]

    def _span(self, place: Place, element: Element, staff: int) -> None:
        key = (element.tag, element.get("number", "1"))
        kind = element.get("type", "")
        if kind == "stop":
            if key in self._open:
                name, start, where = self._open.pop(key)
                self.spans.append((name, start, place, where))
        elif element.tag == "wedge" and kind in ("crescendo", "diminuendo"):
            self._open[key] = (kind, place, staff)
        elif element.tag == "octave-shift" and kind in ("up", "down"):
            names = _OCTAVES.get(int(as_number(element.get("size"), 8)), _OCTAVES[8])
            # MusicXML's "down" moves the written notes down: they sound an octave above
            self._open[key] = (names[0 if kind == "down" else 1], place, staff)

    def harmony(self, place: Place, element: Element, walk: Walk) -> None:
        """Take in a chord symbol."""
        kind = element.find("kind")
        name = (kind.text or "major").strip() if kind is not None else "major"
        shown = kind.get("text", "") if kind is not None else ""
        root = _named(element.find("root"), "root")
        if not root and name != "none":
            walk.left_out["numerals of harmony"] += 1
            return
        degrees = tuple(_degree(one) for one in element.findall("degree"))
        if element.find("frame") is not None:
            walk.left_out["chord diagrams"] += 1
        self.chords.append((place, "" if name == "none" else root, name, _named(element.find("bass"), "bass"),
                            degrees, shown))  # fmt: skip

    def barline(self, bar: int, cursor: int, element: Element, walk: Walk) -> None:
        """Take in a bar line: repeat, ending, style, segno, coda."""
        side = element.get("location", "right")
        place = Place(bar, {"left": 0, "right": LAST_TICK}.get(side, cursor))
        for child in element:
            tag = child.tag
            if tag == "repeat":
                backward = child.get("direction") == "backward"
                times = int(min(max(2, as_number(child.get("times"), 2)), 99))
                self.repeats.append((place, backward, times))
            elif tag == "ending":
                numbers = tuple(int(n) for n in re.findall(r"\d{1,2}", child.get("number", "")))
                self.endings.append((place, child.get("type", ""), numbers or (1,)))
            elif tag == "bar-style":
                self.styles.append((place, (child.text or "").strip()))
            elif tag in AT_START:
                self.jumps.append((Place(bar + (side == "right"), 0), tag, ""))
            elif tag == "fermata":
                walk.left_out["fermatas on bar lines"] += 1
            else:
                walk.leave_out(tag)


def jump_of(text: str) -> str:
    """The jump that words mean, "" if none."""
    folded = text.casefold().strip()
    return next((kind for pattern, kind in _JUMP_WORDS if re.match(pattern, folded)), "")


def _metronome(element: Element) -> tuple[int, int, float] | None:
    """The beating note's value and dots, and its number a minute; None for a relation of two notes."""
    number = _NUMBER.search(element.findtext("per-minute") or "")
    unit = (element.findtext("beat-unit") or "").strip()
    if number is None or unit not in TYPES:
        return None
    return TYPES[unit], min(len(element.findall("beat-unit-dot")), 3), float(number[0].replace(",", "."))


def _named(element: Element | None, tag: str) -> str:
    if element is None:
        return ""
    letter = (element.findtext(f"{tag}-step") or "").strip()
    alter = int(min(max(-3, as_number(element.findtext(f"{tag}-alter"))), 3))
    return letter + ("#" * alter if alter > 0 else "b" * -alter) if letter in tuple("ABCDEFG") else ""


def _degree(element: Element) -> str:
    kind = (element.findtext("degree-type") or "add").strip()
    alter = int(min(max(-2, as_number(element.findtext("degree-alter"))), 2))
    sign = "#" * alter if alter > 0 else "b" * -alter
    return f"{kind}{sign}{int(min(max(1, as_number(element.findtext('degree-value'), 1)), 15))}"


def is_level(mark: str) -> bool:
    """Whether a mark is a dynamic that a table knows."""
    return mark in LEVELS or mark in SUDDEN
