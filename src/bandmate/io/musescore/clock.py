"""How long things last in a MuseScore file: note values, dots and tuplets as ticks, and the ticks that fit a score."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction

from bandmate.errors import FileFormatError
from bandmate.io.musescore.tables import VALUES
from bandmate.io.parts import LONGEST_BAR_QUARTERS
from bandmate.io.parts_score import fitting_ticks
from bandmate.io.safe_xml import Element, as_number

_PARTS_OF_WHOLE = re.compile(r"\s*(-?\d{1,9})\s*/\s*(\d{1,9})\s*")
_ONE = Fraction(1)
_MOST_DOTS = 4


class Clock:
    """Durations as ticks; each is reckoned once.

    Args:
        ticks_per_quarter: of the score.
    """

    def __init__(self, ticks_per_quarter: int) -> None:
        self.ticks_per_quarter = ticks_per_quarter
        self._texts: dict[str, int] = {}
        self._values: dict[tuple[str, int, Fraction], int] = {}

    def text(self, text: str, where: Callable[[], str]) -> int:
        """Parts of a whole note, such as `3/8`, as ticks.

        Raises:
            FileFormatError: it is no such number, or longer than any bar.
        """
        found = self._texts.get(text)
        if found is None:
            whole = parts_of_whole(text)
            if whole is None or abs(whole) * 4 > LONGEST_BAR_QUARTERS:
                raise FileFormatError(
                    f"length '{text[:20]}' in {where()} is none of at most {LONGEST_BAR_QUARTERS} quarter notes; "
                    "save the file again in MuseScore"
                )
            found = self._texts[text] = round(whole * 4 * self.ticks_per_quarter)
        return found

    def value(self, name: str, dots: int, ratio: Fraction, where: Callable[[], str]) -> int:
        """A note value with dots in the time that a tuplet leaves it, as ticks.

        Raises:
            FileFormatError: it is no note value.
        """
        found = self._values.get((name, dots, ratio))
        if found is None:
            quarters = quarters_of(name, dots)
            if quarters is None:
                raise FileFormatError(
                    f"note value '{name[:20]}' in {where()} is none; save the file again in MuseScore"
                )
            found = self._values[name, dots, ratio] = round(quarters * ratio * self.ticks_per_quarter)
        return found


def parts_of_whole(text: str) -> Fraction | None:
    """`3/8` as a number, None where it is none."""
    match = _PARTS_OF_WHOLE.fullmatch(text)
    return Fraction(int(match[1]), int(match[2])) if match and int(match[2]) else None


def length_text(element: Element | None) -> str:
    """A length as MuseScore writes it: `<duration>3/8</duration>`, before version 3 `<duration z="3" n="8"/>`."""
    if element is None:
        return ""
    return f"{element.get('z')}/{element.get('n')}" if element.get("z") else (element.text or "").strip()


def quarters_of(name: str, dots: int) -> Fraction | None:
    """A note value in quarter notes."""
    value = VALUES.get(name)
    return None if value is None else Fraction(4) / Fraction(2) ** value * (2 - Fraction(1, 2**dots))


def dots_of(text: str | None) -> int:
    """The number of dots on a note."""
    return int(min(max(0, as_number(text)), _MOST_DOTS))


def tuplet_ratio(element: Element) -> tuple[int, int]:
    """So many notes (actual) in the time of so many (normal)."""
    actual, normal = as_number(element.findtext("actualNotes"), 1), as_number(element.findtext("normalNotes"), 1)
    return int(min(max(1, actual), 255)), int(min(max(1, normal), 255))


def clock_of(score: Element) -> Clock:
    """A clock in which everything that a score writes lasts whole ticks."""
    found = {1}
    for staff in score.findall("Staff"):
        for measure in staff.iterfind("Measure"):
            found |= {whole.denominator for text in _lengths(measure) if (whole := parts_of_whole(text))}
            for name, dots, ratio in set(_values(measure)):
                quarters = quarters_of(name, dots)
                if quarters is not None:
                    found.add((quarters * ratio).denominator)
    return Clock(fitting_ticks(found))


def _lengths(measure: Element) -> Iterator[str]:
    yield measure.get("len", "")
    for tag in ("duration", "fractions"):
        for element in measure.iter(tag):
            yield length_text(element)


def _values(measure: Element) -> Iterator[tuple[str, int, Fraction]]:
    numbered: dict[str, Fraction] = {}  # before version 3
    for line in measure.findall("voice") or [measure]:
        nested = [_ONE]
        for element in line:
            if element.tag == "Tuplet":
                actual, normal = tuplet_ratio(element)
                around = numbered.get(element.findtext("Tuplet", ""), nested[-1])
                nested.append(around * normal / actual)
                if element.get("id"):
                    numbered[element.get("id", "")] = nested.pop()
            elif element.tag == "endTuplet":
                if len(nested) > 1:
                    nested.pop()
            elif element.tag in ("Chord", "Rest"):
                ratio = numbered.get(element.findtext("Tuplet", ""), nested[-1])
                yield element.findtext("durationType", ""), dots_of(element.findtext("dots")), ratio
