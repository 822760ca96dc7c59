# %% [markdown]
# # Numbers and tokens
#
# The toolkit: metrics of the literature, representations that models read, and other libraries' objects.

# %%
from pathlib import Path

import bandmate

Path("music").mkdir(exist_ok=True)
for seed, genre in enumerate(("rock", "funk", "house", "jazz swing")):
    piece = bandmate.compose(genre, bars=8, seed=seed, engine="rules", stems=False, out=f"made/{genre}").best
    piece.score.write(f"music/{genre}.mid")
score = bandmate.read("music/rock.mid")

# %% [markdown]
# Metrics as papers publish them, by the meter that a piece has, and MusPy's own counting where the two differ.

# %%
from bandmate.evaluation.metrics import measure_metrics, reference_metrics

ours, muspy = measure_metrics(score), reference_metrics(score)
for name in ("pitch_class_entropy", "scale_consistency", "groove_consistency", "polyphony_rate"):
    print(f"{name:22} {ours[name]:8.3f}   as MusPy counts {muspy[name]:8.3f}")

# %%
print(bandmate.metrics("music").means)

# %% [markdown]
# A representation has a versioned name and goes both ways.

# %%
from bandmate.tokenizers.event import EventTokenizer

tokens = EventTokenizer().encode(score)
again = EventTokenizer().decode(tokens)
print(tokens.tokenizer, len(tokens.ids), "tokens;", score.note_count, "notes in,", again.note_count, "out")

# %% [markdown]
# The grid is what the house's own model reads: one row a note.

# %%
from bandmate.tokenizers.grid import encode_piece

piece = encode_piece(score)
print(len(piece.tracks), "tracks,", len(piece.bars), "bars,", len(piece.notes), "notes on the grid")
piece.notes[:5]

# %% [markdown]
# Objects of other libraries (each needs that library; symusic is always there). What one cannot hold is said as a
# warning.

# %%
import warnings

from bandmate import compat

with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    other = compat.to_symusic(score)
print(*(warning.message for warning in said), sep="\n")
back = compat.from_symusic(other)
print(type(other).__name__, back.note_count == score.note_count)

# %% [markdown]
# ## Exercises
#
# 1. Which of the four pieces has the highest groove consistency, and why is it not the one you would dance to?
# 2. Transpose `score` by a fifth (`bandmate.score.ops`) and measure again. Which metrics move? Which should?
# 3. Encode with `encode_velocity=True`. How many more tokens is that, and what does decoding give back that it did not?
# 4. Write a metric of your own: the share of onsets on the beat. Hold it against `syncopation` of the report card.
