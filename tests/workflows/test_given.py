"""Which track of a given file is sung."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.errors import ScoreError
from bandmate.io.files import write
from bandmate.score.model import EVENT, Score, Track, make_notes
from bandmate.workflows.arrange import arrange
from bandmate.workflows.given import melody_of
from bandmate.workflows.harmonise import harmonise, reharmonise
from bandmate.workflows.restyle import restyle


def _all_in_one() -> Score:
    """A band in one track on three channels."""
    rows = [(0, i, 0xC0, i, program, 0, -1) for i, program in enumerate((0, 33, 48))]
    notes = make_notes(np.arange(12) * 480, 400, 60 + np.arange(12) % 3, channel=np.arange(12) % 3)
    return Score((Track("all", 0, False, notes, np.array(rows, EVENT)),))


def test_a_band_in_one_track_has_no_melody_and_is_sent_to_be_split(tmp_path) -> None:
    path = write(_all_in_one(), tmp_path / "all.mid")
    for make in (
        lambda: melody_of(_all_in_one(), None),
        lambda: melody_of(_all_in_one(), "1"),
        lambda: harmonise(path),
        lambda: reharmonise(path),
        lambda: arrange(path, form="verse 2, chorus 2"),
        lambda: restyle(path, to="house", engine="rules"),
    ):
        with pytest.raises(ScoreError, match=r"track \d holds 3 instruments.*--split-channels"):
            make()
    assert [file.name for file in tmp_path.iterdir()] == ["all.mid"]
