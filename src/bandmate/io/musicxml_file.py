"""MusicXML as a tree: plain files and zipped ones, guarded against bombs, entities and references to the outside."""

from __future__ import annotations

import re
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

from bandmate.errors import FileFormatError
from bandmate.io.midi import read_file_bytes
from bandmate.io.safe_xml import Element, parse_xml

MOST_XML_BYTES = 64 * 2**20
MOST_MEMBERS = 1000
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
        data = _unzipped(data, name)
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


def _unzipped(data: bytes, name: str) -> bytes:
    """The score in an archive: the first root file that its container names, else its only XML file."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.namelist()
            if len(members) > MOST_MEMBERS:
                raise FileFormatError(f"{name} holds {len(members)} files, more than {MOST_MEMBERS}; it is not read")
            return _member(archive, _score_name(archive, members, name), name)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, OSError, ValueError) as error:
        raise FileFormatError(f"{name} is no zipped MusicXML, or is damaged ({error}); export it again") from None


def _score_name(archive: zipfile.ZipFile, members: list[str], name: str) -> str:
    if "META-INF/container.xml" in members:
        container = parse_xml(
            _member(archive, "META-INF/container.xml", name), f"container of {name}", doctype=_DOCTYPE
        )
        for element in container.iter():
            wanted = element.get("full-path", "") if element.tag.rpartition("}")[2] == "rootfile" else ""
            if wanted in members:
                return wanted
    scores = [one for one in members if one.lower().endswith((".xml", ".musicxml")) and not one.startswith("META-INF")]
    if not scores:
        raise FileFormatError(f"{name} is an archive without a score; export it again as MusicXML")
    return scores[0]


def _member(archive: zipfile.ZipFile, member: str, name: str) -> bytes:
    found = archive.getinfo(member)
    if found.flag_bits & 1:
        raise FileFormatError(f"{name} is encrypted; save it without a password")
    with archive.open(found) as file:  # read with a bound: what an archive says of its sizes may be a lie
        data = file.read(MOST_XML_BYTES + 1) if found.file_size <= MOST_XML_BYTES else b" " * (MOST_XML_BYTES + 1)
    if len(data) > MOST_XML_BYTES:
        raise FileFormatError(f"{name} unpacks to more than {MOST_XML_BYTES // 2**20} MB; it is not read")
    return data


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
