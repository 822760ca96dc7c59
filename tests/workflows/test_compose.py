"""compose: words and flags to files, in the promised places, with the promised content."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile

import bandmate
from bandmate.errors import BriefError, ModelError, OutputError, UserError
from bandmate.settings import FILE_NAME, Settings
from bandmate.workflows import making
from bandmate.workflows.compose import ComposeOptions, compose, understand
from bandmate.workflows.jobs import Job
from bandmate.workflows.request import Draft, MakeOptions, Request
from bandmate.workflows.take import read_take

SMALL = {"bars": 2, "tracks": "drums,bass=slap bass", "tempo": 120, "key": "A minor", "engine": "rules"}


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def test_a_take_has_every_file_and_they_agree(tmp_path) -> None:
    take = compose("house", seed=7, out="funky", **SMALL).best
    assert sorted(take.files) == [
        "funky.mid", "mix.wav", "roll.png",
        "stems/01-drums_120_Am.wav", "stems/02-bass_slap_120_Am.wav", "stems/03-reverb_120_Am.wav",
        "tracks/01-drums_120_Am.mid", "tracks/02-bass_slap_120_Am.mid",
    ]  # fmt: skip
    assert all((tmp_path / "funky" / name).stat().st_size > 0 for name in take.files)
    whole, parts = (
        bandmate.read(take.midi),
        [bandmate.read(tmp_path / "funky" / name) for name in sorted(take.files)[-2:]],
    )
    assert whole.note_count == sum(part.note_count for part in parts) > 0
    sounds = [soundfile.info(take.folder / name) for name in take.files if name.endswith(".wav")]
    assert len({(sound.frames, sound.samplerate, sound.subtype) for sound in sounds}) == 1
    assert sounds[0].subtype == "PCM_24"


def test_stems_sum_to_the_mix_before_its_loudness_stage() -> None:
    take = compose("house", seed=7, out="funky", **SMALL).best
    total = sum(soundfile.read(path)[0] for path in take.stems)
    mix = soundfile.read(take.mix)[0]
    correlation = np.corrcoef(total.ravel(), mix.ravel())[0, 1]
    assert correlation > 0.97  # the loudness stage is a gain and a limiter


def test_take_json_says_asked_and_got_and_reads_back() -> None:
    take = compose("house", seed=7, out="funky", **SMALL, stems=False).best
    data = json.loads(take.json_path.read_text(encoding="utf-8"))
    demands = {row["demand"]: row for row in data["report"]["demands"]}
    assert demands["tempo"]["got"] == "120"
    assert demands["bars"] == {"demand": "bars", "asked": "2", "got": "2", "met": True, "share": 1.0, "stated": True}
    assert demands["key"]["asked"] == "A minor"
    assert data["report"]["met"]
    assert data["recipe"]["seed"] == 7
    again = read_take(take.folder)
    assert json.loads(json.dumps(again.to_json())) == {name: data[name] for name in data if name != "seal"}
    assert [track.role for track in again.score.tracks] == ["drums", "bass"]


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_music() -> None:
    one, two, other = (
        compose("house", seed=seed, out=name, **SMALL, stems=False).best
        for seed, name in ((5, "a"), (5, "b"), (6, "c"))
    )
    sounds = [name for name in one.files if name.startswith(("mix", "tracks", "roll"))]
    assert [one.files[name] for name in sounds] == [two.files[name] for name in sounds]
    assert one.files["mix.wav"] != other.files["mix.wav"]


def test_takes_lie_side_by_side_best_first() -> None:
    result = compose("house", seed=1, takes=3, out="many", **SMALL, stems=False)
    assert [take.folder.name for take in result.takes] == ["take-1", "take-2", "take-3"]
    assert all(take.report["met"] for take in result.takes)
    assert {take.recipe.seeds[0] for take in result.takes} == {take.recipe.seed for take in result.takes} == {1, 2, 3}
    assert {len(take.recipe.seeds) for take in result.takes} == {8}
    assert len({take.files["many.mid"] for take in result.takes}) == 3


def test_a_loop_is_exactly_its_bars() -> None:
    take = compose("house", seed=1, loop=4, out="loop", tracks="drums,bass", tempo=120, engine="rules").best
    sounds = [soundfile.info(path) for path in (take.mix, *take.stems)]
    assert {sound.frames for sound in sounds} == {8 * 44100}  # four bars of two seconds
    assert b"smpl" in take.mix.read_bytes()
    with pytest.raises(BriefError, match="loop 4 and bars 8"):
        compose("house", loop=4, bars=8)


def test_events_come_in_the_order_of_the_work() -> None:
    events = []
    compose("house", seed=1, out="x", **SMALL, listener=events.append)
    names = [event["event"] for event in events]
    assert names[0] == "heard"
    assert names[-1] == "take"
    assert names.count("first_note") == 1
    done = [event["done"] for event in events if event["event"] == "progress"]
    assert done == sorted(done)
    assert done[-1] == 1.0
    assert "slap bass" in events[0]["text"]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path) -> None:
    (tmp_path / "song").mkdir()
    (tmp_path / "song" / "mine.txt").write_text("keep me")
    events = []
    result = compose("house", seed=1, out="song", **SMALL, stems=False, listener=events.append)
    assert result.folder == tmp_path / "song-2" or result.folder.name == "song-2"
    assert [path.name for path in (tmp_path / "song").iterdir()] == ["mine.txt"]
    assert any("song-2" in event.get("text", "") for event in events if event["event"] == "notice")


def test_an_interruption_keeps_what_is_finished(monkeypatch, tmp_path) -> None:
    from bandmate.workflows import render as rendering

    calls = []
    real = rendering.render

    def interrupted(*args, **options):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **options)

    monkeypatch.setattr(rendering, "render", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compose("house", seed=1, takes=3, out="many", **SMALL, stems=False)
    finished = read_take(tmp_path / "many" / "take-1")
    assert "mix.wav" in finished.files
    assert read_take(tmp_path / "many" / "take-2").files.keys() == finished.files.keys() - {"mix.wav"}
    assert not list((tmp_path / "many").rglob("*.part*"))


def test_a_failure_before_any_file_leaves_no_empty_folder(monkeypatch, tmp_path) -> None:
    def refused(*_: object) -> None:
        raise OutputError("no")

    monkeypatch.setattr(making, "write", refused)
    with pytest.raises(OutputError):
        compose("house", seed=1, out="nothing", **SMALL)
    assert not (tmp_path / "nothing").exists()


def test_defaults_fill_only_what_was_not_said() -> None:
    defaults = Settings(tempo=96, key="D minor", genre="jazz", bars=8, kit="25")
    stated = understand("house at 120 BPM in F major", ComposeOptions(), defaults)
    assert (stated.genre, stated.tempo, stated.key.name, stated.bars) == ("house", 120, "F major", 8)
    open_ = understand("drums and bass", ComposeOptions(), defaults)
    assert (open_.genre, open_.tempo, open_.key.name) == ("jazz_swing", 96, "D minor")
    assert next(ask.kit for ask in open_.tracks if ask.role == "drums") == 25
    slow = understand("slow jazz in a minor key", ComposeOptions(), defaults)
    assert slow.tempo is None
    assert slow.key is None


def test_defaults_of_the_folder_are_read(tmp_path) -> None:
    (tmp_path / FILE_NAME).write_text("stems = false\ntempo = 90\n", encoding="utf-8")
    take = compose("house", seed=1, out="x", **{**SMALL, "tempo": None}).best
    assert take.stems == ()
    assert take.plan.tempo == 90


def test_a_key_that_was_not_stated_is_no_lock() -> None:
    assert not compose("house", seed=1, out="a", **{**SMALL, "key": None}, stems=False).best.plan.key_lock
    assert compose("house", seed=1, out="b", **SMALL, stems=False).best.plan.key_lock
    assert not compose("house", seed=1, out="c", **SMALL, stems=False, key_lock=False).best.plan.key_lock


@pytest.mark.parametrize(
    ("text", "options", "error", "message"),
    [
        ("", {}, BriefError, "nothing to compose from"),
        ("   \n", {}, BriefError, "nothing to compose from"),
        ("house " * 20_000, {}, BriefError, "prompt length 120000 is out of range; give 0 to 4000"),
        ("house", {"bars": 0}, BriefError, "bars 0 is out of range; give 1 to 2048"),
        ("house", {"bars": 10_000}, BriefError, "bars 10000 is out of range"),
        ("house", {"tempo": 0}, BriefError, "tempo 0 is out of range; give 20 to 400"),
        ("house", {"tempo": 1e9}, BriefError, "tempo 1e+09 is out of range"),
        ("house", {"tempo": float("nan")}, BriefError, "tempo"),
        ("house", {"key": "H majorish"}, BriefError, "key 'H majorish'"),
        ("house", {"meter": "4/5"}, BriefError, "meter '4/5'"),
        ("house", {"tracks": "drums,bass=vuvuzelaphone"}, BriefError, "vuvuzelaphone"),
        ("house", {"genre": "hosue"}, BriefError, "did you mean house"),
        ("house", {"takes": 0}, BriefError, "takes 0 is out of range"),
        ("house", {"seed": -1}, BriefError, "seed -1 is out of range"),
        ("house", {"temperature": 0}, BriefError, "temperature 0 is out of range"),
        ("house", {"engine": "gpu"}, BriefError, "engine 'gpu' is not known; choose one of default, rules"),
        ("house", {"variety": "wild"}, BriefError, "variety 'wild'"),
        ("house", {"model": "nobody"}, ModelError, "model 'nobody' is not installed"),
        ("house", {"sample_rate": 11025}, UserError, "sample rate 11025"),
        ("house", {"soundfont": "none.sf2"}, UserError, "none.sf2"),
        ("house", {"drum_kit": "no-such-folder"}, UserError, "no-such-folder"),
        ("house", {"sounds": ["bass"]}, BriefError, "write ROLE=DIR"),
        ("house", {"tempoo": 3}, BriefError, "'tempoo' is not an option; did you mean 'tempo'"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence_and_loses_nothing(tmp_path, text, options, error, message) -> None:
    (tmp_path / "mine.mid").write_bytes(b"mine")
    before = sorted(path for path in tmp_path.rglob("*") if "home" not in path.parts)
    with pytest.raises(error) as caught:
        compose(text, **{"seed": 1, "bars": 2, "stems": False, "out": "made", **options} if text.strip() else {})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert sorted(path for path in tmp_path.rglob("*") if "home" not in path.parts) == before


def test_kept_tracks_come_back_note_for_note() -> None:
    one = compose("house", seed=1, out="a", **SMALL, stems=False).best
    drafts = (Draft(one.plan, (9,)),)
    request = Request("b", one.brief, one.heard, drafts, one_options(), given=one.score, keep={0: 0})
    folder = one.folder.with_name("b")
    folder.mkdir()
    made = making.make(request, folder, Job())[0]
    assert np.array_equal(made.score.tracks[0].notes["pitch"], one.score.tracks[0].notes["pitch"])
    assert made.files["tracks/02-bass_slap_120_Am.mid"] != one.files["tracks/02-bass_slap_120_Am.mid"]


def one_options() -> MakeOptions:
    return replace(MakeOptions(), engine="rules", stems=False)


def test_music_of_more_than_an_hour_is_midi_alone() -> None:
    events = []
    options = {**SMALL, "bars": 400, "tempo": 20, "tracks": "bass"}
    result = compose("ambient", seed=1, out="long", **options, listener=events.append)
    assert "mix.wav" not in result.best.files
    assert result.to_json()["takes"][0]["mix"] is None
    assert any("MIDI alone" in event.get("text", "") for event in events)
