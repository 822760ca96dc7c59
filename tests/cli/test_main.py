"""The frame of the command line: help, unknown commands and options, exit codes, --json, the log."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bandmate.cli import main as cli
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief


def test_without_a_command_it_helps(bandmate) -> None:
    said = bandmate()
    assert said.code == 0
    assert all(name in said.out for name in cli.COMMANDS)
    assert bandmate("--help").out == said.out


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_explains_itself(bandmate, name: str) -> None:
    said = bandmate(name, "--help")
    assert said.code == 0
    assert said.out.startswith(f"usage: bandmate {name}")
    assert "--json" in said.out


def test_every_command_has_a_file_and_every_file_a_command() -> None:
    folder = Path(cli.__file__).parent / "commands"
    files = {path.stem.replace("_", "-") for path in folder.glob("*.py")} - {"--init--"}
    assert files == set(cli.COMMANDS)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["compos", "house"], "did you mean 'compose'?"),
        (["xyzzy"], "commands: compose, again"),
        (["compose", "house", "--tmepo", "120"], "did you mean --tempo?"),
        (["inspect"], "see: bandmate inspect --help"),
        (["compose", "house", "--tempo", "fast"], "invalid float value: 'fast'"),
        (["compose", "house", "--bars", "2.5"], "invalid int value: '2.5'"),
    ],
)
def test_a_slip_is_one_sentence_with_a_hint(bandmate, words: list[str], hint: str) -> None:
    said = bandmate(*words)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("bandmate: ")
    assert said.err.count("\n") == 1
    assert hint in said.err


def test_json_errors_are_one_object_and_one_line(bandmate) -> None:
    said = bandmate("inspect", "no.mid", "--json")
    assert said.code == 2
    assert json.loads(said.out)["exit_code"] == 2
    assert json.loads(said.err)["event"] == "error"


def test_our_mistake_is_logged_with_its_place(bandmate, monkeypatch, tmp_path) -> None:
    from bandmate.cli.commands import doctor

    def broken(*_: object) -> int:
        raise ZeroDivisionError("our slip")

    monkeypatch.setattr(doctor, "run", broken)
    said = bandmate("doctor")
    log = tmp_path / "home" / "log" / "bandmate.log"
    assert said.code == 1
    assert str(log) in said.err
    assert "our slip" in said.err
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (OSError(28, "No space left on device", "/full/mix.wav"), 2, "the disk is full at /full/mix.wav"),
        (PermissionError(13, "Permission denied", "/locked"), 2, "Permission denied at /locked"),
        (MemoryError(), 2, "not enough memory"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_what_the_system_refuses_is_said_plainly(bandmate, monkeypatch, error, code: int, sentence: str) -> None:
    from bandmate.cli.commands import doctor

    def refused(*_: object) -> int:
        raise error

    monkeypatch.setattr(doctor, "run", refused)
    said = bandmate("doctor")
    assert said.code == code
    assert sentence in said.err


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run([sys.executable, "-m", "bandmate", "--version"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("bandmate 0.")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from bandmate.cli.main import main; main(['--help']); main(['compose', '--help']);"
        "print([n for n in ('numpy', 'scipy', 'onnxruntime', 'PIL', 'torch', 'platformdirs') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")


@pytest.mark.parametrize(
    "words",
    [
        ["edit", "song.mid", "--transpose", "1", "--out", "new.mid"],
        ["groove", "song.mid", "--style", "funk", "--out", "new.mid"],
        ["regenerate", "song.mid", "busier", "--tracks", "bass", "--engine", "rules", "--out", "new.mid"],
    ],
)  # fmt: skip
def test_edits_write_projects_beside_their_file(bandmate, words) -> None:
    play(make_plan(Brief(genre="house", bars=2), 1), 1).write("song.mid")
    said = bandmate(*words, "--to", "reaper", "--json")
    assert said.code == 0, said.err
    assert [Path(path).name for path in json.loads(said.out)["projects"]] == ["new.rpp"]
    assert Path("new REAPER/new.rpp").is_file()
    said = bandmate(*words, "--to", "reaper", "--drum-map", "tabla")
    assert (said.code, "drum map 'tabla'" in said.err) == (2, True)
