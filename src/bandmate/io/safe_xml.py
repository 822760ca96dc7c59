"""XML from strangers, by the standard library, without what makes it dangerous: entities, outside references, bombs."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from bandmate.errors import FileFormatError

Element = ElementTree.Element
# far above the largest piece; each costs some hundred bytes of memory, which a few packed bytes can ask for
MOST_ELEMENTS, MOST_ATTRIBUTES = 6_000_000, 8_000_000
_LONG_TAG = re.compile(r"<[^<>]{4194304}")  # attributes without number in one element take minutes
_FORBIDDEN = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DECLARED = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>")
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*\bencoding\s*=\s*["']([\w.-]{1,40})["']""")
_OLD_ENCODINGS = ("iso-8859-1", "iso-8859-15", "windows-1252", "us-ascii", "macintosh")


def parse_xml(data: bytes, name: str, *, doctype: re.Pattern[str] | None = None) -> Element:
    """The root element of an XML document in UTF-8, or in UTF-16 with its mark, or in an old encoding that it names.

    Args:
        data: the document.
        name: what messages call it.
        doctype: the one document type that it may declare, as a whole and without entities of its own; it is taken
            out before anything is parsed, and nothing that it points to is ever opened.

    Raises:
        FileFormatError: it is no text, not well formed, or declares another document type or entities.
    """
    # subtle: decoded here, so that no declared encoding can hide a document type from the search below
    text = _DECLARED.sub("", _decoded(data, name), count=1)
    if doctype is not None:
        text = doctype.sub("", text, count=1)
    found = _FORBIDDEN.search(text)
    if found:
        raise FileFormatError(f"{name} declares {found[0][2:].upper()} in its XML, which is refused; save it anew")
    if text.count("<") > 2 * MOST_ELEMENTS or text.count("=") > MOST_ATTRIBUTES or _LONG_TAG.search(text):
        raise FileFormatError(
            f"{name} holds more than {MOST_ELEMENTS / 1e6:.0f} million elements, which no piece needs"
        )
    try:
        return ElementTree.fromstring(text)  # noqa: S314  without a document type there are no entities
    except ElementTree.ParseError as error:
        raise FileFormatError(f"{name} is damaged: its XML breaks off or is wrong ({error}); restore it") from None
    except (RecursionError, MemoryError):
        raise FileFormatError(f"{name} is nested too deep to be read") from None


def _decoded(data: bytes, name: str) -> str:
    named = _ENCODING.match(data[:200])
    encoding = named[1].decode("ascii").lower() if named else "utf-8"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif encoding not in _OLD_ENCODINGS:
        encoding = "utf-8"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        told = encoding.upper()
        raise FileFormatError(f"{name} is damaged at byte {error.start} (no {told} text); restore it") from None


def value_of(element: Element | None, path: str, default: str = "") -> str:
    """The attribute Value of the element at a path below another, as Live writes everything."""
    found = None if element is None else element.find(path)
    return default if found is None else found.get("Value", default)


def number_of(element: Element | None, path: str, default: float = 0.0) -> float:
    """The same as a number; `default` where it is none."""
    return as_number(value_of(element, path), default)


def as_number(text: str | None, default: float = 0.0) -> float:
    """Text as a finite number; `default` where it is none."""
    try:
        value = float(text or "")
    except ValueError:
        return default
    return value if abs(value) < 1e15 else default  # false for NaN and infinity
