"""A drum that was asked for by name sounds, whatever the weights would rather play."""

from __future__ import annotations

import sys
from pathlib import Path

from bandmate.generation.compose import WriteOptions, write_takes
from bandmate.groovebook.plan import make_plan
from bandmate.score.brief import Brief

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from model_weights import random_weights

CUICA_AND_WHISTLE = (79, 71)


def test_cuica_and_whistle_sound_in_a_samba() -> None:
    plan = make_plan(Brief(genre="samba", bars=4, only=("drums",), included_drums=CUICA_AND_WHISTLE), 5)
    for take in write_takes(plan, [1, 2], random_weights("tiny"), WriteOptions("numpy")):
        drums = next(track for track in take.score.tracks if track.is_drum)
        assert set(CUICA_AND_WHISTLE) <= set(drums.notes["pitch"].tolist())
        assert drums.last_ticks <= take.score.end_ticks
