"""Guidance: at strength 1 nothing changes, beyond it what was told counts more."""

import numpy as np

from bandmate.generation.compose import WriteOptions, make_engine
from bandmate.generation.engine import Heads
from bandmate.generation.guidance import GuidedEngine, GuidedHeads, untold
from bandmate.tokenizers.grid_table import COLUMN, FIELDS, HEADS, LEVEL_EMPTY, Kind


def rows_of(level: int) -> np.ndarray:
    rows = np.zeros((1, 4, len(FIELDS)), np.int16)
    rows[0, :, 0] = [Kind.START, Kind.TRACK, Kind.WRITE, Kind.CELL]
    rows[0, 1, COLUMN["value2"]] = 5
    rows[0, 3, [COLUMN["track"], COLUMN["bar"], COLUMN["value1"]]] = 1, 1, level
    return rows


def test_untold_rows_keep_their_kind_and_place() -> None:
    rows = rows_of(LEVEL_EMPTY + 4)
    bare = untold(rows)
    assert (bare[0, :, 0] == rows[0, :, 0]).all() and bare[0, 3, COLUMN["bar"]] == 1
    assert bare[0, 3, COLUMN["value1"]] == 0 and bare[0, 1, COLUMN["value2"]] == 0
    assert rows[0, 3, COLUMN["value1"]] == LEVEL_EMPTY + 4  # the rows themselves stay


def test_guidance_of_one_gives_the_models_own_logits_and_more_leans_on_what_was_told(tiny_weights) -> None:
    options, heads, rows = WriteOptions(), Heads(tiny_weights), rows_of(LEVEL_EMPTY + 4)
    told = heads.logits("kind", make_engine(options, tiny_weights, 1, 64).feed(rows))
    bare = heads.logits("kind", make_engine(options, tiny_weights, 1, 64).feed(untold(rows)))
    assert np.abs(told - bare).max() > 1e-3
    for strength in (1.0, 2.5):
        engine = GuidedEngine(make_engine(options, tiny_weights, 2, 64))
        state, guided = engine.feed(rows), GuidedHeads(heads, strength)
        assert np.allclose(guided.logits("kind", state), bare + strength * (told - bare), atol=1e-4)
        after = guided.after("pitch", "position", state, np.array([3]))
        assert after.shape == state.shape and guided.logits(HEADS[2], after).shape[1] == FIELDS["pitch"]
