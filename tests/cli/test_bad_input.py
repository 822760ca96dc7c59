"""Bad input through the command line: one sentence, exit code 2, and nothing is lost."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief
from bandmate.workflows.models import WEIGHTS_FILE, models_folder

SMALL = ["--bars", "2", "--tracks", "drums,bass", "--seed", "1", "--no-stems", "--engine", "rules"]


@pytest.fixture
def song(tmp_path) -> Path:
    path = Path.cwd() / "song.mid"
    play(make_plan(Brief(genre="house", bars=4), 1), 1).write(path)
    return path


def _content() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path.cwd().rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["compose"], "nothing to compose from"),
        (["compose", ""], "nothing to compose from"),
        (["compose", "house " * 17_000], "prompt length 102000 is out of range"),
        (["compose", "house", "--bars", "0"], "bars 0 is out of range; give 1 to 2048"),
        (["compose", "house", "--bars", "10000"], "bars 10000 is out of range"),
        (["compose", "house", "--tempo", "0"], "tempo 0 is out of range; give 20 to 400"),
        (["compose", "house", "--tempo", "1e9"], "tempo 1e+09 is out of range"),
        (["compose", "house at 5000 bpm"], "5000"),
        (["compose", "house", "--key", "K sharp"], "key 'K sharp'"),
        (["compose", "house", "--chords", "Hm7"], "Hm7"),
        (["compose", "house", "--takes", "100"], "takes 100 is out of range; give 1 to 64"),
        (["compose", "house", "--engine", "magic"], "engine 'magic' is not known"),
        (["compose", "house", "--loop", "8", "--bars", "16"], "loop 8 and bars 16 contradict each other"),
        (["compose", "house", "--model", "nobody"], "model 'nobody' is not installed"),
        (["compose", "house", "--soundfont", "no.sf2"], "no.sf2"),
        (["compose", "house", "--drum-kit", "nowhere"], "nowhere"),
        (["compose", "house", "--sounds", "bass"], "write ROLE=DIR"),
        (["compose", "house with a bass between C0 and D0"], "the range 12-14 of bass lies outside"),
        (["compose", "house with a melody between C#4 and C#4 in C major"], "C major has no note"),
        (["brief"], "nothing to compose from"),
        (["again", "slower"], "no last take yet"),
        (["undo"], "no take before"),
        (["replay", "nowhere"], "does not exist"),
        (["compose", "pop", "--lock", "bas: range E1-G2"], "did you mean 'bass'"),
        (["compose", "pop", "--lock", "bass: range G2-E1"], "upside down"),
        (["compose", "pop", "--key", "C major", "--lock", "melody: pitches C#"], "key lock and pitch lock"),
        (["compose", "pop", "--chords", "Dm7 Gmj7"], "did you mean Gmaj7"),
        (["compose", "pop", "--drums", "x......"], "does not divide a bar"),
        (["compose", "pop", "--midi", "missing.mid"], "missing.mid"),
        (["compose", "pop", "--midi", "noise.mid"], "noise.mid"),
        (["compose", "pop", "--midi", "silent.mid"], "has no notes"),
        (["compose", "pop", "--bars", "3", "--seconds", "9"], "give one of them"),
        (["compose", "pop", "--tracks", "drums,bass", "--exclude", "bass"], "drop one of the two"),
        (["takes"], "no takes yet; compose some first"),
        (["takes", "star"], "which take? write: bandmate takes star NUMBER"),
        (["takes", "star", "1"], "no takes yet"),
        (["takes", "compare", "1"], "compare takes two to 6 takes"),
        (["again", "take the bass from take 2"], "no last take yet"),
        (["learn", "--name", "mine"], "learn from what?"),
        (["learn", "hollow", "--from-takes", "--name", "mine"], "learn from what?"),
        (["learn", "--from-takes", "--name", "../up"], "'../up' cannot be the name"),
        (["origin", "missing.mid"], "missing.mid: there is no such file"),
        (["origin", "silent.mid"], "silent.mid holds no notes"),
        (["origin", "hollow"], "hollow/take.json does not exist"),
        (["origin", "song.mid", "--model", "nobody"], "model 'nobody' is not installed"),
        (["compose", "house", "--no-copy", "7"], "no-copy 7 is out of range; give 8 to 64"),
        (["compose", "house", "--no-copy", "8", "--engine", "rules"], "no-copy needs a model that samples"),
        (["inspect", "missing.mid"], "missing.mid: there is no such file"),
        (["inspect", "empty.mid"], "empty.mid"),
        (["inspect", "noise.mid"], "noise.mid"),
        (["render", "noise.mid"], "noise.mid"),
        (["render", "silent.mid"], "no notes"),
        (["edit", "song.mid", "--trim", "90-99", "--out", "x.mid"], "bars 90-99 are not in the piece"),
        (["edit", "song.mid", "--out", "song.mid", "--transpose", "1"], "the file being edited"),
        (["edit", "song.mid"], "no edit was asked for"),
        (["convert", "missing.mid", "a.musicxml"], "missing.mid: there is no such file"),
        (["convert", "song.mid", "a.docx"], "'.docx' is no format written here"),
        (["convert", "song.mid", "song.mid"], "is the file that is read"),
        (["convert", "noise.mid", "a.musicxml"], "noise.mid"),
        (["convert", "song.mid", "silent.mid"], "silent.mid is there already and stays as it is"),
        (["edit", "song.mid", "--transpose", "1", "--out", "silent.mid"], "give another name, or --overwrite"),
        (["tokens", "song.mid", "--out", "garbage.txt"], "give another name, or --overwrite"),
        (["tokens", "garbage.txt", "--out", "silent.mid"], "give another name, or --overwrite"),
        (["fill", "song.mid", "--at", "2", "--out", "silent.mid"], "silent.mid is there already and stays as it is"),
        (["groove", "song.mid", "--style", "funk", "--out", "silent.mid"], "give another name, or --overwrite"),
        (["drumify", "song.mid", "--style", "house", "--out", "silent.mid"], "give another name, or --overwrite"),
        (["show", "song.mid", "--out", "taken.png"], "taken.png is there already and stays as it is"),
        (["listen", ".", "--out", "taken.html"], "taken.html is there already and stays as it is"),
        (["models", "export", "small", "--out", "silent.mid"], "give another name, or --overwrite"),
        (["hear", "empty.wav", "--midi", "silent.mid"], "silent.mid is there already and stays as it is"),
        (["takes", "compare", "1", "2", "--picture", "taken.png"], "taken.png is there already and stays as it is"),
        (["live-set", "read", "--out", "silent.mid"], "silent.mid is there already and stays as it is"),
        (["convert", "song.mid", "song.mid/x.mid"], "cannot be written"),
        (["export", "missing.mid", "--to", "ableton"], "missing.mid: there is no such file"),
        (["device", "play"], "invalid choice: 'play'"),
        (["device", "serve", "--port", "99999"], "port 99999 is none; give 1 to 65535"),
        (["device", "--out", "song.mid"], "cannot be written"),
        (["export", "song.mid", "--to", ","], "nothing to export to; give --to ableton"),
        (["export", "song.mid", "--to", "cubase5"], "'cubase5' is no project that is written here"),
        (["export", "song.mid", "--to", "abelton"], "did you mean 'ableton'?"),
        (["compose", "house", "--drum-map", "mpc"], "--drum-map lays out the projects of sequencers, and none"),
        (["compose", "house", "--split-drums"], "add one, such as --to ableton, or leave it out"),
        (["vary", "song.mid", "--drum-map", "mpc"], "--drum-map lays out the projects of sequencers, and none"),
        (["export", "song.mid", "--to", "ableton", "--drum-map", "my.yaml"], "drum map my.yaml: there is no such file"),
        (["export", "song.mid", "--to", "ableton", "--drum-map", "batery"], "did you mean 'battery'?"),
        (["export", "silent.mid", "--to", "ableton"], "silent has no notes"),
        (["export", "song.mid", "--to", "ableton", "--stems", "nowhere"], "nowhere is no folder"),
        (["export", "song.mid", "--to", "ableton", "--stems", "hollow"], "hollow holds no stems"),
        (["export", "song.mid", "--to", "ableton", "--stems", "broken"], "a.wav cannot be read as sound"),
        (["export", "song.mid", "--to", "ableton", "--drum-map", "tabla"], "drum map 'tabla' is not known"),
        (["export", "song.mid", "--to", "ableton", "--drum-map", "garbage.txt"], "garbage.txt, line 1"),
        (["export", "song.mid", "--to", "ableton", "--no-stems", "--out", "taken"], "is there already"),
        (["export", "song.mid", "--to", "ableton", "--no-stems", "--out", "song.mid/x"], "cannot be written"),
        (["export", "hollow", "--to", "ableton"], "take.json does not exist"),
        (["inspect", "noise.als"], "noise.als is no Live set that can be read"),
        (["tokens", "song.mid", "--as", "riddles"], "tokens as 'riddles' are not known"),
        (["tokens", "garbage.txt", "--out", "x.mid"], "garbage.txt"),
        (["tokens"], "which file?"),
        (["tokens", "song.mid", "--as", "event", "--set", "riddle=3"], "event.v1 has no option 'riddle'"),
        (["tokens", "song.mid", "--as", "event", "--set", "program=piano"], "program 'piano' is out of range"),
        (["tokens", "song.mid", "--as", "event", "--set", "program"], "--set 'program' is not understood"),
        (["tokens", "song.mid", "--as", "event", "--set", "encode_velocity=maybe"], "neither true nor false"),
        (["tokens", "song.mid", "--set", "program=3"], "trackbar.v1 has no option 'program'"),
        (["tokens", "song.mid", "--as", "grid", "--set", "program=3"], "grid.v1 has no options"),
        (["tokens", "--vocabulary", "riddles"], "tokens as 'riddles' are not known"),
        (["learn", "nowhere", "--name", "mine"], "nowhere"),
        (["convert", "song.mid", f"{'x' * 300}.mid"], "give a shorter name"),
        (["convert", "song.mid", "song"], "a name without a suffix names no format; end the name in .mid"),
        (["show", "song.mid", "--as", "library"], "song.mid is no library; give a folder of music, of shards"),
        (["show", "song.mid", "--width", "0"], "width 0 is out of range"),
        (["tokens", "song.mid", "silent.mid"], "'silent.mid' is one word too many"),
        (["tokens", "--vocabulary", ""], "tokens as '' are not known"),
        (["tokens", "rows.txt", "--out", "x.mid"], "rows.txt holds rows of the grid, which are only written"),
        (["metrics", "none"], "none is not there; give a file or a folder of music"),
        (["library", "report", "song.mid"], "song.mid is a file; give a folder of shards"),
        (["library", "merge", "nowhere"], "nowhere is not there; give a folder of shards"),
        (["library", "ingest", "alone", "--to", "song.mid"], "song.mid is a file, not a folder; choose another place"),
        (["hear", "empty.wav"], "empty.wav is empty; record or export it again"),
        (["metrics", "song.mid", "--against", "none"], "--against none is not there; give a file of music"),
        (["metrics", "alone", "--against", "none"], "--against none is not there; give a folder of music"),
        (["library", "merge"], "which folder? write: bandmate library merge SHARDS"),
        (["library", "ingest"], "which folder? write: bandmate library ingest MUSIC --to SHARDS"),
        (["library", "report", "alone"], "alone holds no shards; give a folder that was made by"),
        (["library", "ingest", "alone", "--to", "alone"], "is the folder of music that is read"),
        (["library", "ingest", "alone", "--to", "x", "--executor", "nope"], "executor 'nope' is not known; give"),
        (["learn", "hollow", "--name", "mine"], "hollow"),
        (["learn", "hollow", "--name", "../up"], "'../up' cannot be the name"),
        (["listen"], "which takes?"),
        (["listen", "nowhere"], "nowhere is no folder"),
        (["listen", "hollow"], "hollow holds no takes"),
        (["listen", "broken"], "broken holds nothing that can be played"),
        (["listen", "alone", "--pairs", "--seconds", "1"], "A/B needs two"),
        (["listen", "alone", "--seconds", "1", "--out", "song.mid/x.html"], "song.mid is a file, not a folder"),
        (["listen", "alone", "--seconds", "nan"], "seconds nan is out of range"),
        (["listen", "alone", "--pairs", "--ratings"], "not allowed with"),
        (["listen", "alone", "--results", "garbage.txt"], "not both"),
        (["listen", "--results", "none*.csv"], "none*.csv cannot be read"),
        (["listen", "--results", "garbage.txt"], "garbage.txt holds no answers of a listening page"),
        (["evaluate"], "either a folder of pieces or a model"),
        (["evaluate", "--pieces", "hollow"], "hollow holds no music"),
        (["evaluate", "--pieces", "noise.mid"], "noise.mid"),
        (["evaluate", "--pieces", ".", "--kind", "choir"], "kind 'choir' is not known"),
        (["evaluate", "--model", "rules", "--takes", "0"], "takes 0 is out of range"),
        (["evaluate", "--model", "nobody"], "model 'nobody' is not installed"),
        (["evaluate", "--model", "rules", "--genre", "polka"], "genre 'polka' is not known"),
        (["models", "export", "nobody"], "model 'nobody' is not installed"),
        (["models", "import", "noise.mid"], "is not a model file"),
        (["models", "remove"], "which model?"),
    ],
)  # fmt: skip
def test_one_sentence_and_nothing_is_lost(bandmate, song, words: list[str], sentence: str) -> None:
    data = song.read_bytes()
    Path("empty.mid").write_bytes(b"")
    Path("empty.wav").write_bytes(b"")
    Path("rows.txt").write_text("START\nTEMPO tempo=126\n", encoding="utf-8")
    Path("noise.mid").write_bytes(bytes(range(256)) * 8)
    Path("silent.mid").write_bytes(data[:8] + b"\0\0\0\1\1\xe0" + b"MTrk\0\0\0\4\0\xff\x2f\0")
    Path("garbage.txt").write_text("WHAT IS THIS", encoding="utf-8")
    for name in ("taken.png", "taken.html"):
        Path(name).write_text("mine", encoding="utf-8")
    for name in ("hollow", "broken", "alone"):
        Path(name).mkdir()
    Path("noise.als").write_bytes(b"no set")
    (Path("taken") / "song Project").mkdir(parents=True)
    (Path("broken") / "a.wav").write_bytes(b"RIFF and no more")
    (Path("alone") / "one.mid").write_bytes(data)
    (Path("hollow") / "notes.txt").write_text("no music", encoding="utf-8")
    before = _content()
    said = bandmate(*words)
    assert said.code == 2, said
    assert said.err.startswith("bandmate: ")
    assert said.err.count("\n") == 1
    assert sentence in said.err
    assert _content() == before


def test_a_full_disk_is_said_and_what_was_there_stays(bandmate, monkeypatch) -> None:
    assert bandmate("compose", "house", *SMALL, "--out", "one").code == 0
    before = _content()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("bandmate.io.atomic.os.fsync", full)
    said = bandmate("compose", "house", *SMALL, "--out", "two")
    assert said.code == 2
    assert "No space left" in said.err or "disk is full" in said.err
    assert {path: data for path, data in _content().items() if path in before} == before
    assert not list(Path.cwd().rglob("*.part*"))


def test_an_interrupted_write_leaves_the_old_file(bandmate, song, monkeypatch) -> None:
    target = Path("new.mid")
    target.write_bytes(b"the old one")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    assert bandmate("edit", "song.mid", "--transpose", "1", "--out", "new.mid", "--overwrite").code == 130
    assert target.read_bytes() == b"the old one"
    assert not list(Path.cwd().rglob("*.part*"))


def test_weights_with_a_wrong_hash_or_of_another_kind_are_refused(bandmate) -> None:
    folder = models_folder() / "mine"
    folder.mkdir(parents=True)
    (folder / WEIGHTS_FILE).write_bytes(b"no weights at all")
    said = bandmate("compose", "house", "--model", "mine", "--bars", "2", "--out", "x")
    assert said.code == 2
    assert str(folder) in said.err
    (folder / "card.json").write_text(json.dumps({"sha256": "0" * 64}), encoding="utf-8")
    said = bandmate("compose", "house", "--model", "mine", "--bars", "2", "--out", "x")
    assert said.code == 2
    assert "its card says 000000000000" in said.err
    assert not Path("x").exists()


def test_a_folder_that_cannot_be_written_is_named(bandmate) -> None:
    Path("file").write_text("x", encoding="utf-8")
    said = bandmate("compose", "house", *SMALL, "--out", "file/below")
    assert said.code == 2
    assert "cannot be made" in said.err


def _heed_interrupts() -> None:
    """A run in the background may have been told to ignore them, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_ctrl_c_keeps_the_finished_takes(tmp_path) -> None:
    words = [
        "compose",
        "house",
        "--bars",
        "16",
        "--takes",
        "8",
        "--seed",
        "1",
        "--engine",
        "rules",
        "--out",
        "many",
        "--json",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "bandmate", *words], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        preexec_fn=_heed_interrupts,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if json.loads(line)["event"] == "take":
            process.send_signal(signal.SIGINT)
            break
    rest = process.communicate(timeout=120)
    assert process.returncode == 130, rest
    finished = json.loads((Path("many") / "take-1" / "take.json").read_text(encoding="utf-8"))
    assert "mix.wav" in finished["files"]
    assert not list(Path("many").rglob("*.part*"))
