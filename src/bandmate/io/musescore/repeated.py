"""Bars of a MuseScore staff that hold a sign (`%`) instead of notes: the notes of the bars that they repeat."""

from __future__ import annotations

from dataclasses import replace

from bandmate.errors import FileFormatError
from bandmate.io.musescore.tables import NAMED
from bandmate.io.musescore.voices import Voices
from bandmate.io.parts import Sound
from bandmate.io.safe_xml import Element, as_number
from bandmate.limits import MIDI_NOTES

_MOST_BARS = 4  # that one sign repeats


class RepeatedBars:
    """Writes out repeated bars as their staff is walked.

    Args:
        voices: of the staff.
    """

    def __init__(self, voices: Voices) -> None:
        self._voices = voices
        self._bars: list[tuple[int, list[Sound]]] = []  # length and sounds of each bar so far
        self._signs: dict[int, tuple[int, str]] = {}  # bar -> how far back its notes are, name of the sign
        self._seen = 0  # sounds of the bars so far

    def sign(self, element: Element, number: int) -> None:
        """Take in a sign; since MuseScore 4 it may be one for two or four bars."""
        bars = int(min(max(1, as_number(element.findtext("subtype"), 1)), _MOST_BARS))
        here = self._voices.cursor.bar
        self._signs |= {here + after: (bars, NAMED[element.tag]) for after in range(bars)}
        self._voices.rest(element, number, fills_bar=True)

    def end_bar(self, length: int) -> None:
        """A bar is read: if a sign stands for its notes, they are those of a bar before.

        Raises:
            FileFormatError: more notes than a file may have come of it.
        """
        sounds, bar = self._voices.sounds, len(self._bars)
        back, name = self._signs.pop(bar, (0, ""))
        if back and all(sound.pitch is None for sound in sounds[self._seen :]):
            long, repeated = self._bars[bar - back] if back <= bar else (0, [])
            if long == length and any(sound.pitch is not None for sound in repeated):
                sounds[self._seen :] = [_again(sound, bar, length) for sound in repeated]
            else:
                self._voices.left_out[name] += 1
        if len(sounds) > MIDI_NOTES.high:
            raise FileFormatError(f"{self._voices.where()} passes {MIDI_NOTES.high:,.0f} notes; split the file")
        self._bars.append((length, sounds[self._seen :]))
        self._seen = len(sounds)


def _again(sound: Sound, bar: int, length: int) -> Sound:
    """The sound in another bar; what goes on from the bar before, or into the next, it does not take along."""
    goes_on = sound.place + sound.duration >= length
    return replace(
        sound, bar=bar, lyrics=[], slurs=[],
        tie_start=sound.tie_start and not goes_on, tie_stop=sound.tie_stop and sound.place > 0,
    )  # fmt: skip
