"""XML from strangers, by the standard library, without what makes it dangerous: entities, outside references, bombs."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from bandmate.errors import FileFormatError

Element = ElementTree.Element
_FORBIDDEN = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DECLARED = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>")


def parse_xml(data: bytes, name: str) -> Element:
    """The root element of an XML document in UTF-8.

    Args:
        data: the document.
        name: what messages call it.

    Raises:
        FileFormatError: it is not UTF-8, not well formed, or declares a document type or entities.
    """
    try:
        # subtle: decoded here, so that no declared encoding can hide a document type from the search below
        text = _DECLARED.sub("", data.decode("utf-8"), count=1)
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{name} is damaged at byte {error.start} (no UTF-8 text); restore it") from None
    found = _FORBIDDEN.search(text)
    if found:
        raise FileFormatError(f"{name} declares {found[0][2:].upper()} in its XML, which is refused; save it anew")
    try:
        return ElementTree.fromstring(text)  # noqa: S314  without a document type there are no entities
    except ElementTree.ParseError as error:
        raise FileFormatError(f"{name} is damaged: its XML breaks off or is wrong ({error}); restore it") from None
    except (RecursionError, MemoryError):
        raise FileFormatError(f"{name} is nested too deep to be read") from None


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
