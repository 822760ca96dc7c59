"""doctor: every finding has a state, and what is broken has a cure."""

from __future__ import annotations

import sys

import pytest

from bandmate.settings import FILE_NAME
from bandmate.workflows.doctor import examine


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def test_a_whole_install_is_healthy() -> None:
    examination = examine()
    assert examination.healthy, [finding for finding in examination.findings if finding.state == "broken"]
    names = {finding.name for finding in examination.findings}
    assert {"python", "numpy", "torch", "numba", "soundfont", "music folder"} <= names


def test_a_missing_part_is_named_with_its_cure(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)
    examination = examine()
    broken = [finding for finding in examination.findings if finding.state == "broken"]
    assert not examination.healthy
    assert "soundfile" in {finding.name for finding in broken}
    assert all(finding.cure for finding in broken)


def test_a_wrong_settings_file_is_found(tmp_path) -> None:
    (tmp_path / FILE_NAME).write_text("tempoo = 3", encoding="utf-8")
    found = {finding.name: finding for finding in examine().findings}
    assert found[FILE_NAME].state == "broken"
    assert "did you mean 'tempo'" in found[FILE_NAME].detail
