"""An MEI document as what a reader of music sees: parts, and bars one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from bandmate.errors import FileFormatError
from bandmate.io.mei.copies import share_with_layers, write_out_copies
from bandmate.io.mei.tables import CHOICES, LEFT_OUT, SKIPPED, TRANSPARENT
from bandmate.io.safe_xml import Element, as_number
from bandmate.limits import SCORE_BARS

_MOST_RESTS = 1000  # bars that one sign may rest
_TEXTS = ("dir", "dynam", "tempo", "syl", "harm", "reh", "label", "labelAbbr", "meiHead")  # whose children are words


@dataclass(frozen=True, slots=True)
class Part:
    """A part: its staves by their numbers from above, what defines each, and its own name and sound."""

    staves: tuple[str, ...]
    definitions: tuple[Element, ...]
    names: Element


@dataclass(slots=True)
class Bar:
    """A bar.

    Attributes:
        measure: its element; None = one of the bars that a long rest stands for.
        said: definitions (`scoreDef`, `staffDef`) that hold from here.
        quarters, unit: as its meter says, and the meter's lower number.
        turns: of the ending that begins here, () = none; ends: how an ending ends here, "" = none does.
        number: as printed.
    """

    measure: Element | None
    said: list[Element] = field(default_factory=list)
    quarters: Fraction = Fraction(4)
    unit: int = 4
    turns: tuple[int, ...] = ()
    ends: str = ""
    number: str = ""


def music_of(root: Element, left_out: Counter[str], name: str) -> tuple[Element, list[Part], list[Bar]]:
    """The first movement of a document, cleaned: its definition, parts and bars.

    Raises:
        FileFormatError: it holds no score with bars, or more bars, or copies, than a piece may have.
    """
    write_out_copies(root, left_out, name)
    orders = any(_comes_back(one.get("plist", "").split()) for one in root.iter() if str(one.tag).endswith("expansion"))
    _clean(root, left_out)
    share_with_layers(root, left_out)
    movements = root.findall(".//mdiv[score]") or [one for one in (root.find(".//score"),) if one is not None]
    score = movements[0].find("score") if movements and movements[0].tag == "mdiv" else next(iter(movements), None)
    left_out["movements after the first"] += max(0, len(movements) - 1)
    definition = None if score is None else score.find("scoreDef")
    if score is None or definition is None:
        raise FileFormatError(f"{name} holds no score; open it in the program it came from")
    parts = [part for group in definition.findall("staffGrp") for part in _parts(group)]
    bars = list(_bars(score, left_out, name))
    if not parts or not bars:
        raise FileFormatError(f"{name} holds no notes in bars; open it in the program it came from")
    bars[0].said.insert(0, definition)
    if orders and not any("rpt" in bar.measure.get(side, "") for bar in bars if bar.measure is not None
                          for side in ("left", "right")):  # fmt: skip
        left_out["orders of playing sections"] += 1
    return definition, parts, list(_metered(bars))


def _comes_back(names: list[str]) -> bool:
    return len(set(names)) < len(names)


def _clean(element: Element, left_out: Counter[str]) -> None:
    """Names without their namespace, and of editors' readings the one that is played, in place."""
    if isinstance(element.tag, str):
        element.tag = element.tag.rpartition("}")[2]
    if element.tag in _TEXTS:
        for child in element.iter():
            child.tag = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else "annot"
        return
    kept: list[Element] = []
    for child in element:
        if not isinstance(child.tag, str):
            continue  # a comment
        _clean(child, left_out)
        tag = child.tag
        if tag in SKIPPED:
            leave_out(left_out, tag)
        elif tag in CHOICES:
            leave_out(left_out, tag)
            chosen = child.find("lem") if child.find("lem") is not None else next(iter(child), None)
            kept.extend(() if chosen is None else [chosen] if chosen.tag not in TRANSPARENT else chosen)
        elif tag in TRANSPARENT:
            kept.extend(child)
        else:
            kept.append(child)
    element[:] = kept


def leave_out(left_out: Counter[str], tag: str) -> None:
    """Count an element that is not held."""
    left_out[LEFT_OUT.get(tag, tag)] += 1


def _parts(group: Element) -> Iterator[Part]:
    """A brace with a name or a sound of its own, over staves without names, is one part of several staves."""
    staves = group.findall("staffDef")
    symbols = [group.get("symbol"), *(one.get("symbol") for one in group.findall("grpSym"))]
    own = group.find("label") is not None or group.find("instrDef") is not None
    if own and len(staves) > 1 and "brace" in symbols and not any(one.find("label") is not None for one in staves):
        yield Part(tuple(one.get("n", "") for one in staves), tuple(staves), group)
        return
    for child in group:
        if child.tag == "staffGrp":
            yield from _parts(child)
        elif child.tag == "staffDef":
            yield Part((child.get("n", ""),), (child,), child)


def _bars(score: Element, left_out: Counter[str], name: str) -> Iterator[Bar]:
    said: list[Element] = []
    for child in score:
        if child.tag in ("section", "ending"):
            for bar in _section(child, said, left_out, name):
                yield bar
                said = []


def _section(section: Element, said: list[Element], left_out: Counter[str], name: str) -> Iterator[Bar]:
    bars: list[Bar] = []
    said = list(said)
    for child in section:
        if child.tag in ("scoreDef", "staffDef"):
            said.append(child)
        elif child.tag == "measure":
            bars.append(Bar(child, said, number=child.get("n", "")))
            said = []
            bars += _rested(child)
        elif child.tag in ("section", "ending"):
            inner = list(_section(child, said, left_out, name))
            said = [] if inner else said
            bars += inner
        else:
            leave_out(left_out, child.tag)
        if len(bars) > SCORE_BARS.high:
            raise FileFormatError(f"{name} has more than {SCORE_BARS.high:,.0f} bars; split it")
    if section.tag == "ending" and bars:
        bars[0].turns = _turns(section.get("n", ""))
        bars[-1].ends = "discontinue" if section.get("lendsym") == "none" else "stop"
    yield from bars


def _rested(measure: Element) -> list[Bar]:
    """The bars that a long rest stands for beside its own."""
    count = max((int(as_number(one.get("num"), 1)) for one in measure.iter("multiRest")), default=1)
    first = measure.get("n", "")
    counted = first.isdecimal() and len(first) < 9
    numbers = [str(int(first) + more) if counted else "" for more in range(1, min(count, _MOST_RESTS))]
    return [Bar(None, number=number) for number in numbers]


def _turns(text: str) -> tuple[int, ...]:
    digits = "".join(sign if sign.isdecimal() and sign.isascii() else " " for sign in text).split()
    numbers = [int(one) for one in digits if 0 < int(one) < 100]
    if len(numbers) == 2 and "-" in text and numbers[0] < numbers[1]:
        return tuple(range(numbers[0], numbers[1] + 1))
    return tuple(numbers) or (1,)


def _metered(bars: list[Bar]) -> Iterator[Bar]:
    quarters, unit = Fraction(4), 4
    for bar in bars:
        for said in bar.said:
            for one in (said, *said.iter("staffDef")):
                meter = meter_of(one)
                if meter is not None:
                    above, unit = sum(int(n) for n in meter[0].split("+")), meter[1]
                    quarters = Fraction(4 * above, unit)
        bar.quarters, bar.unit = quarters, unit
        yield bar


def meter_of(element: Element) -> tuple[str, int] | None:
    """The meter that a definition states, as MusicXML writes it: `3+2` and 8; None = it states none."""
    sign = element if element.tag == "meterSig" else element.find("meterSig")
    sign = element.find("meterSigGrp/meterSig") if sign is None else sign
    get, prefix = (element.get, "meter.") if sign is None else (sign.get, "")
    count, unit, symbol = get(f"{prefix}count"), get(f"{prefix}unit"), get(f"{prefix}sym")
    if not count and symbol in ("common", "cut"):
        count, unit = ("4", "4") if symbol == "common" else ("2", "2")
    size = int(as_number(unit, 0))
    numbers = (count or "").replace(" ", "").split("+")
    if size not in (1, 2, 4, 8, 16, 32, 64, 128) or not all(n.isdecimal() and 0 < int(n) < 256 for n in numbers):
        return None
    return "+".join(numbers), size


def key_of(element: Element) -> tuple[int | None, str] | None:
    """Fifths (None: of single accidentals) and mode of the key that a definition states; None = it states none."""
    sign = element if element.tag == "keySig" else element.find("keySig")
    get, prefix = (element.get, "key.") if sign is None else (sign.get, "")
    text = get(f"{prefix}sig")
    if text == "mixed" or (sign is not None and sign.find("keyAccid") is not None):
        return None, ""
    if not text or not text.rstrip("sf").isdecimal():
        return None
    fifths = int(text.rstrip("sf"))
    return (-fifths if text.endswith("f") else fifths), get(f"{prefix}mode") or ""


def clef_of(element: Element) -> tuple[str, str, int] | None:
    """Sign, line and octaves up of the clef that a definition states; None = it states none."""
    sign = element if element.tag == "clef" else element.find("clef")
    get, prefix = (element.get, "clef.") if sign is None else (sign.get, "")
    shape = get(f"{prefix}shape")
    if not shape:
        return None
    octaves = {"8": 1, "15": 2, "22": 3}.get(get(f"{prefix}dis") or "", 0)
    below = get(f"{prefix}dis.place") == "below"
    name = {"perc": "percussion", "GG": "G"}.get(shape, shape)
    return name, get(f"{prefix}line") or "", -1 if shape == "GG" else -octaves if below else octaves


def text_of(element: Element | None) -> str:
    """The words in an element, the first of several readings, without signs of music fonts."""
    return "" if element is None else " ".join("".join(_pieces(element)).split())


def _pieces(element: Element) -> Iterator[str]:
    if element.tag in ("annot", "del") or element.get("glyph.auth"):
        return
    yield element.text or ""
    for child in element:
        yield from _pieces(child)
        yield " " if child.tag == "lb" else ""
        yield child.tail or ""
        if element.tag in CHOICES:
            break
