"""Notes of a clip, read and written in pages: no packet grows too long, and what was written is read again.

AbletonOSC does not say which window of a clip an answer belongs to, and an answer may be late. So all that is read is
read until two answers in a row agree, and notes outside the window asked for make an answer void.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from bandmate.errors import LiveError
from bandmate.io.live.client import LiveClient, LiveRefused, LiveSilent, Question
from bandmate.io.live.view import number, value_in
from bandmate.io.osc import Argument

T = TypeVar("T")
MOST_IN_PACKET = 100  # about 2 kB; macOS carries no packet of more than 9216 bytes
SMALLEST_WINDOW = 1 / 16
CLOSE = 1e-3  # quarters; places travel as 32-bit floats
ALL_KEYS = (0, 128)  # left out, AbletonOSC asks for 127 keys and misses the highest
_AGREE_TRIES = 6
_TOO_LONG = ("too long", "10040", "message size")  # as macOS, Windows and Linux say it


class LiveNote(NamedTuple):
    """A note of a clip: place and length in quarter notes of the clip's own time."""

    start: float
    pitch: int
    length: float
    velocity: float
    muted: bool = False

    def near(self, other: LiveNote) -> bool:
        """Whether both are the same as far as packets can tell."""
        return (
            self.pitch == other.pitch and self.muted == other.muted and abs(self.start - other.start) < CLOSE
            and abs(self.length - other.length) < CLOSE and abs(self.velocity - other.velocity) < 0.5
        )  # fmt: skip


class ClipGone(LiveError):  # noqa: N818  an event, not a fault
    """The clip was deleted meanwhile."""


def same_notes(first: Sequence[LiveNote], second: Sequence[LiveNote]) -> bool:
    """Whether two lists hold the same notes, in any order."""
    return len(first) == len(second) and all(
        one.near(other) for one, other in zip(_in_order(first), _in_order(second), strict=True)
    )


def _in_order(notes: Sequence[LiveNote]) -> list[LiveNote]:
    return sorted(notes, key=lambda note: (note.pitch, note.start))


def playable(notes: Sequence[LiveNote], quarters: float) -> list[LiveNote]:
    """The notes as Live keeps them: inside the clip, and of one key never two at once.

    Live cuts a note short where another of its key begins and keeps one of two that begin together; so does this, so
    that what was written can be compared with what is there.
    """
    kept: list[LiveNote] = []
    last: dict[int, int] = {}  # place of the newest note of each key
    for note in sorted(notes, key=lambda one: (one.start, one.pitch, -one.velocity)):
        if not -CLOSE <= note.start < quarters - CLOSE:
            continue
        made = note._replace(start=max(0.0, note.start), length=min(note.length, quarters - max(0.0, note.start)))
        before = last.get(note.pitch)
        if before is not None and made.start - kept[before].start < 2 * CLOSE:
            continue
        if before is not None and kept[before].start + kept[before].length > made.start:
            kept[before] = kept[before]._replace(length=made.start - kept[before].start)
        last[note.pitch] = len(kept)
        kept.append(made)
    return kept


def read_notes(client: LiveClient, track: int, scene: int, start: float, end: float) -> list[LiveNote]:
    """The notes that begin in [start, end) of a clip.

    Raises:
        ClipGone: there is no clip in that slot. LiveError: Live does not answer.
    """
    found: list[LiveNote] = []
    windows = [(start, end - start)]
    while windows:
        at, span = windows.pop()
        notes = _window(client, track, scene, at, span)
        if notes is None:
            windows += [(at + span / 2, span / 2), (at, span / 2)]
        else:
            found += notes
    return sorted(found)


def _window(client: LiveClient, track: int, scene: int, start: float, span: float) -> list[LiveNote] | None:
    """One window, read until two answers agree; None where the answer is too long for one packet."""
    before: list[LiveNote] | None = None
    for _ in range(_AGREE_TRIES):
        try:
            now = _once(client, track, scene, start, span)
        except LiveRefused as error:
            if any(word in error.said.lower() for word in _TOO_LONG) and span > SMALLEST_WINDOW:
                return None
            raise
        except LiveSilent:
            # an answer that is too long for the system may vanish without a word; if Live is there, ask for less
            if span <= SMALLEST_WINDOW:
                raise
            client.ask("/live/test", keys=0)
            return None
        if now is not None and before is not None and same_notes(now, before):
            return now
        before = now
    raise LiveError(f"{place_of(track, scene)} changes while it is read; stop editing or recording it, then try again")


def _once(client: LiveClient, track: int, scene: int, start: float, span: float) -> list[LiveNote] | None:
    question = Question("/live/clip/get/notes", (track, scene, *ALL_KEYS, float(start), float(span)), 2)
    values = if_there(client, track, scene, lambda: client.ask(question.address, *question.arguments, keys=2))
    if len(values) % 5:
        return None
    notes = [_note(values[i : i + 5]) for i in range(0, len(values), 5)]
    return notes if all(start - CLOSE <= note.start < start + span + CLOSE for note in notes) else None


def _note(row: tuple[Argument, ...]) -> LiveNote:
    pitch, start, length, velocity, muted = row
    return LiveNote(number(start), int(number(pitch)), number(length), number(velocity), bool(muted))


def if_there(client: LiveClient, track: int, scene: int, ask: Callable[[], T]) -> T:
    """What a question about a clip gives; where it is refused, the reason is looked for.

    Raises:
        ClipGone: there is no clip. LiveError: as the question.
    """
    try:
        return ask()
    except LiveRefused as error:
        if any(word in error.said.lower() for word in _TOO_LONG):
            raise
        try:
            there = value_in(client.ask("/live/clip_slot/get/has_clip", track, scene))
        except LiveRefused:
            there = False  # not even the slot is left
        if not there:
            raise ClipGone(f"the clip in {place_of(track, scene)} was deleted meanwhile") from error
        raise


def place_of(track: int, scene: int) -> str:
    """A slot in words, counted from 1."""
    return f"track {track + 1}, scene {scene + 1}"


def write_notes(
    client: LiveClient, track: int, scene: int, notes: Sequence[LiveNote], quarters: float,
    *, at: float = 0.0, on_page: Callable[[int], None] = lambda count: None,
) -> None:  # fmt: skip
    """Make the notes of a stretch of a clip exactly these, page by page, and read all of it again.

    Args:
        client: speaks with Live.
        track: of the slot, which holds a MIDI clip.
        scene: of the slot.
        notes: as `playable` gives them, from 0.
        quarters: length of the stretch.
        at: where the stretch begins in the clip's own time.
        on_page: gets how many notes are known to be right.

    Raises:
        ClipGone: the clip was deleted meanwhile. LiveSilent: Live went away. LiveError: Live keeps other notes.
    """
    placed = [note._replace(start=_as_sent(note.start + at)) for note in notes]
    pages = list(_pages(placed, at, at + quarters))
    for _ in range(client.patience.tries):
        right = 0
        for start, end, page in pages:
            _write_page(client, track, scene, page, start, end)
            right += len(page)
            on_page(right)
        client.drain(client.patience.settle_sec)  # an order that was doubled on its way may still come in
        if all(same_notes(read_notes(client, track, scene, start, end), page) for start, end, page in pages):
            return
    raise LiveError(
        f"{place_of(track, scene)} holds other notes than were written; is somebody editing or recording it?"
    )


def _as_sent(value: float) -> float:
    """A number as a packet carries it, so that a note lies on the same side of a page's edge here and in Live."""
    return struct.unpack(">f", struct.pack(">f", value))[0]


def _pages(notes: Sequence[LiveNote], start: float, end: float) -> Iterator[tuple[float, float, list[LiveNote]]]:
    """Stretches on whole quarters, halves, ... with few enough notes for one packet each; none is left out."""
    inside = [note for note in notes if start <= note.start < end]
    if len(inside) <= MOST_IN_PACKET or end - start <= SMALLEST_WINDOW:
        yield start, end, inside
        return
    middle = start + (math.ceil((end - start) / 2) if end - start > 1 else (end - start) / 2)
    yield from _pages(inside, start, middle)
    yield from _pages(inside, middle, end)


def _write_page(client: LiveClient, track: int, scene: int, page: list[LiveNote], start: float, end: float) -> None:
    for attempt in range(client.patience.tries):
        there = read_notes(client, track, scene, start, end)
        if same_notes(there, page):
            return
        client.resent += 1 if attempt else 0
        if there:
            client.tell("/live/clip/remove/notes", track, scene, *ALL_KEYS, float(start), float(end - start))
        for first in range(0, len(page), MOST_IN_PACKET):
            rows = [
                value
                for note in page[first : first + MOST_IN_PACKET]
                for value in (note.pitch, float(note.start), float(note.length), round(note.velocity), note.muted)
            ]
            client.tell("/live/clip/add/notes", track, scene, *rows)
    raise LiveError(f"Live does not keep the notes that are written to {place_of(track, scene)}; try again")
