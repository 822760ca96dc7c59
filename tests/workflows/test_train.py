"""Takes drawn while training: MIDI that reads, a picture beside it."""

import pytest


def test_samples_of_a_model_in_training_are_written(tmp_path) -> None:
    pytest.importorskip("torch")
    from bandmate.io.files import read
    from bandmate.models.grid import GridModel
    from bandmate.models.grid_config import load_size
    from bandmate.tokenizers.grid_table import FIELDS, HEADS
    from bandmate.workflows.train import BARS, GENRES, draw_samples

    paths = draw_samples(GridModel(load_size("tiny", FIELDS, HEADS)), 40, tmp_path)
    assert [path.name for path in paths] == [f"000040-{genre}.mid" for genre in GENRES]
    for path in paths:
        score = read(path)
        assert score.note_count > 0 and score.last_ticks <= BARS * 1920
        assert path.with_suffix(".png").stat().st_size > 1000
