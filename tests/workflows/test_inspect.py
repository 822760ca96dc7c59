"""inspect: the facts of a piece, as data and as a picture."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from tests.analysis.music import Q, band, line

from bandmate.errors import FileFormatError, OutputError
from bandmate.io.files import write
from bandmate.score.model import KEY_SIGNATURE, MADE, METER, TEMPO, Score, Track, make_meters, make_tempos
from bandmate.workflows.inspect import inspect


def test_a_file_is_measured_and_the_result_is_plain_data(tmp_path):
    path = write(replace(band(), tempos=make_tempos(96)), tmp_path / "song.mid")
    found = inspect(path)
    assert (found.bars, found.meter, found.bpm, found.key) == (8, (4, 4), 96.0, "C major")
    assert found.seconds == pytest.approx(20.0)
    assert [track.role for track in found.tracks if track.notes] == ["drums", "bass", "chords", "melody"]
    assert found.notes == sum(track.notes for track in found.tracks) == band().note_count
    assert found.chords[::2] == ("C", "Am", "F", "G", "C", "Am", "F", "C")
    assert json.loads(json.dumps(found.to_json(), allow_nan=False)) == found.to_json()
    assert found.to_json()["file"] == str(path)


def test_bars_and_tracks_count_from_one():
    found = inspect(band())
    assert found.sections[0].start_bar == 1
    assert [track.number for track in found.tracks] == [1, 2, 3, 4]
    assert found.tempos[0].bar == found.meters[0].bar == 1


def test_a_track_tells_its_instrument_range_and_density():
    bass = inspect(band("C C C C C C C C")).tracks[1]
    assert (bass.instrument, bass.program, bass.low, bass.high, bass.bars) == ("electric bass (finger)", 33, 36, 36, 8)
    assert (bass.density, bass.polyphony, bass.notes) == (1.0, 1, 32)
    drums = inspect(band()).tracks[0]
    assert (drums.low, drums.high, drums.polyphony) == (None, None, None)


def test_changes_of_tempo_and_meter_are_listed_and_the_longest_is_the_main_one():
    tempos = np.array([(0, 500_000, 0, MADE), (4 * Q, 1_000_000, 0, MADE)], TEMPO)
    meters = np.array([(0, 4, 4, 0, MADE, 24, 8), (4 * Q, 3, 4, 0, MADE, 24, 8)], METER)
    found = inspect(Score(tracks=(Track(notes=line([60] * 16)),), tempos=tempos, meters=meters))
    assert [(t.bar, t.at_sec, t.bpm) for t in found.tempos] == [(1, 0.0, 120.0), (2, 2.0, 60.0)]
    assert [(m.bar, m.numerator) for m in found.meters] == [(1, 4), (2, 3)]
    assert (found.bpm, found.meter) == (60.0, (3, 4))
    assert found.seconds == pytest.approx(14.0)


def test_the_stated_key_signature_stands_beside_the_measured_key():
    keys = np.array([(0, -3, True, 0, MADE)], KEY_SIGNATURE)
    assert inspect(replace(band(), keys=keys)).key_signature == "3 flats, minor"
    assert inspect(band()).key_signature == ""


def test_a_role_that_is_known_is_kept():
    tracks = (*band().tracks[:3], replace(band().tracks[3], role="vox"))
    voice = inspect(replace(band(), tracks=tracks)).tracks[3]
    assert (voice.role, voice.confidence) == ("vox", 1.0)


def test_a_band_in_one_track_is_taken_apart_by_channel():
    parts = [np.copy(track.notes) for track in band().tracks]
    for channel, notes in zip((9, 1, 2, 3), parts, strict=True):
        notes["channel"] = channel
    notes = np.concatenate(parts)
    notes = notes[np.argsort(notes["onset_ticks"], kind="stable")]
    found = inspect(Score(tracks=(Track(notes=notes),), meters=make_meters(), end_ticks=32 * Q))
    assert sorted(track.role for track in found.tracks if track.notes) == ["bass", "chords", "drums", "melody"]


def test_a_picture_that_is_there_stays_unless_said_otherwise(tmp_path):
    (tmp_path / "roll.png").write_bytes(b"mine")
    with pytest.raises(OutputError, match="stays as it is"):
        inspect(band(), picture=tmp_path / "roll.png", overwrite=False)
    assert (tmp_path / "roll.png").read_bytes() == b"mine"


def test_the_picture_is_drawn_where_it_was_asked_for(tmp_path):
    inspect(band(), picture=tmp_path / "roll.png")
    assert (tmp_path / "roll.png").read_bytes().startswith(b"\x89PNG")


def test_an_empty_score_is_inspected_too():
    found = inspect(Score())
    assert (found.notes, found.key, found.bars, found.tracks) == (0, None, 1, ())
    json.dumps(found.to_json(), allow_nan=False)


def test_what_is_no_music_is_refused_by_name(tmp_path):
    (tmp_path / "note.mid").write_bytes(b"not music")
    with pytest.raises(FileFormatError, match=r"note\.mid"):
        inspect(tmp_path / "note.mid")
