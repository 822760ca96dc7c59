"""The edit commands: words behind flags, one line of result, one sentence of error."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.io.midi import read_midi, write_midi
from bandmate.score.brief import Brief
from bandmate.score.model import EVENT, METER, Score, Track, make_notes

RULES = ["--engine", "rules", "--seed", "1"]


@pytest.fixture
def song() -> Path:
    path = Path("song.mid")
    play(make_plan(Brief(genre="house", bars=4), 1), 1).write(path)
    notes = make_notes(np.arange(8) * 1920, 480, 60)
    change = np.array([(0, 4, 4, 0, -1, 24, 8), (4 * 1920, 3, 4, 0, -1, 24, 8)], METER)
    write_midi(Score((Track("lead", 81, False, notes), Track("lead", 81, False, notes)), meters=change), "change.mid")
    programs = np.array([(0, c, 0xC0, c, 8 * c % 128, 0, -1) for c in range(16)], EVENT)
    sixteen = make_notes(np.arange(32) * 480, 400, 60, channel=np.arange(32) % 16)
    write_midi(Score((Track("all", 0, False, sixteen, programs),)), "sixteen.mid")
    write_midi(Score((Track("nothing"),)), "empty.mid")
    return path


def test_words_may_stand_behind_flags(bandmate, song):
    said = bandmate(
        "regenerate", "song.mid", "--tracks", "bass", "--bars", "2-3", "busier, louder", *RULES, "--out", "a"
    )
    assert said.code == 0, said.err
    assert "bars 2-3 anew: busier (1.3 times), louder" in said.out
    assert "the rest is untouched" in said.out
    assert {path.name for path in Path("a").iterdir()} == {"song.mid", "given.mid", "roll.png", "take.json"}


def test_the_meter_may_change_in_the_asked_bars(bandmate, song):
    said = bandmate("regenerate", "change.mid", "--tracks", "2", "--bars", "4-6", *RULES, "--out", "a.mid")
    assert said.code == 0, said.err
    assert "the rest is untouched" in said.out
    onsets = read_midi(Path("a.mid")).tracks[1].notes["onset_ticks"]
    assert ((onsets >= 3 * 1920) & (onsets < 4 * 1920)).any() and ((onsets >= 4 * 1920) & (onsets < 10560)).any()


def test_a_program_reads_one_object(bandmate, song):
    said = bandmate("fill", "song.mid", "--at", "2", *RULES, "--out", "b", "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["takes"][0]["report"]["met"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["regenerate", "nowhere.mid"], "nowhere.mid: there is no such file"),
        (["regenerate", "song.mid", "--bars", "3-9"], "bars 3-9 are not in the piece; give two numbers from 1 to 4"),
        (["regenerate", "song.mid", "--bars", "9"], "bar 9 is not in the piece; give two numbers from 1 to 4"),
        (["regenerate", "song.mid", "--bars", "4-2"], "bars 4-2 are not in the piece"),
        (["regenerate", "song.mid", "--bars", "x"], "bars 'x' are not understood"),
        (["regenerate", "song.mid", "--tracks", "tuba"], "track 'tuba' is not in the piece; it has"),
        (["regenerate", "change.mid", "--tracks", "lead"], "2 tracks are called 'lead'; say which by number: 2 or 3"),
        (["regenerate", "sixteen.mid"], "holds 16 instruments on one channel each"),
        (["continue", "sixteen.mid"], "holds 16 instruments on one channel each"),
        (["accompany", "sixteen.mid", "--add", "bass"], "holds 16 instruments on one channel each"),
        (["regenerate", "empty.mid"], "empty.mid has no notes, so there is nothing to go by"),
        (["continue", "song.mid", "--bars", "0"], "bars 0 is out of range; give 1 to 2048 bars"),
        (["accompany", "song.mid"], "--add"),
        (["accompany", "song.mid", "--add", "warbler"], "warbler"),
        (["accompany", "song.mid", "--add", "pad", "--tracks", "tuba"], "track 'tuba' is not in the piece; it has"),
        (["fill", "song.mid", "--at", "12"], "at 12 is out of range; give 1 to 4"),
        (["vary", "song.mid", "--strength", "2"], "strength 2 is out of range"),
        (["vary", "song.mid", "--keep", "colour"], "'colour' cannot be kept; choose one of rhythm, pitches,"),
        (["respond", "song.mid", "--bars", "9-99"], "bars 9-99 are not in the piece; give two numbers from 1 to"),
        (["respond", "song.mid", "--memory", "nowhere.mid"], "nowhere.mid: there is no such file"),
        (["respond", "song.mid", "--memory", "empty.mid"], "empty.mid has no notes to remember"),
        (["regenerate", "song.mid", "--key", "H major"], "key 'H major'"),
        (["regenerate", "song.mid", "--out", "song.mid"], "song.mid is the file being edited"),
    ],
)  # fmt: skip
def test_one_sentence_and_nothing_is_lost(bandmate, song, words, sentence):
    before = {path: path.read_bytes() for path in Path.cwd().rglob("*") if path.is_file()}
    said = bandmate(*words, *RULES)
    assert said.code == 2, said
    assert said.err.startswith("bandmate: ") and said.err.count("\n") == 1
    assert sentence in said.err
    assert {path: path.read_bytes() for path in Path.cwd().rglob("*") if path.is_file()} == before
