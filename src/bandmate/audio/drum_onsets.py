"""Drum strokes in sound: when kick, snare, hat, tom and cymbal are struck, and how hard, by the project's drum ear."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bandmate.audio.networks import FOLDER, open_network
from bandmate.audio.spectrum import FRAME_RATE, HOP, RATE, Mono, mel_bands

# General MIDI keys that are one drum to the ear; the first is what is written.
DRUM_KEYS: dict[str, tuple[int, ...]] = {
    "kick": (36, 35),
    "snare": (38, 40, 37, 39),
    "hat": (42, 44, 46),
    "tom": (45, 41, 43, 47, 48, 50),
    "cymbal": (49, 51, 52, 53, 55, 57, 59),
}
DRUMS = tuple(DRUM_KEYS)
LEVEL = 50.0  # log(1 + LEVEL * mel): quiet strokes are seen, noise is not
_NEAREST_SEC = 0.03  # strokes of one drum are no closer
_CHUNK, _EDGE = 3000, 40  # frames given to the network at once, and those of a neighbour it sees


@dataclass(frozen=True, slots=True)
class Stroke:
    """One stroke: when in seconds, which of DRUMS, how hard (0..1 of the clip's strongest) and how sure (0..1)."""

    time_sec: float
    drum: str
    strength: float
    sure: float


def drum_picture(mono: Mono) -> NDArray[np.float32]:
    """What the network sees: log mel bands of the sound at full level; float32 (frames, bands)."""
    loudest = float(np.abs(mono).max()) if len(mono) else 0.0
    bands = mel_bands(mono / np.float32(loudest) if loudest > 0 else mono)
    return np.log1p(np.float32(LEVEL) * bands).astype(np.float32)


def drum_likelihoods(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """How likely each drum is struck in each frame; float32 (frames, drums)."""
    network, parts = open_network("drums"), []
    for start in range(0, len(picture), _CHUNK):
        first, last = max(0, start - _EDGE), min(len(picture), start + _CHUNK + _EDGE)
        logits = network.run(None, {"mel": picture[None, None, first:last]})[0][0]
        parts.append(logits[:, start - first : start - first + _CHUNK].T)
    return np.asarray(1.0 / (1.0 + np.exp(-np.concatenate(parts))), np.float32)


@cache
def thresholds() -> tuple[float, ...]:
    """From which likelihood on each drum counts as struck, as the network's card says."""
    card = json.loads((FOLDER / "drums.json").read_text(encoding="utf-8"))
    return tuple(map(float, card["thresholds"]))


def pick_strokes(likely: NDArray[np.float32], thresholds: tuple[float, ...]) -> list[tuple[float, int, float]]:
    """(seconds, drum, likelihood) of every peak over its drum's threshold, by time."""
    apart, found = round(_NEAREST_SEC * FRAME_RATE), []
    for drum, threshold in enumerate(thresholds):
        curve, last = likely[:, drum], -apart
        peaks = np.flatnonzero((curve >= threshold) & (curve >= np.roll(curve, 1)) & (curve > np.roll(curve, -1)))
        for peak in peaks:
            if peak - last >= apart:
                found.append((float(peak / FRAME_RATE), drum, float(curve[peak])))
                last = peak
    return sorted(found)


def drum_strokes(mono: Mono, likely: NDArray[np.float32] | None = None) -> tuple[Stroke, ...]:
    """All strokes of a sound, by time; empty for silence.

    Args:
        mono: at spectrum.RATE.
        likely: its `drum_likelihoods`; worked out if not given.
    """
    if not len(mono) or not np.abs(mono).max() > 0:
        return ()
    found = pick_strokes(drum_likelihoods(drum_picture(mono)) if likely is None else likely, thresholds())
    strengths = [_strength(mono, time_sec) for time_sec, _, _ in found]
    loudest = {drum: max((s for s, (_, d, _) in zip(strengths, found, strict=True) if d == drum), default=1.0)
               for drum in range(len(DRUMS))}  # fmt: skip
    return tuple(
        Stroke(time_sec, DRUMS[drum], min(1.0, strength / max(loudest[drum], 1e-9)), sure)
        for strength, (time_sec, drum, sure) in zip(strengths, found, strict=True)
    )


def _strength(mono: Mono, time_sec: float) -> float:
    """Peak level in the 40 ms from a stroke on."""
    at = max(0, round(time_sec * RATE) - HOP)
    return float(np.abs(mono[at : at + 4 * HOP]).max(initial=0.0))
