"""The Max for Live device as far as the wire shows it when it is asked for the loop brace.

Its script, `bandmate-brace.js`, tells the same of the same set: a test holds one against the other. It has never been
beside a real Live.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes.abletonosc import TICK_SEC, Clip, Song

from bandmate.io.osc import osc_bytes, read_osc

NOTES_ON_PAGE = 32
DRUM_DEVICES = {"DrumGroupDevice", "InstrumentImpulse"}


class DeviceFake:
    """Takes packets, gives pages back.

    Args:
        song: the set, which `AbletonOsc` may show at the same time.
        fault: what it says instead of pages; on: is called with the count of pages told before each.
    """

    def __init__(self, song: Song, fault: str = "", on: Callable[[int], None] = lambda told: None) -> None:
        self.song, self.fault, self.on = song, fault, on
        self.waiting: list[bytes] = []
        self.gone = False
        self.answers_at = 0
        self.longest = 0
        self.told = 0
        self._readings: dict[int, list[tuple]] = {}

    def tick(self, seconds: float = TICK_SEC) -> list[bytes]:
        """One tick: what it sends."""
        waiting, self.waiting = self.waiting, []
        answers = [self._page(*read_osc(data).arguments) for data in waiting if not self.gone]
        self.longest = max([self.longest, *map(len, answers)])
        return [answer for answer in answers if answer]

    def _page(self, function: str, number: int, port: int, place: int) -> bytes:
        assert function == "page"
        self.on(self.told)
        self.told += 1
        self.answers_at = port
        if self.fault:
            return osc_bytes("/bandmate/deaf", number, self.fault)
        if number not in self._readings:
            self._readings[number] = pages_of(self.song)
        pages = self._readings[number]
        return osc_bytes("/bandmate/brace", number, place, len(pages), *pages[place]) if place < len(pages) else b""


def pages_of(song: Song) -> list[tuple]:
    """All pages of what lies under the brace."""
    first, last = song.loop_start, song.loop_start + song.loop_length
    pages: list[tuple] = [("song", song.tempo, song.signature_numerator, song.signature_denominator, song.root_note,
                           song.scale_name, first, song.loop_length)]  # fmt: skip
    for index, track in enumerate(song.tracks):
        for start, end, clip in track.arrangement:
            if start < last and end > first and not clip.muted:
                drums = int(bool(DRUM_DEVICES & set(track.devices)))
                pages.append(("clip", index, track.name, drums, int(clip.is_midi_clip), int(clip.looping), start, end,
                              clip.loop_start, clip.loop_end, clip.start_marker))  # fmt: skip
                pages += _notes(clip, first - start, song.loop_length)
    return pages


def _notes(clip: Clip, at: float, span: float) -> list[tuple]:
    if not clip.is_midi_clip:
        return []
    low = clip.loop_start if clip.looping else clip.loop_start + at
    high = clip.loop_end if clip.looping else low + span
    inside = [
        value
        for pitch, start, length, velocity, mute in clip.notes
        if clip.loop_start <= start < clip.loop_end and not mute and start < high and start + length > low
        for value in (pitch, start, length, velocity)
    ]
    step = 4 * NOTES_ON_PAGE
    return [("notes", *inside[place : place + step]) for place in range(0, len(inside), step)]
