"""A chord or rest of a MuseScore staff: what its element says, before it has a place in time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bandmate.io.musescore.clock import dots_of, length_text
from bandmate.io.musescore.marks import is_hidden
from bandmate.io.musescore.tables import BEFORE_4_MORDENTS, GRACES, NAMED, NOTHING, SIGNS
from bandmate.io.musescore.texts import words_of
from bandmate.io.safe_xml import Element, as_number
from bandmate.score.notation import SIGN_BITS

_STROKES = {"8": 1, "16": 2, "32": 3, "64": 4, "128": 5}
_ARTICULATIONS = ("Articulation", "Ornament", "Fermata", "TremoloBar")
_TREMOLOS = ("Tremolo", "TremoloSingleChord", "TremoloTwoChord")
_JOINED = {"begin": (True, False), "middle": (True, True), "end": (False, True)}
_OF_REST = ("BAR", "measure")


@dataclass(slots=True)
class Written:
    """What a chord or rest says of itself.

    Attributes:
        value, dots, length: its note value, and its length where that is another; fills_bar: a bar's rest.
        grace: 0 none, 1 grace note, 2 with a slash; after: whether it follows the chord that comes next in the file.
        signs: bits of SIGNS; arpeggio: whether all notes bear that; arpeggio_staves: how
            far down it reaches; is_small: in small print; strokes: of a tremolo; is_two: with the next chord.
        lyrics: as `Sound` has them; notes: elements; spanners: elements; slurs: numbers and types (MuseScore 2).
        tuplet: its number (MuseScore 2); moved: staves by which it stands lower; hidden_rest: not printed.
    """

    value: str = "quarter"
    dots: int = 0
    length: str = ""
    grace: int = 0
    after: bool = False
    signs: int = 0
    arpeggio: bool = False
    arpeggio_staves: int = 0
    is_small: bool = False
    strokes: int = 0
    is_two: bool = False
    lyrics: list[tuple[int, str, bool, bool, bool]] = field(default_factory=list)
    notes: list[Element] = field(default_factory=list)
    spanners: list[Element] = field(default_factory=list)
    slurs: list[tuple[str, str]] = field(default_factory=list)
    tuplet: str = ""
    moved: int = 0

    @property
    def fills_bar(self) -> bool:
        """Whether it is the rest of a whole bar."""
        return self.value == "measure"


def read_written(element: Element, version: float, left_out: Counter[str]) -> Written:
    """A Chord or Rest element."""
    out = Written()
    for child in element:
        tag = child.tag
        if tag == "Note":
            out.notes.append(child)
        elif tag == "durationType":
            out.value = (child.text or "").strip()
        elif tag == "dots":
            out.dots = dots_of(child.text)
        elif tag == "duration":
            out.length = length_text(child)
        elif tag == "Lyrics":
            _lyric(out, child)
        elif tag == "Spanner":
            out.spanners.append(child)
        elif tag in _ARTICULATIONS:
            _sign(out, child, version, left_out)
        elif tag in GRACES:
            out.grace, out.after = GRACES[tag], tag.endswith("after")
        elif tag == "Slur":
            out.slurs.append((child.get("id", ""), child.get("type", "")))
        elif tag in ("staffMove", "move"):
            out.moved = int(min(max(-8, as_number(child.text)), 8))
        elif tag == "Tuplet":
            out.tuplet = (child.text or "").strip()
        elif tag == "Arpeggio":
            out.arpeggio = child.findtext("subtype", "0").strip() != "3" and not is_hidden(child)
            left_out["brackets of no arpeggio"] += child.findtext("subtype", "0").strip() == "3"
            span = int(min(max(1, as_number(child.findtext("span"), 1)), 64))
            out.arpeggio_staves = (span - 1) // (4 if version >= 4 else 1) if out.arpeggio else 0
        elif tag in _TREMOLOS:
            _tremolo(out, child)
        elif tag == "small":
            out.is_small = (child.text or "").strip() == "1"
        elif tag == "StemSlash":
            out.grace = out.grace and 2
        elif isinstance(tag, str) and tag not in NOTHING:
            left_out[NAMED.get(tag, tag)] += 1
    return out


def _sign(out: Written, element: Element, version: float, left_out: Counter[str]) -> None:
    for sign in signs_of(element, version, left_out):
        out.signs |= SIGN_BITS[sign]


def signs_of(element: Element, version: float, left_out: Counter[str]) -> tuple[str, ...]:
    """What an articulation, ornament or fermata is here; counted where it is nothing."""
    name = (element.findtext("subtype") or "").strip()
    name = name.removesuffix("Above").removesuffix("Below")
    if is_hidden(element):
        return ()
    found = (BEFORE_4_MORDENTS.get(name) if version < 4 else None) or SIGNS.get(name)
    if found is None:
        left_out[name or "articulations without a name"] += 1
    return found or ()


def _lyric(out: Written, element: Element) -> None:
    verse = int(min(max(0, as_number(element.findtext("no"))), 254)) + 1
    text = words_of(element.find("text"))
    joined, follows = _JOINED.get((element.findtext("syllabic") or "").strip(), (False, False))
    held = (element.findtext("ticks_f") or element.findtext("ticks") or "0").strip()
    extends = not held.startswith("0")
    if text or extends:
        out.lyrics.append((verse, text, joined, follows, extends))


def _tremolo(out: Written, element: Element) -> None:
    name = (element.findtext("subtype") or "").strip()
    out.strokes = 3 if name == "buzzroll" else _STROKES.get(name[1:], 1)
    out.is_two = name.startswith("c")
    out.signs |= SIGN_BITS["tremolo"]
