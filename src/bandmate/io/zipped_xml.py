"""Scores in zip archives (`.mxl`, `.mscz`), guarded against bombs."""

from __future__ import annotations

import re
import zipfile
import zlib
from io import BytesIO

from bandmate.errors import FileFormatError
from bandmate.io.safe_xml import parse_xml

MOST_XML_BYTES = 64 * 2**20
MOST_MEMBERS = 1000
_CONTAINER = "META-INF/container.xml"


def unzipped(
    data: bytes, name: str, *, program: str, named: tuple[str, ...], otherwise: tuple[str, ...],
    doctype: re.Pattern[str] | None = None,
) -> bytes:  # fmt: skip
    """The score in an archive: the first fitting file that its container names, else its first fitting file.

    Args:
        data: the archive.
        name: what messages call it.
        program: what its files are called in messages, such as `MusicXML`.
        named: endings of a score that the container names.
        otherwise: endings of a score that it does not name.
        doctype: the document type that the container may declare.

    Raises:
        FileFormatError: it is damaged, encrypted, too large, or holds no score.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.namelist()
            if len(members) > MOST_MEMBERS:
                raise FileFormatError(f"{name} holds {len(members)} files, more than {MOST_MEMBERS}; it is not read")
            wanted = [one for one in _named(archive, members, name, doctype) if one.lower().endswith(named)]
            wanted += [one for one in members if one.lower().endswith(otherwise) and not one.startswith("META-INF")]
            if not wanted:
                raise FileFormatError(f"{name} is an archive without a score; export it again as {program}")
            return _member(archive, wanted[0], name)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, OSError, ValueError) as error:
        raise FileFormatError(f"{name} is no zipped {program}, or is damaged ({error}); export it again") from None


def _named(archive: zipfile.ZipFile, members: list[str], name: str, doctype: re.Pattern[str] | None) -> list[str]:
    if _CONTAINER not in members:
        return []
    container = parse_xml(_member(archive, _CONTAINER, name), f"container of {name}", doctype=doctype)
    roots = [one.get("full-path", "") for one in container.iter() if one.tag.rpartition("}")[2] == "rootfile"]
    return [one for one in roots if one in members]


def _member(archive: zipfile.ZipFile, member: str, name: str) -> bytes:
    found = archive.getinfo(member)
    if found.flag_bits & 1:
        raise FileFormatError(f"{name} is encrypted; save it without a password")
    with archive.open(found) as file:  # read with a bound: what an archive says of its sizes may be a lie
        data = file.read(MOST_XML_BYTES + 1) if found.file_size <= MOST_XML_BYTES else b" " * (MOST_XML_BYTES + 1)
    if len(data) > MOST_XML_BYTES:
        raise FileFormatError(f"{name} unpacks to more than {MOST_XML_BYTES // 2**20} MB; it is not read")
    return data
