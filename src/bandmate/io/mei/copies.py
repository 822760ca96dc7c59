"""Elements of an MEI document that say `copyof`: the music of another element, written out in their place."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy

from bandmate.errors import FileFormatError
from bandmate.io.mei.tables import XML_ID
from bandmate.io.safe_xml import Element

_MOST_ELEMENTS = 200_000  # that all copies together may hold: copies of copies double at every step
_SHARED = ("note", "chord", "rest", "space")
_ENDS = ("startid", "endid", "plist")


def write_out_copies(root: Element, left_out: Counter[str], name: str) -> None:
    """Fill every copy with what it is a copy of, in place; its own attributes rule.

    What is copied gets names of its own, so that a slur in a copied bar is about the copied notes. Signs that lead out
    of a copied bar, and copies of what is not there or of what holds them, are counted.

    Args:
        root: of the document; it is changed.
        left_out: where to count what could not be copied.
        name: what messages call it.

    Raises:
        FileFormatError: the copies hold more than any score.
    """
    copies = [element for element in root.iter() if element.get("copyof")]
    if not copies:
        return
    named = {element.get(XML_ID): element for element in root.iter() if element.get(XML_ID)}
    elements = 0
    for number, copy in enumerate(copies):
        original = named.get((copy.attrib.pop("copyof").split() or [""])[0].lstrip("#"))
        held = [] if original is None else list(original.iter())
        if original is None or original.tag != copy.tag or any(one is copy for one in held):
            left_out["copies of nothing"] += 1
            continue
        elements += len(held)
        if elements > _MOST_ELEMENTS:
            raise FileFormatError(f"{name} holds copies of more than {_MOST_ELEMENTS:,} elements; write them out")
        _fill(copy, deepcopy(original), f"-copy{number}", left_out)


def share_with_layers(root: Element, left_out: Counter[str]) -> None:
    """Tell notes, chords and rests that say `sameas` what they leave to the one of another layer, in place.

    Both are printed as one, and each layer needs its pitch and length. Those of nothing are counted.

    Args:
        root: of the document; it is changed.
        left_out: where to count those that say neither their length nor an element that has one.
    """
    shared = [one for one in root.iter() if one.get("sameas") and one.tag in _SHARED]
    if not shared:
        return
    named = {element.get(XML_ID): element for element in root.iter() if element.get(XML_ID)}
    for one in shared:
        original = named.get((one.get("sameas", "").split() or [""])[0].lstrip("#"))
        if original is not None and original.tag == one.tag:
            _take_over(one, original)
        elif not one.get("dur"):
            left_out["notes and rests that are the same as nothing"] += 1


def _take_over(one: Element, original: Element) -> None:
    says_length = bool(one.get("dur"))
    for name, value in original.attrib.items():
        if name not in (XML_ID, "sameas") and not (says_length and name == "dots"):
            one.attrib.setdefault(name, value)
    if one.tag == "chord" and one.find("note") is None:
        one.extend(deepcopy(note) for note in original.findall("note"))
        for note in one.findall("note"):
            note.attrib.pop(XML_ID, None)


def _fill(copy: Element, made: Element, mark: str, left_out: Counter[str]) -> None:
    own = dict(copy.attrib)
    new = {one.get(XML_ID, ""): one.get(XML_ID, "") + mark for one in made.iter() if one.get(XML_ID)}
    new |= {made.get(XML_ID, ""): own.get(XML_ID, "")} if own.get(XML_ID) and made.get(XML_ID) else {}
    for one in made.iter():
        if one.get(XML_ID):
            one.set(XML_ID, new[one.get(XML_ID, "")])
    for holder in list(made.iter()):
        for one in list(holder):
            if not _lead_on(one, new):
                holder.remove(one)
                left_out["signs that lead out of a copied bar"] += 1
    copy.attrib.clear()
    copy.attrib.update({**made.attrib, **own})
    copy[:] = list(made)


def _lead_on(sign: Element, new: dict[str, str]) -> bool:
    """Point a sign to the copied notes; False where not all that it names were copied."""
    for end in _ENDS:
        names = [one.lstrip("#") for one in (sign.get(end) or "").split()]
        if any(one not in new for one in names):
            return False
        if names:
            sign.set(end, " ".join(f"#{new[one]}" for one in names))
    return True
