# %% [markdown]
# # Your own music
#
# A library is taken in, looked at, and becomes a model with a name. Here the "library" is made on the spot; put a
# folder of yours in its place.

# %%
from pathlib import Path

import bandmate

Path("mine").mkdir(exist_ok=True)
for seed in range(6):
    piece = bandmate.compose("bossa nova", bars=8, seed=seed, engine="rules", stems=False, out=f"made/{seed}").best
    piece.score.write(f"mine/song {seed}.mid")

# %% [markdown]
# `train=False` takes in and labels alone, which needs no torch. With torch, leave it out, and the shipped model goes on
# learning from your folder for some minutes.

# %%
report = bandmate.learn("mine", "bossa-of-mine", train=False)
for line in report.lines():
    print(line)

# %% [markdown]
# What the library is like guides what is composed with its name.

# %%
take = bandmate.compose("a new one", bars=4, model="bossa-of-mine", seed=3, stems=False, out="new").best
print(take.heard)
take

# %% [markdown]
# And whether it quotes what it learned from:

# %%
print("\n".join(bandmate.origin(take.folder).lines()))

# %% [markdown]
# ## Exercises
#
# 1. Learn from ten files of your own with training (`pip install "bandmate[learn]"`), and read the card that
#    `bandmate models show NAME` prints. What did it leave out, and why?
# 2. `bandmate evaluate --model NAME --library` asks whether the model came nearer to your music. Believe it? What would
#    convince you more?
# 3. Star two takes and discard three (`bandmate takes`). What does `bandmate learn --from-takes` make of so few?
# 4. `bandmate listen DIR` makes a page on which others judge takes blind. Ask three friends, and count before you look.
