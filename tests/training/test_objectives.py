"""What is asked in training: every kind of task, labels hidden at their rates, drums never transposed."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.training.bands import some_shard

from bandmate.errors import LibraryError
from bandmate.tokenizers import grid_table as table
from bandmate.tokenizers.grid_table import COLUMN, ROWS, Kind
from bandmate.training.objectives import LEAST_ROWS, Batches, ViewOptions, draw_rows, pad
from bandmate.training.shards import Shard

C = COLUMN


def views(piece, options=None, count=400, seed=0):
    rng = np.random.default_rng(seed)
    drawn = (draw_rows(rng, piece, options or ViewOptions()) for _ in range(count))
    return [rows for rows in drawn if rows is not None]


def test_every_view_walks_the_row_table(shard):
    for rows in views(shard.pieces[0], count=60):
        kinds = rows[:, 0].tolist()
        assert kinds[0] == Kind.START and kinds[-1] == Kind.END and kinds.count(Kind.WRITE) == 1
        for before, after in pairwise(kinds):
            assert Kind(after) in ROWS[Kind(before)].follows, (Kind(before), Kind(after))
        assert (rows >= 0).all() and (rows < np.array(list(table.FIELDS.values()))).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(64, 600), st.integers(0, 2**31), st.integers(1, 3))
def test_views_stay_within_the_rows_they_are_given(limit, seed, tracks):
    piece = some_shard(1, bars=8).pieces[0]
    for rows in views(piece, ViewOptions(rows=limit, max_tracks=tracks), count=10, seed=seed):
        assert LEAST_ROWS <= len(rows) <= limit + 1
        assert (rows[:, 0] == Kind.TRACK).sum() <= tracks


def task_of(rows):
    """Which use a view trains: cells given and asked, by track and bar."""
    cells = {kind: {(int(r[C["track"]]), int(r[C["bar"]])) for r in rows[rows[:, 0] == kind]}
             for kind in (Kind.GIVEN, Kind.CELL)}  # fmt: skip
    given, asked = cells[Kind.GIVEN], cells[Kind.CELL]
    assert not given & asked
    if not given:
        return "compose"
    if not asked:
        return "nothing"
    if {t for t, _ in given}.isdisjoint({t for t, _ in asked}):
        return "accompany"
    return "continue" if max(b for _, b in given) < min(b for _, b in asked) else "regenerate"


def test_every_use_is_trained_at_about_its_chance(shard):
    options = ViewOptions(hide_level=(0.0, 0.0, 1.0))
    kinds = [task_of(rows) for rows in views(shard.pieces[0], options, 600)]
    share = {kind: kinds.count(kind) / len(kinds) for kind in set(kinds)}
    assert {"compose", "continue", "accompany", "regenerate"} <= share.keys()
    assert abs(share["compose"] - options.compose) < 0.1
    assert abs(share["continue"] - options.continued) < 0.1
    assert abs(share["accompany"] - options.accompany) < 0.12


def test_labels_are_hidden_at_about_the_stated_rate(shard):
    found = views(shard.pieces[0], ViewOptions(hide=0.3, bare=0.0), 600)
    told = {kind: np.mean([(rows[:, 0] == kind).any() for rows in found])
            for kind in (Kind.GENRE, Kind.TAG, Kind.TEMPO, Kind.KEY, Kind.BARS)}  # fmt: skip
    for kind, share in told.items():
        assert abs(share - 0.7) < 0.07, kind.name
    roles = np.mean([rows[rows[:, 0] == Kind.TRACK][:, C["value1"]].any() for rows in found])
    chords = np.mean(
        [rows[rows[:, 0] == Kind.CELL][:, C["chord1"]].any() for rows in found if task_of(rows) == "compose"]
    )
    assert abs(roles - 0.7) < 0.07 and abs(chords - 0.7) < 0.09


def test_hiding_all_leaves_only_the_music(shard):
    for rows in views(shard.pieces[0], ViewOptions(hide=1.0, hide_level=(1.0, 0.0, 0.0), listed=0.0), 40):
        assert set(rows[:, 0]) <= {
            Kind.START,
            Kind.METER,
            Kind.TRACK,
            Kind.GIVEN,
            Kind.WRITE,
            Kind.CELL,
            Kind.NOTE,
            Kind.END,
        }
        cells = rows[np.isin(rows[:, 0], (Kind.GIVEN, Kind.CELL))]
        assert not cells[:, [C["value1"], C["value3"], C["value4"], C["chord1"], C["chord2"], C["chord3"]]].any()


def test_drums_are_never_transposed_and_the_rest_is_with_its_labels(shard):
    piece = shard.pieces[0]
    moved = set()
    for rows in views(piece, ViewOptions(hide=0.0, bare=0.0), 120):
        notes = rows[rows[:, 0] == Kind.NOTE]
        drums = notes[notes[:, C["program"]] > 128]
        assert set(drums[:, C["pitch"]]) <= {129 + 36, 129 + 42}
        key = rows[rows[:, 0] == Kind.KEY][0, C["value1"]]
        shift = next(s for s in range(-5, 7) if table.key_value(piece.key, s) == key)
        moved.add(shift)
        bass = notes[notes[:, C["program"]] == 1 + 38][:, C["pitch"]] - 1 - shift
        assert set(bass) <= {38, 41, 43, 45}
        chords = rows[np.isin(rows[:, 0], (Kind.GIVEN, Kind.CELL))][:, C["chord1"]]
        assert set(chords) <= set(table.transpose_chords(piece.chords, shift).tolist())
    assert moved == set(range(-5, 7))


def test_without_transposition_the_key_stays(shard):
    rows = views(shard.pieces[0], ViewOptions(hide=0.0, transpose=False, bare=0.0), 30)
    assert {r[r[:, 0] == Kind.KEY][0, C["value1"]] for r in rows} == {table.key_value(shard.pieces[0].key)}


def test_the_same_seed_and_step_give_the_same_batch(shard):
    one, other = (Batches(shard, {"made": 1.0}, ViewOptions(), seed=4) for _ in range(2))
    for step in (0, 7):
        first, second = one.batch(step, 2), other.batch(step, 2)
        assert len(first) == len(second)
        assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    unlike = Batches(shard, {"made": 1.0}, ViewOptions(), seed=5)
    for x, y in ((one.batch(0, 2), one.batch(1, 2)), (one.batch(0, 2), unlike.batch(0, 2))):
        assert not (len(x) == len(y) and all(np.array_equal(a, b) for a, b in zip(x, y, strict=True)))


def test_sources_are_drawn_by_their_share_whatever_their_size(shard):
    few = some_shard(1, source="few")
    few = Shard((replace(few.pieces[0], genre=table.value_id("genre", "techno")),), few.origins)
    both = Shard(shard.pieces + few.pieces, shard.origins + few.origins)
    batches = Batches(both, {"made": 0.25, "few": 0.75}, ViewOptions(hide=0.0, bare=0.0), seed=0)
    techno = [bool((rows[:, C["value1"]] == few.pieces[0].genre).any()) for rows in batches.rows(0, 300)]
    assert abs(np.mean(techno) - 0.75) < 0.08


def test_batches_are_padded_to_few_lengths(shard):
    for rows in Batches(shard, {"made": 1.0}, ViewOptions(), seed=1).batch(3, 2):
        assert (rows.shape[1] - 1) % 64 == 0
        assert rows.shape[0] * rows.shape[1] <= 2 * 1024 + 64 * rows.shape[0]
        length = (rows[..., 0] != Kind.PAD).sum(1)
        assert not rows[np.arange(rows.shape[1])[None] >= length[:, None]].any()


def test_pad_keeps_every_row():
    sequences = [np.full((5, len(table.FIELDS)), 3, np.int16), np.full((70, len(table.FIELDS)), 2, np.int16)]
    out = pad(sequences)
    assert out.shape == (2, 129, len(table.FIELDS))
    assert (out[0, :5] == 3).all() and not out[0, 5:].any() and (out[1, :70] == 2).all()


def test_a_library_of_tiny_loops_still_gives_batches():
    tiny = some_shard(2, bars=1)
    assert all(
        rows is None
        for rows in (draw_rows(np.random.default_rng(s), p, ViewOptions()) for s, p in enumerate(tiny.pieces))
    )
    assert len(Batches(tiny, {"made": 1.0}, ViewOptions(), seed=0).rows(0, 3)) == 3


def test_what_cannot_be_trained_on_is_said(shard):
    with pytest.raises(LibraryError, match="no piece of elsewhere"):
        Batches(shard, {"elsewhere": 1.0}, ViewOptions(), seed=0)
    with pytest.raises(LibraryError, match="no view of the pieces fits into 8 rows"):
        Batches(shard, {"made": 1.0}, ViewOptions(rows=8), seed=0).rows(0, 1)
