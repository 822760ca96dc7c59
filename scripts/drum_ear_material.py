"""What the drum ear learns from and is measured on: drum playing on many kits, alone and inside a band, with its truth.

Playing is people's (Groove MIDI) and the groove book's; sounds are the project's own player's, and CC0 one-shots. Kits
named in HELD_OUT, every second one-shot, the drummers' test performances and the songs of the test split are never
trained on. Everything is mono at `spectrum.RATE`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from band_material import Band
from numpy.typing import NDArray

from bandmate.audio.drum_onsets import DRUM_KEYS
from bandmate.audio.signal import Signal, read_signal
from bandmate.audio.spectrum import RATE, Mono, to_mono
from bandmate.io.files import read
from bandmate.library.sources import groove_midi
from bandmate.rendering.kits import RATE as KIT_RATE
from bandmate.rendering.kits import STYLES, drum_sound, hit_level_cb
from bandmate.rendering.oneshots import drum_key
from bandmate.rendering.quick import quick_sound
from bandmate.score.model import Score, Track, make_notes
from bandmate.score.timeline import ticks_to_seconds

CLIP_SEC = 12.0
GROOVE_SEC = 14.0  # of a performance whose tempo is looked for
SOUNDFONT_KITS = (0, 8, 16, 32, 40)
HELD_OUT = ("sf16", "909", "linn", "dembow", "breaks")
_KEYS = (*range(35, 60), 62, 63, 64, 70, 75)
_LAYERS = (50, 85, 120)  # velocities a SoundFont kit is sampled at
_RING_SEC = 1.6
_CHOKED = 46

Hits = NDArray[np.float64]  # (n, 3): seconds, key, velocity
Kit = dict[int, list[tuple[int, Mono]]]  # key -> (velocity, sound)


@dataclass(frozen=True, slots=True, eq=False)
class DrumClip:
    """Sound and truth: `onsets[drum]` in seconds, for each of DRUM_KEYS."""

    mono: Mono
    onsets: dict[str, NDArray[np.float64]]
    kit: str
    mixed: bool


@cache
def soundfont_kit(program: int) -> Kit:
    """A kit of the shipped SoundFont, each key sampled at three velocities."""
    count = len(_KEYS) * len(_LAYERS)
    ticks = np.arange(count) * 960
    keys, velocities = np.repeat(_KEYS, len(_LAYERS)), np.tile(_LAYERS, len(_KEYS))
    notes = make_notes(ticks, 400, keys, velocities, channel=9)
    bpm = 60.0 * 2 / _RING_SEC
    tempo = np.array([(0, round(60e6 / bpm), 0, 0)], [("ticks", "<i8"), ("us_per_quarter", "<i8"), ("track", "<i4"),
                                                     ("order", "<i4")])  # fmt: skip
    score = Score((Track("kit", program, True, notes, role="drums"),), 480, tempos=tempo)
    mono = to_mono(quick_sound(score))
    kit: Kit = {}
    for index, (key, velocity) in enumerate(zip(keys, velocities, strict=True)):
        start = round(index * _RING_SEC * RATE)
        kit.setdefault(int(key), []).append((int(velocity), _faded(mono[start : start + round(_RING_SEC * RATE)])))
    return kit


@cache
def synthesised_kit(style: str) -> Kit:
    """One of the kits made from oscillators."""
    kit: Kit = {}
    for key in _KEYS:
        sound = drum_sound(style, key)
        if sound is not None:
            level = 10.0 ** (-hit_level_cb(key) / 200.0)
            mono = to_mono(Signal(np.atleast_2d(sound)[:1] * np.float32(level), KIT_RATE))
            kit[key] = [(127, _faded(mono[: round(2 * RATE)]))]
    return kit


def folder_kit(files: list[Path]) -> Kit:
    """One-shots told apart by their names; several files of one drum are several keys of it."""
    kit: Kit = {}
    for file in files:
        keys = _named_keys(file)
        free = next((key for key in keys if key not in kit), None)
        if free is not None:
            kit[free] = [(127, _one_shot(file) * np.float32(10.0 ** (-hit_level_cb(free) / 200.0)))]
    return kit


@cache
def _one_shot(file: Path) -> Mono:
    """A file from its onset on, at full level."""
    mono = to_mono(read_signal(file))[: round(2 * RATE)]
    loud = np.flatnonzero(np.abs(mono) > 0.02 * np.abs(mono).max())
    return _faded(mono[max(0, int(loud[0]) - 40) :] / np.abs(mono).max())


_SONIC_PI = (("bd_", (36, 35)), ("drum_bass", (36, 35)), ("drum_heavy_kick", (36,)), ("elec_soft_kick", (36,)),
             ("sn_", (38, 40)), ("drum_snare", (38, 40)), ("elec_hi_snare", (38,)), ("elec_mid_snare", (38,)),
             ("elec_lo_snare", (38,)), ("elec_filt_snare", (38,)), ("elec_snare", (38,)), ("perc_snap", (39,)),
             ("hat_", (42, 44)), ("drum_cymbal_closed", (42,)), ("drum_cymbal_pedal", (44,)),
             ("drum_cymbal_open", (46,)), ("drum_cymbal_", (49, 57)), ("drum_splash", (55,)), ("ride_", (51, 59)),
             ("drum_tom_lo", (43, 41)), ("drum_tom_mid", (47, 45)), ("drum_tom_hi", (50, 48)),
             ("drum_cowbell", (56,)))  # fmt: skip


def _named_keys(file: Path) -> tuple[int, ...]:
    if file.parent.name == "sonic_pi_cc0":
        return next((keys for start, keys in _SONIC_PI if file.stem.startswith(start)), ())
    return drum_key(file.stem)


def _faded(mono: Mono) -> Mono:
    mono = mono.copy()
    tail = min(len(mono), round(0.05 * RATE))
    mono[len(mono) - tail :] *= np.linspace(1, 0, tail, dtype=np.float32)
    return mono


def one_shots(data: Path, odd: bool) -> list[Path]:
    """Every second of the CC0 one-shots, of each drum."""
    files = sorted(file for file in (data / "samples/sonic_pi_cc0").glob("*.flac") if _named_keys(file))
    return files[int(odd) :: 2]


def kits(data: Path | None, held_out: bool) -> dict[str, Any]:
    """Names of kits and what makes each, given a random generator (a kit of one-shots is thrown together anew)."""
    names = {f"sf{program}": lambda rng, p=program: soundfont_kit(p) for program in SOUNDFONT_KITS}
    names |= {style: lambda rng, s=style: synthesised_kit(s) for style in STYLES if style != "chip"}
    names = {name: make for name, make in names.items() if (name in HELD_OUT) == held_out}
    if data is None:
        return names
    files = one_shots(data, held_out)
    for number in range(2 if held_out else 8):
        names[f"shots{number}"] = lambda rng: folder_kit([files[index] for index in rng.permutation(len(files))])
    if held_out:
        for folder in sorted((data / "samples/drum_machines_smpldsnds").iterdir()):
            if folder.is_dir() and folder.name not in ("Micro-Rhythmer-12", "TR-808"):
                names[folder.name] = lambda rng, f=folder: folder_kit(sorted(f.glob("*.ogg")))
    return names


def grooves(data: Path, split: str) -> list[Path]:
    """Groove MIDI beats of 4/4 in a split of its authors."""
    folder = data / "corpus/groove_midi"
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    return [folder / row["file"] for row in rows
            if row["tags"]["split"] == split and row["tags"]["beat_type"] == "beat" and row["secs"] > 14]  # fmt: skip


def hits_of(score: Score) -> Hits:
    """Seconds, key and velocity of every drum note."""
    tracks = [track for track in score.tracks if track.is_drum]
    notes = np.concatenate([track.notes for track in tracks]) if tracks else make_notes([], [], [])
    seconds = ticks_to_seconds(score, notes["onset_ticks"])
    return np.stack([seconds, notes["pitch"].astype(float), notes["velocity"].astype(float)], axis=1)


def human_hits(file: Path) -> Hits:
    """A Groove MIDI performance."""
    return hits_of(groove_midi.prepare(read(file), {}))


def groove_band(file: Path) -> Band:
    """A Groove MIDI performance with its beats; it is played to a click that begins with bar one."""
    bpm = float(file.stem.split("_")[-3])
    hits = human_hits(file)
    end = min(GROOVE_SEC, float(hits[:, 0].max()))
    beats, nothing = np.arange(0.0, end, 60.0 / bpm), np.zeros((0, 4))
    silence = np.zeros(round(end * RATE), np.float32)
    return Band("drums", silence, hits[hits[:, 0] < end], bpm, beats, beats[::4], 4, None,
                nothing, nothing[:, :3], nothing[:, :3])  # fmt: skip


def window(hits: Hits, rng: np.random.Generator, stretch: float = 1.0) -> Hits:
    """CLIP_SEC of playing from a random place; empty if too little is struck there."""
    hits = hits * [stretch, 1, 1]
    last = hits[:, 0].max() if len(hits) else 0.0
    start = rng.uniform(0, max(0.0, last - CLIP_SEC)) - 0.1
    part = hits[(hits[:, 0] >= start) & (hits[:, 0] < start + CLIP_SEC - 0.2)]
    return part - [start, 0, 0]


def strike(
    hits: Hits, kit: Kit, rng: np.random.Generator, pitch: float = 1.0, length: int = round(CLIP_SEC * RATE)
) -> tuple[Mono, Hits]:
    """Play hits on a kit; those that were played (a kit may lack a drum)."""
    out = np.zeros(length, np.float32)
    order = np.argsort(hits[:, 0], kind="stable")
    played, gains = [], {}
    stops = np.sort(hits[np.isin(hits[:, 1], (42, 44)), 0])
    for seconds, key, velocity in hits[order]:
        layers = kit.get(int(key)) or next(
            (kit[other] for keys in DRUM_KEYS.values() if key in keys for other in keys if other in kit), None
        )
        if layers is None:
            continue
        layer, sound = min(layers, key=lambda item: abs(item[0] - velocity))
        gain = gains.setdefault(int(key), 10 ** (rng.normal(0, 2.5) / 20)) * (velocity / layer) ** 1.4
        if key == _CHOKED:
            after = stops[stops > seconds + 0.02]
            if len(after) and (after[0] - seconds) * RATE < len(sound):
                sound = _faded(sound[: max(400, int((after[0] - seconds) * RATE))])
        if pitch != 1.0:
            sound = np.interp(np.arange(0, len(sound) - 1, pitch), np.arange(len(sound)), sound).astype(np.float32)
        at = round(seconds * RATE)
        piece = sound[: max(0, len(out) - at)]
        out[at : at + len(piece)] += piece * np.float32(gain)
        played.append((seconds, key, velocity))
    return out, np.array(played).reshape(-1, 3)


def truth(hits: Hits) -> dict[str, NDArray[np.float64]]:
    """Onsets of each drum; strokes of one drum less than 20 ms apart are one."""
    found = {}
    for name, keys in DRUM_KEYS.items():
        times = np.sort(hits[np.isin(hits[:, 1], keys), 0])
        found[name] = times[np.diff(times, prepend=-1.0) > 0.02]
    return found


def damaged(mono: Mono, rng: np.random.Generator) -> Mono:
    """A room, a tilt, some drive and noise, by chance."""
    from scipy.signal import fftconvolve, lfilter

    if rng.random() < 0.4:
        length = round(rng.uniform(0.1, 0.7) * RATE)
        tail = rng.normal(size=length) * np.exp(-6.0 * np.arange(length) / length)
        tail *= rng.uniform(0.05, 0.3) / np.sqrt(np.sum(tail**2))
        mono = mono + fftconvolve(mono, tail.astype(np.float32))[: len(mono)]
    if rng.random() < 0.5:
        mono = lfilter([1.0, rng.uniform(-0.6, 0.6)], [1.0], mono)
    mono = mono / (np.abs(mono).max() + 1e-9)
    if rng.random() < 0.4:
        drive = rng.uniform(1.0, 4.0)
        mono = np.tanh(drive * mono) / np.tanh(drive)
    if rng.random() < 0.3:
        mono = mono + rng.normal(size=len(mono)) * 10 ** rng.uniform(-4, -2.3)
    return mono.astype(np.float32)


def drum_clips(
    data: Path, split: str, count: int, seed: int, beds: list[Band], mixed: float, *, plain: bool = False
) -> Iterator[DrumClip]:
    """Clips with their truth.

    Args:
        data: the folder with corpus/ and samples/.
        split: "train", "validation" or "test"; "test" plays the held out kits.
        count: how many.
        seed: of everything random.
        beds: bands without drums.
        mixed: share of clips with such a band, half of them with the band's own playing.
        plain: no rooms, drive and noise.
    """
    rng = np.random.default_rng(seed)
    makers, files = kits(data, split == "test"), grooves(data, split)
    names, made = list(makers), 0
    drummed = [band for band in beds if band.kind == "band" and len(band.hits) > 8]
    while made < count:
        bed = beds[int(rng.integers(len(beds)))] if beds and rng.random() < mixed else None
        span = (len(bed.mono) / RATE if bed else 0.0) - CLIP_SEC
        start, own = rng.uniform(0, max(span, 1e-3)), bed is not None and (plain or rng.random() < 0.5)
        if bed is not None and span <= 0:
            continue
        if bed is not None and own:
            inside = (bed.hits[:, 0] >= start) & (bed.hits[:, 0] < start + CLIP_SEC - 0.2)
            hits = bed.hits[inside] - [start, 0, 0]
        elif split == "train" and drummed and rng.random() < 0.35:
            hits = window(drummed[int(rng.integers(len(drummed)))].hits, rng, rng.uniform(0.85, 1.18))
        else:
            hits = human_hits(files[int(rng.integers(len(files)))])
            hits = window(hits, rng, 1.0 if plain else rng.uniform(0.85, 1.18))
        if len(hits) < 8:
            continue
        name = names[made % len(names)]
        mono, hits = strike(hits, makers[name](rng), rng, 1.0 if plain else 2 ** rng.uniform(-3 / 12, 3 / 12))
        if np.abs(mono).max() < 1e-4:
            continue
        mono /= np.sqrt(np.mean(mono**2))
        if bed is not None:
            sound = bed.mono[round(start * RATE) :][: len(mono)]
            level = 0.0 if plain else rng.uniform(-8, 5)
            mono = mono + sound / (np.sqrt(np.mean(sound**2)) + 1e-6) * np.float32(10 ** (level / 20))
        mono = mono / np.abs(mono).max() if plain else damaged(mono, rng)
        made += 1
        yield DrumClip(mono.astype(np.float32), truth(hits), name, bed is not None)


def with_drums(data: Path | None, band: Band, split: str, seed: int, level_db: float = 0.0) -> Mono:
    """A band's sound with its own drums on a kit of the split, drums and band equally loud but for `level_db`."""
    rng = np.random.default_rng((seed, 77))
    if len(band.hits) < 4:
        return band.mono / max(1e-6, float(np.abs(band.mono).max()))
    makers = kits(data, split == "test")
    name = list(makers)[seed % len(makers)]
    drums, _ = strike(band.hits, makers[name](rng), rng, length=len(band.mono))
    if not np.abs(drums).max() > 1e-4:
        return band.mono / max(1e-6, float(np.abs(band.mono).max()))
    loud = np.sqrt(np.mean(drums**2)) * 10 ** (-level_db / 20)
    mono = drums / loud + band.mono / (np.sqrt(np.mean(band.mono**2)) + 1e-6)
    return (mono / np.abs(mono).max()).astype(np.float32)
