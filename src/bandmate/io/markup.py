"""A small language for tables of XML: what stands in the table is what is written.

Tag=value            an element with the attribute Value
Tag[A=1 B=#](...)    attributes, children
name(a b)            a macro of the table, in lower case; %1 and %2 in it are its arguments
$name                a value that is given when it is written, escaped
{name}               XML that was written elsewhere
#                    a fresh number of the document's one space of pointee ids
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bandmate.errors import InternalError

_TOKEN = re.compile(r'"[^"]*"|[\[\]()=]|[^\s\[\]()="]+')
# XML 1.0 has no place for these, not even as references
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_SPECIAL = re.compile('[&<>"\t\n\r]')


@dataclass(frozen=True, slots=True)
class _Hole:
    kind: str  # "value", "xml" or "id"
    name: str = ""


def storable(text: str) -> str:
    """Text without the signs that XML cannot hold."""
    return _NOT_XML.sub("", text)


def escaped(text: str) -> str:
    """Text as it may stand in an attribute; signs that XML cannot hold go."""
    return _SPECIAL.sub(lambda sign: _ESCAPES[sign[0]], storable(text))


def number(value: float) -> str:
    """A number as Live writes it: no exponent, no needless zeros, exact to what a float holds."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = repr(float(value))
    return f"{value:.15f}".rstrip("0") if "e" in text else text


def shown(value: Any) -> str:
    """A value as it stands between the quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return escaped(value)
    return number(value)


class Ids:
    """The counter of pointee ids: one space for the whole document, each number once."""

    def __init__(self, first: int = 1000) -> None:
        self.next = first

    def take(self) -> int:
        """A number that nobody else has."""
        self.next += 1
        return self.next - 1


class Table:
    """Named templates, compiled from the text of a table.

    Args:
        text: definitions; a line that begins at the margin with `Name:` or `macro:` opens one.

    Raises:
        InternalError: the table is not well formed.
    """

    def __init__(self, text: str) -> None:
        parts = re.split(r"(?m)^([A-Za-z]\w*):", text)[1:]
        self._tokens = {name: _TOKEN.findall(body) for name, body in zip(parts[::2], parts[1::2], strict=True)}
        self._compiled: dict[str, list[str | _Hole]] = {}

    def write(self, name: str, ids: Ids, /, **values: Any) -> str:
        """A template as XML, with its holes filled.

        Raises:
            InternalError: a value is missing.
        """
        if name not in self._compiled:
            self._compiled[name] = _joined(_Reader(self._tokens, self._tokens[name]).elements())
        out = []
        for part in self._compiled[name]:
            if isinstance(part, str):
                out.append(part)
            elif part.kind == "id":
                out.append(str(ids.take()))
            elif part.name not in values:
                raise InternalError(f"template {name} needs a value for {part.name}")
            else:
                out.append(values[part.name] if part.kind == "xml" else shown(values[part.name]))
        return "".join(out)


def _joined(parts: Iterator[str | _Hole]) -> list[str | _Hole]:
    out: list[str | _Hole] = []
    for part in parts:
        if isinstance(part, str) and out and isinstance(out[-1], str):
            out[-1] += part
        else:
            out.append(part)
    return out


class _Reader:
    """Walks the tokens of one definition; macros are read in place."""

    def __init__(self, macros: dict[str, list[str]], tokens: list[str]) -> None:
        self._macros, self._tokens, self._at = macros, tokens, 0

    def elements(self) -> Iterator[str | _Hole]:
        while self._peek() not in ("", ")"):
            name = self._next()
            if name.startswith("{"):
                yield _Hole("xml", name[1:-1])
            elif name[0].islower():
                yield from self._macro(name)
            else:
                yield from self._element(name)

    def _macro(self, name: str) -> Iterator[str | _Hole]:
        arguments = list(self._until("(", ")"))
        if name not in self._macros:
            raise InternalError(f"the table has no macro {name}")
        body = [arguments[int(t[1:]) - 1] if re.fullmatch(r"%\d", t) else t for t in self._macros[name]]
        yield from _Reader(self._macros, body).elements()

    def _element(self, name: str) -> Iterator[str | _Hole]:
        yield f"<{name}"
        if self._peek() == "[":
            tokens = list(self._until("[", "]"))
            for place in range(0, len(tokens), 3):
                yield from _attribute(tokens[place], tokens[place + 2])
        if self._peek() == "=":
            self._next()
            yield from _attribute("Value", self._next())
        if self._peek() != "(":
            yield " />\n"
            return
        self._next()
        yield ">\n"
        yield from self.elements()
        self._expect(")")
        yield f"</{name}>\n"

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, sign: str) -> None:
        if self._peek() != sign:
            raise InternalError(f"the table has '{self._peek()}' where '{sign}' should be")
        self._at += 1

    def _until(self, first: str, last: str) -> Iterator[str]:
        self._expect(first)
        while self._peek() not in ("", last):
            yield self._next()
        self._expect(last)


def _attribute(name: str, token: str) -> Iterator[str | _Hole]:
    yield f' {name}="'
    if token == "#":  # noqa: S105  a word of the table, no secret
        yield _Hole("id")
    elif token.startswith("$"):
        yield _Hole("value", token[1:])
    else:
        yield escaped(token.strip('"'))
    yield '"'
