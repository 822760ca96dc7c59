"""The desk: stems one after the other into the mix and the reverb send, so that memory does not grow with them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bandmate.audio.signal import Samples, gain_from_db
from bandmate.rendering.ducking import Ducking, duck, ducked_share, kick_onsets
from bandmate.rendering.envelopes import BLOCK
from bandmate.rendering.finish import NO_GRIT, Grit, roughen
from bandmate.rendering.loudness import quick_lufs
from bandmate.rendering.performance import Curve, Part
from bandmate.rendering.reverb import Echo, Room, fold, repeat, reverberate
from bandmate.rendering.sampler import Player

_PIECE = 512 * BLOCK
MOST_LIFT_DB = 24.0  # a nearly silent track is not blown up into noise
ECHO_TO_ROOM = 0.3
FADE_SEC = 0.5  # at the very end of a song, where something may still ring


@dataclass(frozen=True, slots=True)
class TrackMix:
    """How one track stands in the mix.

    Attributes:
        level_lufs: loudness its stem is brought to before `gain_db`; None = as it was played.
        grit: what the track goes through as a whole. echo: share sent to the echo, 0..1.
        floor: amplitude it has while a kick strikes; 1 = it never steps back.
        gain_db: level. pan: -1 left .. 1 right, on top of the track's own pan.
        reverb: share sent to the room, 0..1; None = as the track's controller 91 says.
    """

    gain_db: float = 0.0
    pan: float = 0.0
    reverb: float | None = None
    level_lufs: float | None = None
    grit: Grit = NO_GRIT
    echo: float = 0.0
    floor: float = 1.0


@dataclass(frozen=True, slots=True)
class Length:
    """How long everything is, in samples: `total` is written, `played` is rendered (more for a loop's tails)."""

    total: int
    played: int
    loop: bool = False


@dataclass(slots=True, eq=False)
class Desk:
    """Takes stems in, gives the sum and the room's return.

    Attributes:
        room, echo: what returns; the echo goes into the room as well. beat_sec: a quarter note.
        ducking: how tracks step back for the kick.
        dry: sum of the stems so far. send: what goes to the room. echo_send: what goes to the echo.
    """

    length: Length
    rate: int
    room: Room = field(default_factory=Room)
    echo: Echo | None = None
    beat_sec: float = 0.5
    ducking: Ducking = field(default_factory=Ducking)
    dry: Samples = field(init=False)
    send: Samples = field(init=False)
    echo_send: Samples = field(init=False)

    def __post_init__(self) -> None:
        self.dry = np.zeros((2, self.length.total), np.float32)
        self.send = np.zeros((2, self.length.total), np.float32)
        self.echo_send = np.zeros((2, self.length.total if self.echo else 0), np.float32)

    def stems(
        self, player: Player, parts: tuple[Part, ...], mixes: Mapping[int, TrackMix]
    ) -> Iterator[tuple[Part, Samples]]:
        """Play each part, add it to the sum and the send, and hand it out; it lasts until the next one is asked for."""
        room = np.empty((2, self.length.played), np.float32)
        down = self._ducked(parts) if any(mix.floor < 1.0 for mix in mixes.values()) else None
        for part in parts:
            mix = mixes.get(part.track, TrackMix())
            stem = player.play(part, room)
            roughen(stem, mix.grit, self.rate)
            if self.length.loop:
                stem = fold(stem, self.length.total)
            else:
                _fade(stem, self.rate)
            if down is not None and mix.floor < 1.0 and not part.is_drum:
                duck(stem, down, mix.floor)
            _place(stem, mix, self.rate)
            self._add(stem, part, mix)
            yield part, stem

    def _ducked(self, parts: tuple[Part, ...]) -> NDArray[np.float64] | None:
        """How far tracks step back at every boundary of blocks; None without a kick."""
        kicks = kick_onsets(parts)
        if not len(kicks):
            return None
        total_sec = self.length.total / self.rate
        if self.length.loop:
            kicks = np.concatenate([kicks - total_sec, kicks, kicks + total_sec])
        times = np.arange(-(-self.length.total // BLOCK) + 1) * (BLOCK / self.rate)
        return ducked_share(times, kicks, self.ducking.beats * self.beat_sec)

    def _add(self, stem: Samples, part: Part, mix: TrackMix) -> None:
        share = _reverb_share(part, mix, self.length.total / self.rate)
        for start in range(0, stem.shape[1], _PIECE):
            piece = stem[:, start : start + _PIECE]
            self.dry[:, start : start + _PIECE] += piece
            if self.echo and mix.echo > 0:
                self.echo_send[:, start : start + _PIECE] += piece * np.float32(mix.echo)
            if not isinstance(share, Curve):
                if share > 0:
                    self.send[:, start : start + _PIECE] += piece * np.float32(share)
                continue
            blocks = np.arange(start, start + piece.shape[1], BLOCK) / self.rate
            shares = np.repeat(share.at(blocks).astype(np.float32) / np.float32(127.0), BLOCK)
            self.send[:, start : start + _PIECE] += piece * shares[: piece.shape[1]]

    def reverb_return(self) -> Samples:
        """What room and echo give back; float32 (2, total). The sends are used up by it."""
        send, self.send = self.send, np.zeros((2, 0), np.float32)
        sent, self.echo_send = self.echo_send, np.zeros((2, 0), np.float32)
        repeats = None
        if self.echo and sent.any():
            repeats = repeat(sent, self.rate, self.echo, self.beat_sec, around=self.length.loop)
            send += repeats * np.float32(ECHO_TO_ROOM)
        if not send.any():
            return send
        wet = reverberate(send, self.rate, self.room, around=self.length.loop)
        if repeats is not None:
            wet += repeats
        if not self.length.loop:
            _fade(wet, self.rate)
        return wet


def _reverb_share(part: Part, mix: TrackMix, span_sec: float) -> float | Curve:
    """What a part sends to the room: a share that stays, or controller 91 over time."""
    if mix.reverb is not None:
        return float(mix.reverb)
    value = part.curves["reverb"].between(0.0, span_sec)
    return part.curves["reverb"] if value is None else value / 127.0


def _place(stem: Samples, mix: TrackMix, rate: int) -> None:
    """Level and balance, in place; the balance is one of constant power, straight in the middle."""
    gain_db = mix.gain_db
    if mix.level_lufs is not None:
        measured = quick_lufs(stem, rate)
        gain_db += min(mix.level_lufs - measured, MOST_LIFT_DB) if math.isfinite(measured) else 0.0
    angle = (np.clip(mix.pan, -1.0, 1.0) + 1.0) * np.pi / 4.0
    sides = np.sqrt(2.0) * gain_from_db(gain_db) * np.array([[np.cos(angle)], [np.sin(angle)]])
    if not np.allclose(sides, 1.0):
        stem *= sides.astype(np.float32)


def _fade(samples: NDArray[np.float32], rate: int) -> None:
    count = min(round(FADE_SEC * rate), samples.shape[1])
    samples[:, samples.shape[1] - count :] *= np.cos(np.linspace(0.0, np.pi / 2.0, count, dtype=np.float32)) ** 2
