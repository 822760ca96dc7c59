from __future__ import annotations

from bandmate.pictures.canvas import Rect, Words
from bandmate.pictures.style import ROLE_COLOURS
from bandmate.pictures.token_rows import A_LINE, MOST_ROWS, kind_counts, token_rows, tokens_canvas, tokens_text
from bandmate.score.model import Score, Track, make_notes
from bandmate.tokenizers.grid import encode_piece

BAR = 1920


def piece(bars: int):
    notes = make_notes([BAR * bar + beat * 480 for bar in range(bars) for beat in range(4)], 240, 36)
    return encode_piece(Score((Track("bass", 33, notes=notes, role="bass"),), end_ticks=bars * BAR))


def test_rows_run_through_long_pieces_with_bars_numbered_through():
    rows = token_rows(piece(40))
    assert kind_counts(rows)["NOTE"] == 160
    assert kind_counts(rows)["CELL"] == 40
    assert rows[:, 2].max() == 40


def test_every_row_is_a_cell_and_a_note_has_the_colour_of_its_track():
    canvas = tokens_canvas(piece(4), "mine", 5)
    rects = [shape for shape in canvas.shapes if isinstance(shape, Rect)]
    texts = [shape.text for shape in canvas.shapes if isinstance(shape, Words)]
    rows = token_rows(piece(4))
    assert len(rects) == len(rows) + 3  # and the key of colours
    assert sum(rect.colour == ROLE_COLOURS["bass"] for rect in rects) == 16 + 1
    assert {"5", "6", "7", "8", "bass", "header"} <= set(texts)


def test_very_long_pieces_stay_bounded():
    canvas = tokens_canvas(piece(2000), "long")
    assert sum(isinstance(shape, Rect) for shape in canvas.shapes) <= MOST_ROWS + 3
    assert canvas.height < 44 * (MOST_ROWS // A_LINE + 6)


def test_an_empty_score_has_its_header():
    assert kind_counts(token_rows(encode_piece(Score()))).get("NOTE", 0) == 0
    assert tokens_canvas(encode_piece(Score()), "").height < 400


def test_letters_for_a_terminal_keep_their_width():
    lines = tokens_text(token_rows(piece(4)), 60).splitlines()
    assert lines[0].startswith("START")
    assert max(map(len, lines)) <= 60
