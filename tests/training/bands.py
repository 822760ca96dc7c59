"""Small pieces to train on: bands of a few bars whose notes are easy to check."""

from __future__ import annotations

import numpy as np

from bandmate.score.model import Score, Track, make_notes, make_tempos
from bandmate.tokenizers.grid import encode_piece
from bandmate.training.shards import Origin, Shard

LABELS = {
    "genre": "house", "moods": ["chill"], "key": "D minor", "tempo": 124.0, "roles": ["drums", "bass", "chords"],
    "sections": [("intro", 0, 4, 2), ("drop", 4, 4, 5)],
}  # fmt: skip


def band(seed: int = 0, bars: int = 8) -> Score:
    """Drums, a bass on the kick and chords, in D minor."""
    draw = np.random.default_rng(seed)
    bar = np.arange(bars)[:, None] * 1920
    kick, hat = (bar + np.arange(4) * 480).ravel(), (bar + 240 + np.arange(4) * 480).ravel()
    drums = make_notes(np.append(kick, hat), 60, np.repeat([36, 42], len(kick)), 90, channel=9)
    bass = make_notes(kick, 240, 38 + draw.choice([0, 3, 5, 7], len(kick)), 80)
    root = 50 + draw.choice([0, 3, 5, 7], bars)
    chords = make_notes(np.repeat(bar.ravel(), 3), 1800, (root[:, None] + [0, 3, 7]).ravel(), 70, channel=1)
    tracks = (Track("Kit", 0, True, drums, role="drums"), Track("Bass", 38, notes=bass, role="bass"),
              Track("Keys", 4, notes=chords, role="chords"))  # fmt: skip
    return Score(tracks, tempos=make_tempos(124.0), end_ticks=1920 * bars)


def some_shard(count: int = 6, bars: int = 8, source: str = "made", split: str = "train") -> Shard:
    """Bands of several seeds."""
    chords = [name for pair in zip(["Dm", "Gm"] * 4, ["Dm", "C"] * 4, strict=True) for name in pair]
    pieces = tuple(encode_piece(band(seed, bars), LABELS | {"chords": chords}) for seed in range(count))
    return Shard(pieces, tuple(Origin(source, f"work-{n}", split, f"{n}.mid") for n in range(count)))
