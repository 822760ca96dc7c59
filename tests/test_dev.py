"""dev.py: the one entry for development."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def dev():
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_needs_the_standard_library_alone() -> None:
    tree = ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"), feature_version=(3, 7))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names] + [
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
    ]
    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names)


def test_without_a_command_it_explains_itself(dev, capsys) -> None:
    assert dev.main([]) == 0
    assert dev.main(["sing"]) == 2
    said = capsys.readouterr().out
    assert all(f"dev.py {name}" in said for name in dev.COMMANDS)


def test_an_old_python_hands_over_or_says_what_it_needs(dev, monkeypatch, capsys) -> None:
    monkeypatch.setattr(dev, "NEEDS", (99, 0))
    monkeypatch.setattr(dev.shutil, "which", lambda _: None)
    assert dev.main(["test"]) == 2
    assert "Bandmate needs Python 3.11 or later" in capsys.readouterr().out
    calls = []
    monkeypatch.setattr(dev, "NEEDS", (3, 11))
    monkeypatch.setattr(dev.sys, "version_info", (3, 9, 1))
    monkeypatch.setattr(dev.shutil, "which", lambda name: "/opt/python3.12" if name == "python3.12" else None)
    monkeypatch.setattr(dev, "run", lambda command, **_: calls.append(command) or 0)
    assert dev.main(["song"]) == 0
    assert calls[-1][0] == "/opt/python3.12"
    assert calls[-1][-1] == "song"


def test_arguments_reach_pytest_and_a_single_file_is_not_spread(dev, monkeypatch) -> None:
    calls = []
    monkeypatch.setattr(dev, "environment", lambda _: Path("python"))
    monkeypatch.setattr(dev, "run", lambda command, **_: calls.append(command) or 0)
    dev.main(["test"])
    dev.main(["test", "tests/cli", "-x"])
    assert "-n" in calls[0]
    assert calls[1] == ["python", "-m", "pytest", "tests/cli", "-x"]


def test_benchmarks_are_found_by_name(dev, monkeypatch, capsys) -> None:
    calls = []
    monkeypatch.setattr(dev, "environment", lambda _: Path("python"))
    monkeypatch.setattr(dev, "run", lambda command, **_: calls.append(command) or 0)
    assert dev.main(["bench"]) == 0
    assert "main_job" in capsys.readouterr().out
    assert dev.main(["bench", "nothing"]) == 2
    assert dev.main(["bench", "main_job", "--runs", "1"]) == 0
    assert calls == [["python", str(ROOT / "benchmarks" / "main_job.py"), "--runs", "1"]]
