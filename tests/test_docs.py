"""The pages run: every command and every Python block of the README and of docs/, in one temporary folder each."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.sounds import drum_loop, save

from bandmate.cli.main import COMMANDS, main
from bandmate.evaluation.listening import COLUMNS, QUESTIONS
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief

ROOT = Path(__file__).parents[1]
PAGES = (
    "docs/TOKENS.md",
    "README.md", "docs/USING.md", "docs/PYTHON.md", "docs/LISTENING.md", "docs/HEARING.md",
    "docs/LOCKS.md", "docs/ORIGIN.md", "docs/REWORKING.md", "docs/ABLETON.md", "docs/DAW.md", "docs/AUDIO.md",
    "docs/MCP.md", "docs/FORMATS.md", "docs/METRICS.md", "docs/LIBRARY.md", "docs/DATASETS.md",
    "docs/PICTURES.md",
)  # fmt: skip
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [body for name, body in _BLOCK.findall(text) if name == language]


def commands(page: str) -> list[str]:
    lines = "\n".join(blocks(page, "console")).splitlines()
    return [line[2:] for line in lines if line.startswith("$ bandmate ")]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a folder of music and answers of a listener, as a reader would have them."""
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    work = tmp_path / "work"
    (work / "my-midi").mkdir(parents=True)
    for number, genre in enumerate(("house", "funk", "rock", "jazz_swing", "trap")):
        score = play(make_plan(Brief(genre=genre, bars=8), number), number)
        score.write(work / "my-midi" / f"{genre} {score.bpm:.0f}bpm.mid")
    score.write(work / "my-midi" / "breaks.mid")
    save(drum_loop(112, 2), work / "loop.wav")
    answer = "anna,5f1c2b7a,1,model/house,model,keep,4,21.5,2026-01-01T10:00:00Z"
    (work / "answers-anna.csv").write_text(",".join(COLUMNS) + f"\n{answer}\n", encoding="utf-8")
    monkeypatch.chdir(work)
    return work


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)])
def test_every_command_of_a_page_runs(folder, capsys, page: str) -> None:
    for line in commands(page):
        words = shlex.split(line, comments=True)[1:]
        code = main(words)
        assert code == 0, f"{page}: {line}\n{capsys.readouterr().err}"


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")])
def test_every_python_block_of_a_page_runs(folder, page: str) -> None:
    code = "\n".join(blocks(page, "python"))
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_using_names_every_command() -> None:
    named = {line.split()[1] for line in commands("docs/USING.md")}
    assert named == set(COMMANDS)


def test_the_page_about_listening_has_every_question_and_column() -> None:
    text = (ROOT / "docs/LISTENING.md").read_text(encoding="utf-8")
    assert not [name for name in COLUMNS if f"| `{name}`" not in text]
    assert not [q.name for q in QUESTIONS if f"| `{q.name}` | {q.text} | {q.low} | {q.high} |" not in text]


def test_the_readme_says_what_it_has_to() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for promise in ("No network, no account, no telemetry", "uv tool install", "pipx install", "pip install",
                    "Intel Macs", "Windows on ARM", "python3 dev.py test", "python3 dev.py song"):  # fmt: skip
        assert promise in text, promise


@pytest.mark.parametrize("page", [*PAGES, "docs/DEVELOPING.md", "docs/CORPORA.md", "CHANGELOG.md"])
def test_every_link_to_a_file_leads_somewhere(page: str) -> None:
    place = (ROOT / page).parent
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))
    missing = [link for link in links if not (place / link).exists()]
    assert not missing


def test_no_network_module_is_imported_but_where_it_is_asked_for() -> None:
    code = (
        "import sys, pkgutil, importlib, bandmate\n"
        "[importlib.import_module(m.name) for m in pkgutil.walk_packages(bandmate.__path__, 'bandmate.')"
        " if not m.name.endswith('__main__')]\n"
        "import bandmate.workflows.compose\n"
    )
    sources = list((ROOT / "src").rglob("*.py"))
    pattern = re.compile(r"^\s*(?:import|from)\s+(socket|urllib\.request|http\.client|requests|ftplib|smtplib)\b", re.M)
    found = sorted(path.name for path in sources if pattern.search(path.read_text(encoding="utf-8")))
    # link.py and device.py speak with a program on this machine, fetch.py is `datasets download`
    assert found == ["device.py", "fetch.py", "link.py"]
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": ""},
    )
    assert done.returncode == 0, done.stderr
