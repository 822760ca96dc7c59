# %% [markdown]
# # A first piece
#
# From words to music, and music as arrays. A `Score` and a take show their piano roll; `player()` lets you hear them.

# %%
import bandmate

result = bandmate.compose("funky house at 122 in A minor", bars=4, seed=7, stems=False, out="first")
take = result.best
print(result.heard)
take

# %% [markdown]
# What was asked, and what came: a demand that was stated is met by construction, and the report shows it, read off the
# notes.

# %%
for row in take.report["demands"]:
    print(f"{row['demand']:12} asked {row['asked']!s:12} got {row['got']!s:12} {'met' if row['met'] else 'NOT MET'}")

# %% [markdown]
# A score is NumPy: notes in ticks, a track each.

# %%
score = take.score
for track in score.tracks:
    pitches = track.notes["pitch"]
    print(f"{track.name:16} {len(pitches):4} notes", f"{pitches.min()}..{pitches.max()}" if len(pitches) else "")

# %% [markdown]
# One bar of one track anew; everything else comes back event for event.

# %%
busier = bandmate.regenerate(take.midi, "busier", tracks="bass", bars="3-4", seed=2, out="busier")
print(busier.heard)
before = {track.name: track.notes.tolist() for track in bandmate.read(take.midi).tracks}
same = [track.name for track in busier.score.tracks if track.notes.tolist() == before[track.name]]
print("untouched:", ", ".join(same))
busier.best

# %% [markdown]
# ## Exercises
#
# 1. Ask for `"a waltz"` and look at the meter of `result.best.plan`. Then ask for 5/4.
# 2. Regenerate the drums of bars 3-4 with three seeds, and draw them with `bandmate.show(..., as_="drums")`.
# 3. `bandmate.continue_song(take.midi, bars=4)` goes on. Does the bass still know the chords? Read the pitches on the
#    first beat of each bar.
# 4. Make `take` again with `bandmate.replay("first")`. What has to be the same for its bytes to be?
