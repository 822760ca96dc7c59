"""The arrangement under Live's loop brace, as the Max for Live device tells it, page by page.

AbletonOSC hands out no notes of the arrangement, so `bandmate-brace.js` in the device reads them; what its messages are
stands there. A page that does not come is asked for again.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from bandmate.errors import FileFormatError, LiveError
from bandmate.io.live.client import LiveSilent
from bandmate.io.live.link import Link
from bandmate.io.live.notes import LiveNote
from bandmate.io.live.view import key_of, number
from bandmate.io.osc import Argument, OscMessage, osc_bytes, read_osc
from bandmate.score.pitch import Key

ASK, TOLD, DEAF = "/bandmate/hear", "/bandmate/brace", "/bandmate/deaf"
FIRST_SEC, PAGES_SEC = 0.8, 0.5  # until what was asked is asked again; all is read before the first page comes
_FIRST_TRIES, _TRIES = 10, 10
_AT_ONCE = 24  # pages that may be on their way
_MOST_PAGES = 10_000
_VALUES = {"song": 7, "clip": 10}  # how many stand behind the kind

Page = tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class BraceClip:
    """A clip under the brace, or partly under it.

    Attributes:
        track: its index, from 0; track_name, is_drum: of it.
        is_midi: whether it holds notes; looping: whether these play again and again.
        start, end: in the arrangement, in quarter notes.
        loop_start, loop_end, start_marker: in the clip's own time, as its notes are.
        notes: those that play.
    """

    track: int
    track_name: str
    is_drum: bool
    is_midi: bool
    looping: bool
    start: float
    end: float
    loop_start: float
    loop_end: float
    start_marker: float
    notes: tuple[LiveNote, ...] = ()


@dataclass(frozen=True, slots=True)
class Brace:
    """The loop brace: tempo, meter and scale of Live now, where it begins, how long it is, and what lies under it."""

    tempo: float
    meter: tuple[int, int]
    key: Key | None
    start: float
    quarters: float
    clips: tuple[BraceClip, ...]


def read_brace(link: Link, port: int) -> Brace:
    """What lies under the brace.

    Args:
        link: to the device.
        port: of the device, for the message.

    Raises:
        LiveSilent: no device answers, or it went away. LiveError: Live lets nothing be read, or it was told otherwise
            than it should be.
    """
    pages = _pages(link, port)
    song, *rest = pages
    if song[:1] != ("song",) or any(len(page) - 1 != _VALUES.get(str(page[0]), len(page) - 1) for page in pages):
        _unlike()
    _, tempo, above, below, root, scale, start, quarters = song
    meter = (max(1, int(number(above))), max(1, int(number(below))))
    key = key_of(root, scale)
    return Brace(max(1.0, number(tempo)), meter, key, number(start), number(quarters), _clips(rest))


def _unlike() -> NoReturn:
    raise LiveError("the device answers otherwise than it should; write it anew with 'bandmate device' and put it in")


def _clips(pages: Sequence[Page]) -> tuple[BraceClip, ...]:
    rows: list[tuple[Page, list[LiveNote]]] = []
    for kind, *values in pages:
        if kind == "clip":
            rows.append((tuple(values), []))
        elif kind == "notes" and rows and len(values) % 4 == 0:
            notes = (map(number, values[place : place + 4]) for place in range(0, len(values), 4))
            rows[-1][1].extend(LiveNote(at, int(pitch), length, loud) for pitch, at, length, loud in notes)
        else:
            _unlike()
    return tuple(_clip(row, notes) for row, notes in rows)


def _clip(row: Page, notes: list[LiveNote]) -> BraceClip:
    track, name, drums, midi, looping, *places = row
    is_drum, is_midi, again = (bool(number(flag)) for flag in (drums, midi, looping))
    start, end, loop_start, loop_end, marker = map(number, places)
    return BraceClip(int(number(track)), str(name), is_drum, is_midi, again, start, end, loop_start, loop_end, marker,
                     tuple(sorted(notes)))  # fmt: skip


def _pages(link: Link, port: int) -> list[Page]:
    asked = 1 + secrets.randbelow(2**31 - 1)
    found: dict[int, Page] = {}
    count = _first(link, port, asked, found)
    while len(found) < count:
        open_ = [place for place in range(count) if place not in found][:_AT_ONCE]
        for _ in range(_TRIES):
            _ask(link, asked, [place for place in open_ if place not in found])
            _collect(link, asked, found, open_, PAGES_SEC)
            if all(place in found for place in open_):
                break
        else:
            told = f"{len(found)} of {count} pages"
            raise LiveSilent(f"the device does not answer any more, {told} of the arrangement came; try again")
    return [found[place] for place in range(count)]


def _first(link: Link, port: int, asked: int, found: dict[int, Page]) -> int:
    """Ask for the first page until it comes; how many there are."""
    for _ in range(_FIRST_TRIES):
        _ask(link, asked, [0])
        count = _collect(link, asked, found, [0], FIRST_SEC)
        if count:
            return count
    raise LiveSilent(
        f"no device answers at port {port} of this machine, and AbletonOSC does not hand out the arrangement; drag "
        "Bandmate.amxd, as 'bandmate device' writes it now, onto a MIDI track (docs/LIVE_SET.md says how)"
    )


def _ask(link: Link, asked: int, places: Sequence[int]) -> None:
    for place in places:
        link.send(osc_bytes(ASK, "page", asked, link.answer_port, place))


def _collect(link: Link, asked: int, found: dict[int, Page], open_: Sequence[int], wait_sec: float) -> int:
    """Take pages until those that are open are there or the time is over; how many there are in all, 0 = not known."""
    end, count = link.now() + wait_sec, 0
    while any(place not in found for place in open_) and (left := end - link.now()) > 0:
        message = _message(link.receive(left))
        if message is None or not message.arguments or message.arguments[0] != asked:
            continue
        if message.address == DEAF:
            raise LiveError(" ".join(map(str, message.arguments[1:])) or "Live does not let the arrangement be read")
        if message.address == TOLD:
            count = _take(message.arguments[1:], found)
    return count


def _message(data: bytes | None) -> OscMessage | None:
    try:
        return None if data is None else read_osc(data)
    except FileFormatError:  # another program's packet, or half of one
        return None


def _take(values: Page, found: dict[int, Page]) -> int:
    if len(values) < 3:
        _unlike()
    place, count = (int(number(value)) for value in values[:2])
    if not 0 <= place < count <= _MOST_PAGES:
        _unlike()
    found[place] = values[2:]
    return count
