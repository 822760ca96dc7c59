"""MusicXML as a tree: plain files and zipped ones, guarded against bombs, entities and references to the outside."""

from __future__ import annotations

import re
from pathlib import Path

from bandmate.errors import FileFormatError
from bandmate.io.midi import read_file_bytes
from bandmate.io.safe_xml import Element, parse_xml
from bandmate.io.zipped_xml import MOST_XML_BYTES, unzipped

_DOCTYPE = re.compile(
    r"""<!DOCTYPE\s+(?:score-partwise|score-timewise|container)\s+
        PUBLIC\s+(?:"-//Recordare//[^"\[\]<>]*"|'-//Recordare//[^'\[\]<>]*')
        (?:\s+(?:"[^"\[\]<>]*"|'[^'\[\]<>]*'))?\s*(?:\[\s*\]\s*)?>""",
    re.VERBOSE,
)
_ROOTS = ("score-partwise", "score-timewise")


def read_tree(path: str | Path) -> Element:
    """The root of a MusicXML file, part by part whichever way it was written; `.mxl` archives are opened.

    Raises:
        FileFormatError: it is missing, too large, damaged, dangerous, or no MusicXML.
    """
    data, name = read_file_bytes(path), str(path)
    if data[:2] == b"PK":
        data = unzipped(
            data, name, program="MusicXML", named=("",), otherwise=(".xml", ".musicxml"), doctype=_DOCTYPE
        )  # fmt: skip
    if len(data) > MOST_XML_BYTES:
        raise FileFormatError(f"{name} holds more than {MOST_XML_BYTES // 2**20} MB of XML; it is not read")
    root = parse_xml(data, name, doctype=_DOCTYPE)
    if root.tag not in _ROOTS:
        raise FileFormatError(f"{name} is no score but <{root.tag[:40]}>; export it again as MusicXML")
    return _by_part(root) if root.tag == "score-timewise" else root


def looks_like_musicxml(head: bytes) -> bool:
    """Whether a file that begins so is a MusicXML file, plain or zipped."""
    if head[:2] == b"PK":
        return b"META-INF/container.xml" in head
    for encoding in ("utf-8", "utf-16"):
        if re.search(r"<score-(?:partwise|timewise)", head.decode(encoding, errors="replace")):
            return True
    return False


def _by_part(root: Element) -> Element:
    """A score written bar by bar, turned to part by part."""
    turned = Element("score-partwise", root.attrib)
    parts: dict[str, Element] = {}
    for child in root:
        if child.tag != "measure":
            turned.append(child)
            continue
        for part in child.findall("part"):
            identifier = part.get("id", "")
            if identifier not in parts:
                parts[identifier] = Element("part", {"id": identifier})
            measure = Element("measure", child.attrib)
            measure.extend(part)
            parts[identifier].append(measure)
    turned.extend(parts.values())
    return turned
