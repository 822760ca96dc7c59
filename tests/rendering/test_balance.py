"""Tracks brought to the levels and places of a genre."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.analysis.genres import genre, genre_ids
from bandmate.rendering.balance import LOUDEST_LUFS, genre_mixes
from bandmate.rendering.loudness import measure_lufs
from bandmate.rendering.mixer import Desk, Length
from bandmate.rendering.patches import PatchBook
from bandmate.rendering.performance import perform
from bandmate.rendering.sampler import Player, load_kernel
from bandmate.rendering.soundfont import open_soundfont
from bandmate.score.model import Score, Track, make_notes


def band() -> Score:
    drums = Track(is_drum=True, role="drums", notes=make_notes(np.arange(8) * 480, 100, 36, 90, channel=9))
    bass = Track(role="bass", program=33, notes=make_notes(np.arange(4) * 960, 900, 36, 120))
    pad = Track(role="pad", program=89, notes=make_notes([0, 0, 0], 3800, [60, 64, 67], 90))
    return Score(tracks=(drums, bass, pad, Track(role="lead")), end_ticks=3840)


def test_stems_reach_the_levels_of_the_table():
    score, table = band(), genre("house")["mix"]
    mixes = genre_mixes(score, "house")
    assert sorted(mixes) == [0, 1, 2]
    desk = Desk(Length(44100 * 5, 44100 * 5), 44100)
    player = Player(PatchBook(open_soundfont()), 44100, load_kernel("numpy"))
    heard = [measure_lufs(stem, 44100) for _, stem in desk.stems(player, perform(score), mixes)]
    wanted = [LOUDEST_LUFS + max(table["db"][row], -14.0) for row in ("kick", "bass", "pad")]
    assert heard == pytest.approx(wanted, abs=0.3)


def test_every_genre_places_every_role():
    for name in genre_ids():
        for mix in genre_mixes(band(), name).values():
            assert LOUDEST_LUFS - 14 <= mix.level_lufs <= LOUDEST_LUFS + 3, name
            assert -1 <= mix.pan <= 1
