"""Texts in MuseScore files: words with symbols in them, metronome marks, chord symbols, dynamics."""

from __future__ import annotations

import re

from bandmate.io.musescore.tables import BEATS, DYNAMIC_LETTERS
from bandmate.io.safe_xml import Element, as_number
from bandmate.score.chord_names import kind_said
from bandmate.score.spelling import name_of

_C_OF_TPC = 14  # MuseScore counts the line of fifths from F double flat = -1
_MARK = "\x00"
_FIRST_DYNAMIC = 0xE520  # of the music font's letters, in the order of the table
_SHOWN = {"accidentalFlat": "♭", "accidentalSharp": "♯", "accidentalNatural": "♮"}
_PRINTED = {
    "𝅝": "Whole", "𝅗𝅥": "Half", "𝅘𝅥": "Quarter", "♩": "Quarter", "𝅘𝅥𝅮": "8th", "♪": "8th", "𝅘𝅥𝅯": "16th", "\ueca3": "Half",
    "\ueca5": "Quarter", "\ueca7": "8th", "\ueca9": "16th", "\ue1d3": "Half", "\ue1d5": "Quarter", "\ue1d7": "8th",
}  # fmt: skip
_PRINTED_DOTS = "\uecb7\ue1e7"
_METRONOME = re.compile(
    rf"\(?\s*{_MARK}(?:met|unicode)?[nN]ote({'|'.join(BEATS)})(?:Up|Down)?{_MARK}"
    rf"((?:[\s.]*{_MARK}(?:met|unicode)?[aA]ugmentationDot{_MARK})*)\s*=\s*(?:c(?:a|irca)?\.?\s*)?"
    r"(\d+(?:[.,]\d+)?)(?:\s*[-–]\s*\d+)?\s*\)?"
)
_SYMBOLS = re.compile(f"{_MARK}[^{_MARK}]*{_MARK}")


def words_of(element: Element | None) -> str:
    """The words of a text, without its looks; of its symbols accidentals alone."""
    return _without_symbols(_marked(element))


def _marked(element: Element | None) -> str:
    """The words of a text with the names of its symbols between marks."""
    if element is None:
        return ""
    pieces = [(element.text or "").replace(_MARK, "")]
    for child in element:
        name = (child.text or "").strip()
        if child.tag == "sym" and name == "space":
            pieces.append(" ")
        elif child.tag == "sym":
            pieces.append(_SHOWN.get(name) or f"{_MARK}{name}{_MARK}")
        else:
            pieces.append(_marked(child))
        pieces.append((child.tail or "").replace(_MARK, ""))
    return "".join(pieces)


def _without_symbols(text: str) -> str:
    return " ".join(_SYMBOLS.sub("", text).split())


def tempo_said(element: Element | None) -> tuple[str, int, int, float]:
    """A tempo text: its words, and the value, dots and number of its metronome mark (0 = none)."""
    text = _marked(element)
    for dot in _PRINTED_DOTS:
        text = text.replace(dot, f"{_MARK}augmentationDot{_MARK}")
    for sign, name in _PRINTED.items():
        text = text.replace(sign, f"{_MARK}note{name}Up{_MARK}")
    match = _METRONOME.search(text)
    if match is None:
        return _without_symbols(text), 2, 0, 0.0
    words = _without_symbols(text[: match.start()] + " " + text[match.end() :])
    return words, BEATS[match[1]], min(match[2].count("ugmentationDot"), 3), float(match[3].replace(",", "."))


def dynamic_said(element: Element) -> str:
    """The name of a dynamic mark, such as `mf`; of one of its own words, these."""
    name = (element.findtext("subtype") or "").strip()
    if name and name != "other-dynamics":
        return name
    text = _marked(element.find("text"))
    for place, (symbol, letter) in enumerate(DYNAMIC_LETTERS.items()):
        text = text.replace(f"{_MARK}{symbol}{_MARK}", letter).replace(chr(_FIRST_DYNAMIC + place), letter)
    return _without_symbols(text)


def note_name(text: str | None) -> str:
    """A note's name by its place on MuseScore's line of fifths, "" where it has none."""
    place = as_number(text, 99)
    return name_of(int(place) - _C_OF_TPC) if -8 <= place <= 40 else ""


def chord_said(element: Element) -> tuple[str, str, str, tuple[str, ...], str] | None:
    """A chord symbol's root, kind, bass, degrees and how its kind is printed; None where it is none."""
    inner = element.find("harmonyInfo")  # since version 4.6
    chord = element if inner is None else inner
    said = " ".join((chord.findtext("name") or "").split())
    root = note_name(chord.findtext("root"))
    if not root:
        return ("", "none", "", (), "") if said.replace(".", "").upper() == "NC" else None
    known = kind_said(said)
    bass = note_name(chord.findtext("base") or chord.findtext("bass"))
    return None if known is None else (root, known[0], bass, known[1], said)
