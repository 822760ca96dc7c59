"""Who fills frames: a registry of makers, each `make(options) -> Filler` (see bandmate.score.frame).

A maker joins by one line in FILLERS, as "module:function"; it is imported when it is asked for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from model_weights import find_weights, random_weights

from bandmate.analysis.genres import genre_ids
from bandmate.errors import BriefError
from bandmate.evaluation.yardstick import is_full_band
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.frame import Filler, Frame, FrameTrack
from bandmate.score.model import Score, Track

FILLERS = {
    "rules": "fillers:rules",
    "random": "fillers:untrained",
    "model": "fillers:model",
    "bare": "fillers:bare",
    "markov": "fillers:markov",
    "flat": "fillers:flat",
}
DRUMS = ("drums", "perc")
BANDS = ("freedoom", "simutrans", "easyrpg_rtp", "lmms_projects", "blasphemer")


@dataclass(frozen=True, slots=True)
class FillOptions:
    """What a maker may need: weights (None = its own), size of random weights, folder that holds corpus/, seed."""

    weights: Path | None = None
    size: str = "small"
    data: Path | None = None
    seed: int = 0


def make_filler(name: str, options: FillOptions) -> Filler:
    """The filler of a name; a file of weights makes a model of any name, without candidates."""
    if options.weights is not None and name not in FILLERS:
        name = "bare"
    if name not in FILLERS:
        raise BriefError(f"set '{name}' is not known; give NAME=FOLDER, NAME=WEIGHTS or one of {', '.join(FILLERS)}")
    module, function = FILLERS[name].split(":")
    return getattr(import_module(module), function)(options)


def model(options: FillOptions) -> Filler:
    """The grid model, free of plans and locks, with one of several candidates drawn by ear."""
    from bandmate.workflows.free_takes import fill_by_ear

    _, weights = find_weights(str(options.weights) if options.weights else None, options.size)
    return lambda frames, seed: fill_by_ear(frames, seed, weights)


def bare(options: FillOptions) -> Filler:
    """The same, one candidate for each frame."""
    from bandmate.generation.free import fill_frames

    _, weights = find_weights(str(options.weights) if options.weights else None, options.size)
    return lambda frames, seed: fill_frames(frames, seed, weights)


def untrained(options: FillOptions) -> Filler:
    """The same with random weights."""
    from bandmate.generation.free import fill_frames

    weights = random_weights(options.size)
    return lambda frames, seed: fill_frames(frames, seed, weights)


def markov(options: FillOptions) -> Filler:
    """A first-order Markov chain of the full-band pieces that models train on."""
    from bandmate.generation.markov import fit, markov_filler
    from bandmate.tokenizers.grid import encode_piece
    from bandmate.training.prepare import measured_labels

    scores = training_pieces(options.data)  # chains count from the tonic, by role
    return markov_filler(fit(encode_piece(score, measured_labels(score), echoes=False) for score in scores))


def training_pieces(data: Path | None) -> Iterator[Score]:
    """Full-band pieces of the training split; without data some of the groove book."""
    from bandmate.training.corpora import read_corpus

    if data is None:
        yield from (play(make_plan(Brief(genre=genre, bars=16), 7), 7) for genre in genre_ids()[:8])
        return
    for name in BANDS:
        for found in read_corpus(data / "corpus", name):
            if found.origin.split == "train" and is_full_band(found.score):
                yield found.score


def flat(options: FillOptions) -> Filler:
    """A model of the Multitrack Music Transformer's shape, of the weights given (flat=FILE)."""
    from bandmate.generation.multitrack import multitrack_filler

    if options.weights is None:
        raise BriefError("the flat model ships no weights; train it (dev.py train --recipe multitrack), give flat=FILE")
    return multitrack_filler(options.weights)


def rules(options: FillOptions) -> Filler:
    """The rules engine, on a plan whose tracks, bars, meter and tempo are the frame's and whose genre is drawn."""

    def fill(frames: Sequence[Frame], seed: int) -> list[Score]:
        dice = random.Random(seed)
        return [rules_take(frame, dice.choice(genre_ids()), seed + number) for number, frame in enumerate(frames)]

    return fill


def rules_take(frame: Frame, genre: str, seed: int) -> Score:
    asks = tuple(ask_of(track) for track in frame.tracks)
    brief = Brief(genre=genre, bars=frame.bars, meter=frame.meter, tempo=min(400.0, max(20.0, frame.tempo)),
                  tracks=asks, only=tuple(dict.fromkeys(ask.role for ask in asks)))  # fmt: skip
    return in_order(play(make_plan(brief, seed), seed), frame)


def ask_of(track: FrameTrack) -> TrackAsk:
    if track.is_drum:
        return TrackAsk(track.role if track.role in DRUMS else "drums", kit=track.program)
    return TrackAsk(track.role if track.role and track.role not in DRUMS else "chords", program=track.program)


def in_order(score: Score, frame: Frame) -> Score:
    """The tracks in the frame's order; what the plan did not give a frame's track is left silent."""
    left = list(score.tracks)
    tracks = []
    for wanted in frame.tracks:
        role = ask_of(wanted).role
        same = [t for t in left if t.is_drum == wanted.is_drum]
        found = sorted(same, key=lambda t: (t.role != role, t.program != wanted.program))[:1]
        tracks.append(found[0] if found else Track(wanted.name, wanted.program, wanted.is_drum))
        left = [t for t in left if not found or t is not found[0]]
    return replace(score, tracks=tuple(tracks))
