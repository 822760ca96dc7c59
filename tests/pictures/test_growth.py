"""The picture of how quantities grow with size."""

import pytest
from PIL import Image

from bandmate.errors import OutputError
from bandmate.pictures.growth import draw_growth


def test_each_quantity_has_a_panel(tmp_path) -> None:
    one = draw_growth([16, 64], {"seconds": [1.0, 4.0]}, tmp_path / "one.png", title="one")
    two = draw_growth([16, 64, 256], {"s": [1, 4, 17], "MB": [0, 30, 30]}, tmp_path / "two.png", title="two")
    with Image.open(one) as small, Image.open(two) as large:
        assert large.width > small.width
        assert len(small.convert("RGB").getcolors(2**16) or []) > 3


def test_a_place_that_is_none_is_said(tmp_path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="file"):
        draw_growth([1, 2], {"s": [1, 2]}, tmp_path / "file" / "x.png", title="t")
