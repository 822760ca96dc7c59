"""Prompts that are files: the MIDI that opens a piece and drum patterns in files, with what is wrong about them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

import bandmate
from bandmate.errors import BriefError, FileFormatError, RuleConflict, UserError
from bandmate.score.model import EVENT, Score, Track, make_meters, make_notes, make_tempos
from bandmate.settings import Settings
from bandmate.workflows import making
from bandmate.workflows.compose import ComposeOptions, compose, plan_request, understand
from bandmate.workflows.models import WEIGHTS_FILE, models_folder
from bandmate.workflows.seed import drum_pattern, read_seed

QUIET = {"engine": "rules", "stems": False, "candidates": 1, "seed": 4}


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(making, "_render", lambda take, *rest: take)  # the notes are asked for, not their sound


def song(*tracks: Track, meter=(4, 4), ticks=480) -> Score:
    return Score(tracks, ticks, make_tempos(93.0), make_meters(*meter))


def tune(bars: int = 2, ticks: int = 480, name: str = "tune") -> Track:
    at = np.arange(4 * bars) * ticks
    pitches = [60 + [0, 4, 7, 12][n % 4] for n in range(4 * bars)]
    return Track(name, 73, False, make_notes(at + ticks // 60, ticks // 2 + 3, pitches, 91))


def beat(bars: int = 2) -> Track:
    at = np.arange(4 * bars) * 480
    return Track("kit", 0, True, make_notes(at, 120, [36, 38] * (2 * bars), 100, channel=9))


def rows(notes):
    return [tuple(int(note[name]) for name in ("onset_ticks", "duration_ticks", "pitch", "velocity")) for note in notes]


def test_a_file_is_accompanied_note_for_note(tmp_path) -> None:
    song(tune(), beat()).write(tmp_path / "in.mid")
    take = compose("pop", midi="in.mid", tracks="bass", out="out", **QUIET).best
    got = {track.name: track for track in take.score.tracks}
    assert set(got) == {"tune", "kit", "bass"} or {"tune", "kit"} < set(got)
    assert rows(got["tune"].notes) == rows(tune().notes)
    assert rows(got["kit"].notes) == rows(beat().notes)
    assert (take.plan.bars, round(take.score.bpm, 2), take.plan.meter) == (2, 93.0, (4, 4))
    assert take.report["met"]


def test_a_short_file_goes_on_and_replays(tmp_path) -> None:
    song(tune(1)).write(tmp_path / "in.mid")
    take = compose("pop", midi="in.mid", tracks="melody,bass", bars=4, out="out", **QUIET).best
    melody = next(track for track in take.score.tracks if track.name == "tune")
    assert rows(melody.notes)[:4] == rows(tune(1).notes)
    assert melody.notes["onset_ticks"].max() >= 1920
    assert json.loads(take.json_path.read_text(encoding="utf-8"))["plan"]["extra"]["given_bars"] == 1
    again = bandmate.replay("out", out="again")
    assert again.different == ()


def controls(track: Track) -> list[tuple[int, int, int]]:
    rows = track.events[np.isin(track.events["status"], (0xB0, 0xE0))]
    mine = rows[~np.isin(rows["data1"], (7, 10, 91)) | (rows["status"] == 0xE0)]
    return mine[["ticks", "data1", "data2"]].tolist()


def pedalled(bars: int, ticks: int = 480) -> Track:
    """A tune with pedal, expression, a bend and a volume, the pedal left down."""
    values = ((0, 0xB0, 7, 33), (0, 0xB0, 11, 70), (10, 0xB0, 64, 127), (900, 0xB0, 64, 0), (960, 0xE0, 0, 80),
              (1000, 0xB0, 64, 127))  # fmt: skip
    events = [(t * ticks // 480, n, kind, 0, a, b, -1) for n, (t, kind, a, b) in enumerate(values)]
    return replace(tune(bars, ticks), events=np.array(events, EVENT))


@pytest.mark.parametrize(("ticks", "engine"), [(480, "rules"), (960, "rules"), (480, "numpy")])
def test_a_file_is_played_as_it_was_and_comes_to_rest_where_it_ends(tmp_path, tiny_weights_path, ticks, engine) -> None:
    folder = models_folder() / "dice"
    folder.mkdir(parents=True)
    shutil.copy(tiny_weights_path, folder / WEIGHTS_FILE)
    how = QUIET | {"engine": engine} | ({"model": "dice"} if engine != "rules" else {})
    song(pedalled(1, ticks), ticks=ticks).write(tmp_path / "in.mid")
    take = compose("pop", midi="in.mid", tracks="melody,bass", bars=2, out="out", **how).best
    tune_now = next(track for track in take.score.tracks if track.name == "tune")
    assert controls(tune_now) == [
        (0, 11, 70), (10, 64, 127), (900, 64, 0), (960, 0, 80), (1000, 64, 127),
        (1920, 11, 127), (1920, 64, 0), (1920, 0, 64),
    ]  # fmt: skip
    assert 33 not in tune_now.events["data2"][tune_now.events["data1"] == 7]
    assert bandmate.replay("out", out="again").different == ()
    whole = compose("pop", midi="in.mid", tracks="melody,bass", bars=1, out="whole", **how).best
    assert controls(next(track for track in whole.score.tracks if track.name == "tune"))[-1] == (1919, 0, 64)


def test_the_model_goes_on_from_a_file_too(tmp_path, tiny_weights) -> None:
    from bandmate.generation.compose import Given, write_takes

    song(tune(1)).write(tmp_path / "in.mid")
    chosen = ComposeOptions.of(
        {"midi": tmp_path / "in.mid", "tracks": "melody,bass", "bars": 3, "genre": "pop", "seed": 1}
    )
    request = plan_request(understand("", chosen, Settings()), chosen, Settings())
    plan = request.plan
    mask = np.zeros((len(plan.tracks), 3), bool)
    mask[list(request.keep), :1] = True
    assert request.given is not None
    score = write_takes(plan, [3], tiny_weights, given=Given(request.given, dict(request.keep), mask))[0].score
    melody = next(track for track in score.tracks if track.name == "tune")
    assert rows(melody.notes)[:4] == rows(tune(1).notes)
    assert set(melody.notes["onset_ticks"] // 1920) == {0, 1, 2}


def test_other_resolutions_and_longer_files_fit(tmp_path) -> None:
    song(tune(4, ticks=96), ticks=96).write(tmp_path / "in.mid")
    seed = read_seed(tmp_path / "in.mid")
    assert (seed.bars, seed.score.ticks_per_quarter) == (4, 480)
    assert seed.score.tracks[0].notes["onset_ticks"].tolist()[:2] == [5, 485]
    take = compose("pop", midi="in.mid", bars=2, tracks="bass", out="out", **QUIET).best
    assert len(next(track for track in take.score.tracks if track.name == "tune").notes) == 8


def test_what_is_wrong_with_a_file_is_said(tmp_path) -> None:
    (tmp_path / "bad.mid").write_bytes(b"MThd nonsense")
    song(Track("none", 0, False)).write(tmp_path / "empty.mid")
    song(tune(), beat()).write(tmp_path / "in.mid")
    meters = np.concatenate([make_meters(4, 4), make_meters(3, 4)])
    meters["ticks"] = [0, 1920]
    Score((tune(),), 480, make_tempos(90.0), meters).write(tmp_path / "two.mid")
    for options, kind, says in (
        ({"midi": "gone.mid"}, UserError, "gone.mid"),
        ({"midi": "bad.mid"}, FileFormatError, "bad.mid"),
        ({"midi": "empty.mid"}, FileFormatError, "has no notes"),
        ({"midi": "two.mid"}, BriefError, "changes its meter"),
        ({"midi": "in.mid", "meter": "3/4"}, BriefError, "leave the meter out"),
        ({"midi": "in.mid", "exclude": "drums"}, RuleConflict, "shall not sound"),
        ({"midi": "in.mid", "drums": "x..."}, RuleConflict, "kit is given from beginning to end"),
        ({"midi": "in.mid", "audio": "in.wav"}, BriefError, "give one of them"),
    ):
        with pytest.raises(kind, match=says):
            compose("pop", out="out", **options, **QUIET)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_a_drum_pattern_comes_from_text_and_midi_files(tmp_path) -> None:
    (tmp_path / "beat.txt").write_text("kick x...x...\nsnare ..x...x.\n", encoding="utf-8")
    assert drum_pattern("beat.txt") == ("kick x...x...\nsnare ..x...x.\n", None)
    song(beat()).write(tmp_path / "beat.mid")
    lock, meter = drum_pattern(tmp_path / "beat.mid")
    assert meter == (4, 4)
    assert lock.voices == ((36, ("x.x.", "x.x.")), (38, (".x.x", ".x.x")))
    take = compose("pop", drums="beat.mid", tracks="drums,bass", bars=2, out="out", **QUIET).best
    kit = take.score.tracks[0].notes
    assert sorted(set(np.rint(kit["onset_ticks"][kit["pitch"] == 36] / 20).tolist())) == [0, 48, 96, 144]
    song(tune()).write(tmp_path / "tune.mid")
    for pattern, says in (("tune.mid", "has no drums"), ("gone.mid", "is not there"), ("x..y", "has a 'y'")):
        with pytest.raises(UserError, match=says):
            compose("pop", drums=pattern, out="out", **QUIET)
    with pytest.raises(BriefError, match="another meter"):
        compose("pop", drums="beat.mid", meter="3/4", out="out", **QUIET)
    with pytest.raises(RuleConflict, match="drums shall not sound"):
        compose("pop", drums="x...", exclude="drums", out="out", **QUIET)
