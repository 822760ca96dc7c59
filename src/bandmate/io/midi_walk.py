"""Where the events of a MIDI file begin: chunks found, event starts walked, columns gathered.

MIDI cannot be cut into events without reading it from the front, since an event's length hangs on what came before.
But almost all events are channel events, and *if* one began at a byte, its length would follow from the few bytes
there. So NumPy answers that question for every byte of a window at once, for both lengths a running status can ask
for, and a tight loop only follows the links; what is rare (meta, SysEx, ends, damage) takes the careful step in
Python. All columns are then gathered for the whole file at once.

Source: Standard MIDI Files 1.0 (RP-001). What real files get wrong is read where its meaning is sure: chunk lengths
that lie, a missing end of track, foreign chunks, junk before the header, data bytes above 127 (taken as 127), running
status carried over meta and SysEx events, a file that breaks off.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import counted
from bandmate.errors import FileFormatError
from bandmate.io.midi_chunks import MOST_TRACKS, Chunks, fault, find_header, next_track
from bandmate.limits import MIDI_NOTES

META, SYSEX, ESCAPE = 0xFF, 0xF0, 0xF7
END_OF_TRACK = 0x2F
MOST_EVENTS = int(MIDI_NOTES.high) * 4
MOST_TEXTS = 500_000
MOST_TICKS = 2**40
_WINDOW = 1 << 16
_LONGEST_NUMBER = 8  # bytes; the format allows four, and some programs pad with empty ones
_TAIL = 8  # no channel event with a delta of at most four bytes is longer than seven
_PAD = bytes(_TAIL + 1)
# Data bytes after a status byte; the system messages that no file should hold are listed so that they can be kept.
_DATA_BYTES = [0] * 128 + [2] * 64 + [1] * 32 + [2] * 16 + [0, 1, 2, 1] + [0] * 12
_IS_DATA = bytes([255] * 128 + [0] * 128)
_STATUS_2 = bytes(3 if _DATA_BYTES[byte] == 2 and byte < 0xF0 else 0 for byte in range(256))
_STATUS_1 = bytes(2 if _DATA_BYTES[byte] == 1 and byte < 0xF0 else 0 for byte in range(256))


@dataclass(slots=True)
class Events:
    """All events of a file, track after track, as columns (n,), and where each track begins among them."""

    ticks: NDArray[np.int64]
    status: NDArray[np.uint8]  # with channel
    data1: NDArray[np.uint8]
    data2: NDArray[np.uint8]
    bounds: NDArray[np.int64]  # (tracks + 1,)
    special: list[tuple[int, int, int, int, int]]  # event, status, meta type, payload from, payload to
    repairs: list[str]


@dataclass(slots=True)
class _Walker:
    """Follows the events of one file, window by window; `path` holds the event starts of the present window."""

    data: bytes
    name: str
    raw: NDArray[np.uint8]
    done: list[NDArray[np.int64]] = field(default_factory=list)
    count: int = 0
    special: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    long_deltas: list[tuple[int, int, int]] = field(default_factory=list)  # event, bytes beyond four, value
    base: int = 0
    size: int = 0
    lengths: dict[int, bytearray] = field(default_factory=dict)  # by running width, 2 or 1 data bytes
    path: list[int] = field(default_factory=list)
    wide_at: int = -1  # first data byte above 127 in this track
    cut_at: int = -1  # event that breaks off in this track
    lost_at: int = -1  # data byte before any status in this track
    foreign_at: int = -1  # status that no file may hold, in this track
    ended: bool = False  # the last event read is an end of track

    @property
    def is_sound(self) -> bool:
        """Whether the last track was all it should be."""
        return self.ended and max(self.wide_at, self.cut_at, self.lost_at, self.foreign_at) < 0

    def forget(self, event: int) -> None:
        """Drop everything from an event on."""
        while self.count > event:
            self.count -= len(self.done.pop())
        self.special = [special for special in self.special if special[0] < event]
        self.long_deltas = [long for long in self.long_deltas if long[0] < event]

    def flush(self) -> None:
        """Turn the path of the present window into positions in the file."""
        if self.path:
            self.done.append(np.array(self.path, np.int64) + self.base)
            self.count += len(self.path)
            self.path.clear()
        if self.count > MOST_EVENTS:
            raise FileFormatError(f"{self.name} holds more than {MOST_EVENTS} events; split it into smaller files")
        if len(self.special) > MOST_TEXTS:
            raise FileFormatError(f"{self.name} holds more than {MOST_TEXTS} meta and SysEx events; remove some")

    def load(self, at: int) -> None:
        """Measure the channel event that would begin at each byte of the window, under both running widths.

        `lengths[2][i]` is its length if the running status has two data bytes or a status of that kind stands there,
        `lengths[1][i]` the same with one; 0 where the careful step is due. All in bytes, so that it is nearly free.
        """
        self.flush()
        window = self.data[at : at + _WINDOW] + _PAD
        self.base, size = at, len(window) - len(_PAD)
        self.size = size
        low = np.frombuffer(window.translate(_IS_DATA), np.uint8)  # 255 = a data byte, 0 = a status
        two = np.frombuffer(window.translate(_STATUS_2), np.uint8)[:-2] & low[2:]
        two |= low[:-2] & 2
        two &= low[1:-1]
        one = np.frombuffer(window.translate(_STATUS_1), np.uint8)[:-2] & low[1:-1]
        one |= low[:-2] & 1
        ends = []  # where the wait ends after 1, 2, 3, 4 bytes
        open_ = np.full(size, 255, np.uint8)
        for byte in range(4):
            ends.append(open_ & low[byte : size + byte])
            open_ &= ~low[byte : size + byte]
        wait = (ends[0] & 1) | (ends[1] & 2) | (ends[2] & 3) | (ends[3] & 4)
        for width, rest in ((2, two), (1, one)):
            total = ends[0] & rest[1 : size + 1]
            for byte in (1, 2, 3):
                total |= ends[byte] & rest[byte + 1 : size + byte + 1]
            total += wait & -(total > 0).view(np.uint8)
            total[max(0, size - _TAIL) :] = 0  # so that no event leaves the window
            self.lengths[width] = bytearray(total.tobytes())

    def walk(self, start: int, stop: int, closed: bool) -> int:
        """Walk one track from its first byte; gives the byte after its last event.

        Args:
            start: its first byte.
            stop: its end, at most the end of the file.
            closed: whether the track surely ends at `stop`; else the first end of track event ends it.
        """
        self.wide_at = self.cut_at = self.lost_at = self.foreign_at = -1
        self.ended = False
        at, width = start, 0
        self._bar_tail(stop)
        while at < stop:
            if not self.base <= at < self.base + self.size:
                self.load(at)
                self._bar_tail(stop)
            local = at - self.base
            if width:
                local, width = self._run(local, width)
            at, width = self._step(self.base + local, stop, width)
            if at < 0 or (self.ended and not closed):
                break
        return at

    def _run(self, at: int, width: int) -> tuple[int, int]:
        """Follow channel events as far as they can be trusted; gives where the careful step is due."""
        append, data, base = self.path.append, self.data, self.base
        while True:
            lengths = self.lengths[width]
            while length := lengths[at]:
                append(at)
                at += length
            # A status of the other width: it stands before its data bytes, where a wait's last byte is below 128.
            length = self.lengths[3 - width][at]
            if not length or data[base + at + length - 4 + width] < 0x80:
                return at, width
            append(at)
            at += length
            width = 3 - width

    def _bar_tail(self, stop: int) -> None:
        """Let nothing be trusted that could reach over the track's end."""
        low, high = max(0, stop - _TAIL - self.base), min(self.size, stop - self.base)
        if low < high:
            for lengths in self.lengths.values():
                lengths[low:high] = bytes(high - low)

    def _step(self, start: int, stop: int, width: int) -> tuple[int, int]:
        """Read one event with every check: the byte after it, and the new running width."""
        data, at, self.ended = self.data, start, False
        event = self.count + len(self.path)
        delta, at = self._number(at, stop)
        if at >= stop:
            return self._cut(start)
        long_by = at - start - 4
        status = data[at]
        if status >= 0xF0:
            return self._special(start, stop, width, at, long_by, delta)
        if status >= 0x80:
            at += 1
            width = _DATA_BYTES[status]
        elif not width:
            self.lost_at = at
            return -1, 0
        if at + width > stop:
            return self._cut(start)
        if self.wide_at < 0 and (data[at] > 127 or data[at + width - 1] > 127):
            self.wide_at = at if data[at] > 127 else at + 1
        if long_by > 0:
            self.long_deltas.append((event, long_by, self._checked(delta, start)))
        self.path.append(start - self.base)
        return at + width, width

    def _special(self, start: int, stop: int, width: int, at: int, long_by: int, delta: int) -> tuple[int, int]:
        data, status, kind = self.data, self.data[at], 0
        at += 1
        if status == META:
            if at >= stop:
                return self._cut(start)
            kind = data[at]
            at += 1
        if status in (META, SYSEX, ESCAPE):
            length, at = self._number(at, stop)
        else:
            length = _DATA_BYTES[status]
            self.foreign_at = start
        if at + length > stop:
            return self._cut(start)
        event = self.count + len(self.path)
        if long_by > 0:
            self.long_deltas.append((event, long_by, self._checked(delta, start)))
        self.special.append((event, status, kind, at, at + length))
        self.path.append(start - self.base)
        self.ended = status == META and kind == END_OF_TRACK
        return at + length, width

    def _number(self, at: int, stop: int) -> tuple[int, int]:
        """A number of seven bits a byte, and the byte after it, which is past `stop` if the number breaks off."""
        data, value = self.data, 0
        last = min(stop, at + _LONGEST_NUMBER)
        for place in range(at, last):
            value = value << 7 | data[place] & 0x7F
            if data[place] < 0x80:
                return value, place + 1
        if last < stop:
            raise fault(self.name, at, f"a number of more than {_LONGEST_NUMBER} bytes")
        return value, stop + 1

    def _cut(self, start: int) -> tuple[int, int]:
        self.cut_at = start
        return -1, 0

    def _checked(self, delta: int, at: int) -> int:
        if delta > MOST_TICKS:
            raise fault(self.name, at, f"a wait of {delta} ticks")
        return delta


def read_events(data: bytes, name: str) -> tuple[Chunks, Events]:
    """Cut a file into its events.

    Args:
        data: the whole file.
        name: what messages call it.

    Raises:
        FileFormatError: no MIDI file, or so damaged that its music is not sure; the message names the byte offset,
            what is there and the cure.
    """
    header = find_header(data, name)
    walker = _Walker(data, name, np.frombuffer(data + _PAD, np.uint8))
    bounds, at = [0], header.first
    for _ in range(MOST_TRACKS):
        track = next_track(data, at, header.repairs)
        if track is None:
            found = len(bounds) - 1
            if header.tracks and not found:
                raise fault(name, min(at, len(data)), "where a track chunk (MTrk) is due and none follows")
            if found < header.tracks:
                promised = f"{counted(header.tracks, 'track')} {'is' if header.tracks == 1 else 'are'} promised"
                header.repairs.append(f"{promised}, {found} {'is' if found == 1 else 'are'} there")
            return header, _gather(walker, np.array(bounds, np.int64), header.repairs)
        start, stop, closed = track
        after = walker.walk(start, stop, closed)
        walker.flush()
        at = stop if closed or after < 0 else after
        if len(bounds) > header.tracks and not walker.is_sound:
            # Some programs keep their own data in track chunks that the header does not count.
            walker.forget(bounds[-1])
            header.repairs.append(f"a track chunk at byte {start - 8}, past the number of tracks, was skipped")
            continue
        _judge(walker, len(bounds), header.repairs)
        if not closed and not walker.ended and walker.cut_at < 0:
            header.repairs.append(f"track {len(bounds)} is without an end; the file may be cut off there")
        bounds.append(walker.count)
    raise FileFormatError(f"{name} holds more than {MOST_TRACKS} tracks; merge some of them")


def _judge(walker: _Walker, track: int, repairs: list[str]) -> None:
    """Say whether what a track gave can be trusted."""
    if walker.lost_at >= 0:
        raise fault(walker.name, walker.lost_at, f"data without a status, in track {track}")
    if walker.wide_at >= 0 and (walker.cut_at >= 0 or walker.foreign_at >= 0):
        raise fault(walker.name, walker.wide_at, f"{walker.data[walker.wide_at]}, where a value to 127 is due")
    if walker.wide_at >= 0:
        repairs.append(f"values above 127 read as 127, first at byte {walker.wide_at} in track {track}")
    if walker.cut_at >= 0:
        repairs.append(f"track {track} breaks off at byte {walker.cut_at}")


def _gather(walker: _Walker, bounds: NDArray[np.int64], repairs: list[str]) -> Events:
    raw = walker.raw
    at = np.concatenate([np.zeros(0, np.int64), *walker.done])
    walker.done.clear()
    delta = (raw[at] & 0x7F).astype(np.int64)
    more = np.flatnonzero(raw[at] >= 0x80)
    for _ in range(3):
        at[more] += 1
        byte = raw[at[more]]
        delta[more] = delta[more] << 7 | byte & 0x7F
        more = more[byte >= 0x80]
    for event, long_by, value in walker.long_deltas:
        at[event] += long_by
        delta[event] = value
    at += 1
    status = raw[at]
    own = (status >= 0x80) & (status < 0xF0)
    system = status >= 0xF0
    in_force = np.maximum.accumulate(np.where(own, np.arange(len(at)), 0)) if len(at) else np.zeros(0, np.int64)
    at += own | system
    status = np.where(system, status, status[in_force])
    data1, data2 = np.minimum(raw[at], 127), np.minimum(raw[np.minimum(at + 1, len(raw) - 1)], 127)
    data2[(status >= 0xC0) & (status < 0xE0)] = 0
    ticks = np.cumsum(delta)
    before = np.append(0, ticks)[bounds[:-1]]
    ticks -= np.repeat(before, np.diff(bounds))
    if len(ticks) and ticks.max() > MOST_TICKS:
        raise FileFormatError(
            f"{walker.name} reaches tick {ticks.max()}, past any piece of music; its waits are damaged"
        )
    return Events(ticks, status, data1, data2, bounds, walker.special, repairs)
