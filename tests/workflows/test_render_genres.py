"""Every genre by rule to sound: its stems sum to its mix, its levels are those of its table, its bytes stay."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from bandmate.analysis.genres import genre_ids
from bandmate.audio.signal import Samples
from bandmate.errors import BriefError
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.io.wave import STEP
from bandmate.rendering.character import character
from bandmate.rendering.finish import toned
from bandmate.rendering.loudness import master
from bandmate.score.brief import Brief
from bandmate.score.model import Score
from bandmate.workflows.render import RenderOptions, render_score


def piece(name: str, bars: int = 2) -> Score:
    return play(make_plan(Brief(genre=name, bars=bars), 3), 3)


def read(path) -> Samples:
    return np.ascontiguousarray(soundfile.read(path, dtype="float32")[0].T)


@pytest.mark.parametrize("name", genre_ids())
def test_every_genre_sounds(name, tmp_path):
    score = piece(name)
    result = render_score(score, tmp_path, RenderOptions(genre=name, end_sec=1.5))
    assert result.true_peak_db <= -1.0
    assert result.lufs == pytest.approx(-14.0, abs=0.2)


@pytest.mark.parametrize("name", ["house", "dub", "lofi_hip_hop"])
def test_the_stems_sum_to_the_mix_before_its_loudness_stage(name, tmp_path):
    result = render_score(piece(name), tmp_path, RenderOptions(genre=name))
    stems = [read(path) for path in result.stems]
    assert result.stem_gain_db == 0.0
    summed = toned(np.sum(stems, axis=0, dtype=np.float64).astype(np.float32), 44100, character(name).tone)
    again = master(summed, 44100)
    tolerance = (2 * len(stems) * 10 ** (again.gain_db / 20) + 1) * STEP
    np.testing.assert_allclose(again.samples, read(result.mix), atol=tolerance)


def test_a_genre_changes_the_sound_and_the_same_genre_does_not(tmp_path):
    score = piece("trance")
    first, second, plain = (
        render_score(score, tmp_path / str(number), RenderOptions(genre=name, stems=False))
        for number, name in enumerate(("trance", "trance", None))
    )
    assert first.mix.read_bytes() == second.mix.read_bytes()
    assert first.mix.read_bytes() != plain.mix.read_bytes()


def test_a_kit_that_was_asked_for_is_what_its_number_says(tmp_path):
    score = piece("house")
    options = (RenderOptions(genre="house", mix=False, genre_kit=own) for own in (True, False))
    own, asked = (render_score(score, tmp_path / str(n), option) for n, option in enumerate(options))
    drums = next(index for index, track in enumerate(score.tracks) if track.is_drum)
    assert own.stems[drums].read_bytes() != asked.stems[drums].read_bytes()


def test_a_genre_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(BriefError, match="genre 'hose' is not known"):
        render_score(piece("house"), tmp_path, RenderOptions(genre="hose"))
