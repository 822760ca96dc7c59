"""transcribe: loops become bars of notes for `learn --audio`, and what cannot be is left out by name."""

from __future__ import annotations

import pytest
from tests.sounds import drum_loop, noise, save, with_tail

from bandmate.errors import UserError
from bandmate.library.catalog import Catalog
from bandmate.library.ingest import ingest
from bandmate.workflows.transcribe import transcribe


def test_a_loop_with_its_tempo_in_the_name_is_whole_bars_of_drums(tmp_path) -> None:
    score, sure = transcribe(save(drum_loop(112, 4), tmp_path / "beat_112bpm.wav"))
    assert score.bpm == pytest.approx(112, abs=0.01) and score.end_ticks == 4 * 4 * score.ticks_per_quarter
    assert score.tracks[0].is_drum and 0.5 <= sure <= 1


def test_the_tail_of_a_loop_is_not_learned_from(tmp_path) -> None:
    score, _ = transcribe(save(with_tail(drum_loop(128, 4), 2.5), tmp_path / "beat_128bpm.wav"))
    assert score.end_ticks == 4 * 4 * score.ticks_per_quarter


def test_noise_cannot_be_written_down(tmp_path) -> None:
    with pytest.raises(UserError):
        transcribe(save(noise(6.0), tmp_path / "noise.wav"))


def test_sounds_come_in_only_where_they_are_asked_for(tmp_path) -> None:
    save(drum_loop(112, 4), tmp_path / "beat_112bpm.wav")
    save(noise(6.0), tmp_path / "noise.wav")
    with Catalog(":memory:") as catalog:
        report = ingest(tmp_path, catalog, workers=1, sounds=True)
        assert (report.taken, report.left_out, report.bars) == (1, 1, 4)
        assert report.roles == {"drums": 1}
