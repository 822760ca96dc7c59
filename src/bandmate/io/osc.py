"""Open Sound Control: single messages, to bytes and back.

Source: the OSC 1.0 specification; types i, h, f, d, s, S, T, F and N. Bundles and blobs are not read.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from bandmate.errors import FileFormatError

Argument = int | float | str | bool | None
MOST_BYTES = 65507  # of one UDP packet
_NUMBERS = {"i": ">i", "h": ">q", "f": ">f", "d": ">d"}
_CONSTANTS = {"T": True, "F": False, "N": None}


class OscMessage(NamedTuple):
    """An address such as `/bandmate/generate` and what was sent with it."""

    address: str
    arguments: tuple[Argument, ...] = ()


def osc_bytes(address: str, *arguments: Argument) -> bytes:
    """A message as a packet; whole numbers as i (h beyond 32 bits), others as f."""
    tags, body = ",", b""
    for argument in arguments:
        if argument is None or isinstance(argument, bool):
            tags += "N" if argument is None else "FT"[argument]
        elif isinstance(argument, str):
            tags, body = tags + "s", body + _text(argument)
        else:
            kind = "f" if isinstance(argument, float) else "i" if -(2**31) <= argument < 2**31 else "h"
            tags, body = tags + kind, body + struct.pack(_NUMBERS[kind], argument)
    return _text(address) + _text(tags) + body


def _text(text: str) -> bytes:
    data = text.replace("\0", "").encode("utf-8")
    return data + b"\0" * (4 - len(data) % 4)


def read_osc(data: bytes) -> OscMessage:
    """A packet as a message.

    Raises:
        FileFormatError: it is no message, or damaged.
    """
    if data.startswith(b"#bundle"):
        raise FileFormatError("a bundle of OSC messages came, which is not read; send them one by one")
    if not data.startswith(b"/"):
        raise FileFormatError("what came is no OSC message, whose address begins with '/'; send to another port")
    address, at = _text_at(data, 0)
    if at == len(data):
        return OscMessage(address)
    tags, at = _text_at(data, at)
    if not tags.startswith(","):
        raise FileFormatError(f"the OSC message {address[:40]} does not say the types of what it holds; it is damaged")
    found: list[Argument] = []
    for tag in tags[1:]:
        if tag in "sS":
            text, at = _text_at(data, at)
            found.append(text)
        elif tag in _NUMBERS:
            size = struct.calcsize(_NUMBERS[tag])
            if at + size > len(data):
                raise FileFormatError(f"the OSC message {address[:40]} breaks off; send it again")
            found.append(struct.unpack_from(_NUMBERS[tag], data, at)[0])
            at += size
        elif tag in _CONSTANTS:
            found.append(_CONSTANTS[tag])
        else:
            raise FileFormatError(f"the OSC message {address[:40]} holds type '{tag}', which is not read; send text")
    return OscMessage(address, tuple(found))


def _text_at(data: bytes, at: int) -> tuple[str, int]:
    end = data.find(b"\0", at)
    if end < 0:
        raise FileFormatError("an OSC message breaks off inside a text; send it again")
    try:
        return data[at:end].decode("utf-8"), end + 4 - (end - at) % 4
    except UnicodeDecodeError:
        raise FileFormatError("an OSC message holds text that is not UTF-8; send it again") from None
