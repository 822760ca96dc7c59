from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bandmate.errors import FileFormatError
from bandmate.pictures.curves import HELD_OUT, TRAIN, _span, _ticks, draw_curves, read_curves, smooth


def write_log(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"step": 99, "lo', encoding="utf-8")
    return path


ROWS = [
    {"step": n, "time": 1.0, "pitch": 3 - n / 50, "loss": 10 - n / 10, "valid/loss": 11 - n / 10} for n in range(50)
]


def test_curves_are_read_by_name_loss_first_and_a_broken_line_left_out(tmp_path):
    curves = read_curves(write_log(tmp_path / "log.jsonl", [*ROWS, {"step": 49, "loss": 4.0}]))
    assert [curve.name for curve in curves] == ["loss", "pitch"]
    assert (curves[0].train[49], curves[0].valid[0], len(curves[0].train)) == (4.0, 11.0, 50)


def test_both_curves_are_drawn(tmp_path):
    path = draw_curves(write_log(tmp_path / "log.jsonl", ROWS), tmp_path / "c.png")
    picture = np.asarray(Image.open(BytesIO(path.read_bytes()))).astype(int)
    for colour in (TRAIN, HELD_OUT):
        assert (np.abs(picture - np.array(colour)).max(axis=2) < 3).sum() > 1000


def test_one_point_is_enough(tmp_path):
    assert draw_curves(write_log(tmp_path / "log.jsonl", ROWS[:1]), tmp_path / "c.png").stat().st_size > 1000


@pytest.mark.parametrize(
    "content", [b"", b"no json\n", b'{"step": "x"}\n', b"[1]\n", b"\xff\xff", b'{"step": 1, "loss": NaN}']
)
def test_a_log_that_is_none_is_named(tmp_path, content):
    (tmp_path / "log.jsonl").write_bytes(content)
    with pytest.raises(FileFormatError, match=r"log\.jsonl"):
        draw_curves(tmp_path / "log.jsonl", tmp_path / "c.png")
    with pytest.raises(FileFormatError, match=r"gone\.jsonl"):
        draw_curves(tmp_path / "gone.jsonl", tmp_path / "c.png")


def test_ticks_are_round_and_inside():
    assert _ticks(0.03, 1.02, 5) == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert _ticks(0, 20_000, 4) == [0, 5000, 10_000, 15_000, 20_000]


def test_a_wild_first_value_does_not_flatten_the_rest():
    low, high = _span([500.0, *np.linspace(5, 3, 200)])
    assert low < 3
    assert high < 6


def testsmoothing_keeps_the_mean_level():
    values = {n: float(n % 2) for n in range(400)}
    middle = [value for _, value in smooth(values)][50:-50]
    assert np.allclose(middle, 0.5, atol=0.05)
