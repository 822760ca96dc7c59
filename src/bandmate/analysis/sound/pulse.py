"""The pulse of sound: curves that rise where something begins, and how strongly each repeats at a given rate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bandmate.audio.note_onsets import LOWEST, NOTE_FRAME_RATE, NotePicture
from bandmate.audio.spectrum import FRAME_RATE

Floats = NDArray[np.float64]
CURVES = ("change", "kick", "snare", "hat", "notes", "bass", "harmony")
_POINTS = 1 << 18  # of the padded transform: 0.0004 Hz apart; 43 minutes
_BASS_BELOW = 50  # MIDI key
_EDGES = (0, 10, 32, 64)  # mel bands of low, middle and high change
_AROUND_SEC = 0.4  # of the local mean that is taken off
_HARMONY_SEC = 0.4


@dataclass(frozen=True, eq=False)
class Pulse:
    """CURVES by row, float (curves, frames) at FRAME_RATE, each 0 or more with mean 1 (or all 0)."""

    curves: Floats

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.curves.shape[1] / FRAME_RATE

    @cached_property
    def _spectra(self) -> Floats:
        centred = self.curves - self.curves.mean(axis=1, keepdims=True)
        return np.abs(np.fft.rfft(centred, _POINTS, axis=1)) / self.curves.shape[1]

    def strength(self, hz: Floats | float) -> Floats:
        """How strongly each curve repeats at rates, 0 = not at all; float (curves, n)."""
        place = np.atleast_1d(hz) * (_POINTS / FRAME_RATE)
        low = np.clip(place.astype(int), 0, self._spectra.shape[1] - 2)
        share = np.clip(place - low, 0.0, 1.0)
        return self._spectra[:, low] * (1 - share) + self._spectra[:, low + 1] * share

    def part(self, start: int, end: int) -> Pulse:
        """Some of its frames."""
        return Pulse(_levelled(self.curves[:, start:end]))

    def at(self, times_sec: Floats) -> Floats:
        """The highest value within 20 ms of times; float (curves, n)."""
        frames = np.round(times_sec * FRAME_RATE).astype(int)
        inside = np.clip(frames[None, :] + np.arange(-2, 3)[:, None], 0, self.curves.shape[1] - 1)
        return self.curves[:, inside].max(axis=1)


def pulse_of(picture: NDArray[np.float32], drums: NDArray[np.float32], notes: NotePicture) -> Pulse:
    """Curves from what the ears see.

    Args:
        picture: `drum_onsets.drum_picture` of the sound.
        drums: its `drum_onsets.drum_likelihoods`.
        notes: its `note_onsets.note_picture`.
    """
    frames = len(picture)
    rows = [_change(picture), *(drums[:, :3].T.astype(float)), *_note_curves(notes, frames)]
    return Pulse(_levelled(np.stack(rows)))


def _levelled(curves: Floats) -> Floats:
    means = curves.mean(axis=1, keepdims=True)
    return np.where(means > 1e-6, curves / np.maximum(means, 1e-6), 0.0)


def _change(picture: NDArray[np.float32]) -> Floats:
    """Rising energy in three bands, each against its own spread and surroundings."""
    rise = np.maximum(0.0, np.diff(picture.astype(float), axis=0, prepend=picture[:1]))
    total, width = np.zeros(len(picture)), round(_AROUND_SEC * FRAME_RATE)
    for low, high in pairwise(_EDGES):
        band = rise[:, low:high].sum(axis=1)
        band /= band.std() + 1e-9
        total += np.maximum(0.0, band - np.convolve(band, np.ones(width) / width, mode="same"))
    return total


def _note_curves(notes: NotePicture, frames: int) -> list[Floats]:
    """Beginnings of notes, of bass notes, and change of harmony, at FRAME_RATE."""
    where = np.arange(frames) / FRAME_RATE * NOTE_FRAME_RATE
    index = np.arange(len(notes.onset))
    begins = notes.onset.astype(float) ** 2
    bass = begins[:, : _BASS_BELOW - LOWEST].sum(axis=1)
    curves = (begins.sum(axis=1), bass, _harmony_change(notes.sound))
    return [np.interp(where, index, curve) for curve in curves]


def _harmony_change(sound: NDArray[np.float32]) -> Floats:
    """How much the pitch classes after a frame differ from those before it."""
    folded = np.zeros((len(sound), 12))
    for pitch in range(sound.shape[1]):
        folded[:, (LOWEST + pitch) % 12] += np.maximum(0.0, sound[:, pitch] - 0.1)
    width = round(_HARMONY_SEC * NOTE_FRAME_RATE)
    total = np.concatenate([np.zeros((1, 12)), np.cumsum(folded, axis=0)])
    here = np.arange(len(folded))
    before = total[here] - total[np.maximum(here - width, 0)]
    after = total[np.minimum(here + width, len(folded))] - total[here]
    size = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    likeness = np.where(size > 1e-6, (before * after).sum(axis=1) / np.maximum(size, 1e-6), 1.0)
    change = np.maximum(0.0, 1.0 - likeness)
    peaks = (change >= np.roll(change, 1)) & (change > np.roll(change, -1))
    return np.where(peaks, change, 0.1 * change)
