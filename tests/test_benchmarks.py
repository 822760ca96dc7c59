"""Every benchmark runs on its small built-in input and ends in one JSON object with the figures it promises."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "benchmarks"
HELPERS = {"model_weights", "fillers", "timing", "fit_analysis"}  # imported by others; the last needs a corpus

# name: small arguments, keys that its JSON object must have, modules without which it cannot run
SMALL = {
    "ablations": (["--steps", "2", "--judge", "1", "--variants", "base", "no_form"], ("base", "no_form"), ("torch",)),
    "analysis_accuracy": (["--files", "1"], (), ()),
    "controls": (["--size", "tiny", "--bars", "2", "--genres", "1"], ("met", "rows", "cells"), ()),
    "copies": (["--files", "20"], ("false_alarms", "quotes_found"), ()),
    "live_set": (["--edits", "2"], ("right", "reported", "wrong"), ()),
    "daw_formats": (["--count", "3", "--minutes", "0.1", "--tracks", "2"], ("scores", "wrong", "seconds"), ()),
    "diversity": (
        ["--engine", "rules", "--bars", "4", "--takes", "2", "--briefs", "1", "--candidates", "1", "--genres", "house"],
        ("mean", "briefs"),
        (),
    ),
    "edits": (
        ["--edits", "20", "--bars", "2", "--size", "tiny", "--no-seconds"], ("untouched", "nearer"), ()
    ),
    "genres": (
        ["--size", "tiny", "--takes", "1", "--bars", "2", "--fit-each", "2", "--test-each", "1"], ("rows", "alike"), ()
    ),
    "grid_speed": (["--files", "1", "--rounds", "1"], (), ("miditok",)),
    "groovebook": (["--seeds", "1", "--bars", "2"], (), ()),
    "guidance": (["--size", "tiny", "--genres", "1", "--bars", "2", "--strengths", "1", "2"], ("1", "2"), ()),
    "grooves": (["--clips", "1"], ("typed", "like", "drummer"), ()),
    "harmonise": ([], ("ours", "all I"), ()),
    "hearing_audio": (["--clips", "1", "--lines", "1"], ("band", "line", "kind"), ("swift_f0",)),
    "ingest": (["--files", "40", "--workers", "1", "--pairs", "1"], ("shards_two_times_as_fast",), ("pyarrow",)),
    "labelling_speed": (["--files", "1", "--repeats", "1"], (), ()),
    "learn_methods": (
        ["--songs", "4", "--size", "tiny", "--minutes", "0", "--judge-steps", "1"], ("rows", "best"), ("torch",)
    ),
    "learn_songs": (
        ["--songs", "6", "--size", "tiny", "--minutes", "0", "--takes", "1", "--bars", "2", "--workers", "1",
         "--likeness", "5"],
        ("loss_before", "loss_after", "copied", "minutes", "likeness"),
        ("torch",),
    ),
    "long_form": (["--size", "tiny", "--bars", "1,2"], (), ()),
    "musicxml": (["--step", "300", "--rounds", "1"], ("ratio", "equal"), ("music21",)),
    "mcp_start": (["--bars", "1", "--engine", "rules"], ("idle", "first_take_mb"), ("mcp",)),
    "metrics": (["--pieces", "1", "--repeat", "1"], ("pieces", "notes"), ()),
    "midi_doors": (["--sample", "1", "--repeat", "1"], ("corpus", "library_door"), ("mido",)),
    "random_takes": (["--count", "6", "--workers", "1"], ("takes", "failures"), ()),
    "moods": (
        ["--size", "tiny", "--moods", "2", "--genres", "1", "--seeds", "1", "--bars", "2"], ("rules", "model"), ()
    ),
    "origin": (
        ["--notes", "3000", "--quotes", "4", "--bars", "2", "--takes", "2", "--no-copy", "8"],
        ("library", "quotes", "no_copy_off", "no_copy_8"),
        (),
    ),
    "preference": (["--takes", "12", "--bars", "2", "--listeners", "spare"], ("line", "spare"), ("torch",)),
    "prompts": (["--size", "tiny", "--most", "2"], ("table", "night"), ()),
    "report_card": (["--pieces", "12", "--takes", "6", "--sets", "rules,markov"], ("inside", "means", "auc"), ()),
    "rendering": (["--bars", "1"], (), ()),
    "representations": (["--rounds", "1"], ("forms", "miditok_notes_per_sec"), ("miditok",)),
    "sampling": (
        ["--size", "tiny", "--bars", "2", "--repeats", "1", "--batch", "3", "--equal", "2", "--equal-bars", "1",
         "--points", "2"],
        ("speed", "agreement", "free_sampling"),
        (),
    ),
    "shared_runs": (["--takes", "2", "--rules", "3", "--size", "tiny"], ("people", "model"), ()),
    "tune_sampling": (
        ["--size", "tiny", "--frames", "6", "--each", "1", "--bars", "16", "--variants", "default"],
        ("default",),
        ("torch",),
    ),
    "sound": (["--genres", "house", "--bars", "1"], (), ()),
    "steps": (["--engine", "rules", "--genres", "1", "--bars", "2", "--candidates", "1"], ("genres", "rows"), ()),
    "stages": (
        ["--engine", "rules", "--bars", "4", "--takes", "2", "--briefs", "1", "--candidates", "2",
         "--stages", "repair"],
        ("stages", "takes"),
        (),
    ),
    "takes_report": (["--size", "tiny", "--takes", "2", "--bars", "2"], ("all", "genres"), ()),
    "touch": (["--seeds", "1"], ("rock", "jazz"), ()),
    "trackbar_speed": (["--files", "1", "--rounds", "1"], (), ("miditok",)),
    "words": (["--repeat", "1"], (), ()),
}  # fmt: skip
SLOW = {
    "main_job": (["--engine", "rules", "--runs", "1"], (), ()),
}


def last_object(text):
    """The JSON object at the end of what was printed, on one line or on many."""
    lines = text.strip().splitlines()
    start = max(index for index, line in enumerate(lines) if line.startswith("{"))
    return json.loads("\n".join(lines[start:]))


def run(name, arguments, tmp_path):
    environment = os.environ | {"BANDMATE_HOME": str(tmp_path), "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, str(FOLDER / f"{name}.py"), *arguments], cwd=tmp_path, env=environment,
                          capture_output=True, text=True, encoding="utf-8", timeout=300)  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return last_object(done.stdout)


def test_every_benchmark_is_run_here():
    assert {path.stem for path in FOLDER.glob("*.py")} == {*SMALL, *SLOW, *HELPERS}


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_runs_on_its_small_input(name, tmp_path):
    arguments, keys, needed = SMALL[name]
    if any(find_spec(module) is None for module in needed):
        pytest.skip(f"needs {', '.join(needed)}")
    found = run(name, arguments, tmp_path)
    assert found and set(keys) <= found.keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_runs_from_outside(name, tmp_path):
    assert run(name, SLOW[name][0], tmp_path)


@pytest.mark.slow
def test_learn_methods_keeps_finished_runs(tmp_path):
    """A second sitting takes the first one's runs as they are, and runs of another setting are refused."""
    pytest.importorskip("torch")
    arguments = [*SMALL["learn_methods"][0], "--methods", "prefix", "--processor", "--keep", "kept"]
    first = run("learn_methods", arguments, tmp_path)
    (kept,) = (tmp_path / "kept").iterdir()
    assert json.loads(kept.read_text(encoding="utf-8")) == first["rows"][0]
    kept.write_text(json.dumps(first["rows"][0] | {"after": 1.5}), encoding="utf-8")
    assert run("learn_methods", arguments, tmp_path)["rows"][0]["after"] == 1.5
    with pytest.raises(AssertionError, match="is of another setting"):
        run("learn_methods", [*arguments, "--minutes", "1"], tmp_path)


def test_learn_methods_does_what_is_most_wanted_first(monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(str(FOLDER))
    import learn_methods as bench

    order = bench.runs(bench.SIZES, ("full", "prefix"))
    assert [(songs, seed) for songs, seed, method in order if method == "full"] == [
        (20, 0), (5, 0), (50, 0), (20, 1), (20, 2), (200, 0)]  # fmt: skip
    assert [method for *_, method in order[:2]] == ["full", "prefix"]


def test_random_takes_sees_what_is_wrong(monkeypatch):
    """The checks of random_takes can fail: a take with a note outside the key, the range and the end is told of."""
    monkeypatch.syspath_prepend(str(FOLDER))
    from dataclasses import replace

    import random_takes as bench

    from bandmate.groovebook.plan import make_plan
    from bandmate.score.brief import Brief
    from bandmate.score.model import make_notes
    from bandmate.score.pitch import Key

    brief = Brief(genre="pop", bars=2, key=Key(0, "major"), tempo=100.0, meter=(4, 4))
    plan = make_plan(brief, 0)
    (take,) = bench.write_takes(plan, [0], bench.weights_of("tiny", 0))
    assert bench.problems(brief, plan, take.score) == []
    place = next(i for i, track in enumerate(plan.tracks) if track.role == "bass")
    bad = make_notes([0, 3800], [10, 400], [61, 127], channel=1)
    tracks = [*take.score.tracks]
    tracks[place] = replace(tracks[place], notes=bad)
    wrong = " ".join(bench.problems(brief, plan, replace(take.score, tracks=tuple(tracks))))
    for words in ("past the end", "leaves its range", "leaves C major"):
        assert words in wrong
    shorter = replace(brief, bars=3, tempo=90.0, excluded=("bass",))
    assert len(bench.problems(shorter, plan, take.score)) == 3


def test_sampling_finds_where_takes_part(monkeypatch):
    """Weights that differ a little give takes that part where a draw lies on a boundary; far ones anywhere."""
    monkeypatch.syspath_prepend(str(FOLDER))
    from dataclasses import replace

    import numpy as np
    import sampling as bench
    from model_weights import random_weights

    plan, weights, real = bench.plan_of(2), random_weights("tiny"), bench.recorded
    draw = np.random.default_rng(2)
    noise = {n: draw.normal(0, 1, weights.tensors[n].shape).astype(np.float32) for n in sorted(weights.tensors)}
    for size, all_on_boundary in ((3e-5, True), (0.3, False)):
        other = replace(weights, tensors={n: t + np.float32(size) * noise[n] for n, t in weights.tensors.items()})
        monkeypatch.setattr(
            bench, "recorded", lambda p, w, engine, seed, o=other: real(p, o if engine == "onnx" else w, "numpy", seed)
        )
        found = bench.equality(plan, weights, 40)
        assert found["differing"] == len(found["margins"]) == 40 - found["equal"] > 0
        assert (found["first_difference_on_boundary"] == found["differing"]) == all_on_boundary
