"""Fills: what the drums do at the end of a phrase: a turn, a long roll up to a drop, the crash after it, the last hit.

Source for the shape of fills: Groove MIDI (CC BY 4.0): a median of 16 to 21 strokes a bar, toms 24-34 %, snare 40-53 %,
louder towards the end; more at bars 4 and 8 than elsewhere.
"""

from __future__ import annotations

from typing import Any

from bandmate.groovebook.cells import ACCENT, NORMAL, SOFT, Hit, _voice_hits, drum_pattern
from bandmate.groovebook.dice import Dice
from bandmate.groovebook.stage import HATS, KICK, SNARE, Stage

GROUP = {
    "kick": KICK, "kick2": KICK, "snare": SNARE, "snare2": SNARE, "rim": SNARE, "clap": SNARE, "closed_hat": HATS,
    "open_hat": HATS, "pedal_hat": HATS, "ride": HATS, "ride_bell": HATS, "crash": HATS, "splash": HATS, "china": HATS,
    "tom_h": SNARE, "tom_m": SNARE, "tom_l": SNARE,
}  # fmt: skip
FILL_VOICES = (
    "snare", "clap", "rim", "tom_h", "tom_m", "tom_l", "conga_h", "conga_l", "timb_h", "bongo_h", "bongo_l",
)  # fmt: skip
# Families whose builds roll up to the drop, and the roll by bars before it: quarters, 8ths, 16ths, then a breath.
_RISING = ("house", "techno", "trance", "bass_music", "edm", "electronic_retro")
_ROLL = ("xxxxXXXXrrrrrr..", "x.x.x.x.x.x.X.X.", "x...x...x...x...", "o...o...o...o...")
_NO_CRASH = ("ambient", "chorale", "string_quartet", "bossa_nova", "jazz_ballad", "lofi_hip_hop", "minimal_techno")
_NO_FILL = ("ambient", "chorale", "string_quartet", "minimal_techno")
# Families whose drummers make up their fills; the others take what the table has.
_INVENTIVE = ("rock", "pop", "funk", "soul", "country", "blues", "african", "reggae")


class Fills:
    """Ends phrases for one stage's drummer."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.name = stage.plan.genre
        self.base = self.name.split("~")[0]  # a lent block of facts is called "genre~hash"
        self.meter = stage.plan.meter
        self.rows: list[dict[str, Any]] = stage.block["drums"]["fills"]
        self.table = [drum_pattern(self.name, i, self.meter, "fills") for i in range(len(self.rows))]
        self.table = [bars for bars in self.table if any(bars)]
        self.inventive = stage.block["family"] in _INVENTIVE and stage.grid.unit == "16"

    def _choose(self, dice: Dice) -> tuple[tuple[Hit, ...], ...]:
        if self.inventive and dice.chance(0.4):
            return (self._made(dice),)
        return dice.pick(self.table)

    def _made(self, dice: Dice) -> tuple[Hit, ...]:
        """A fill of one bar: kick on 1, then from beat 2 or 3 a walk from the snare down the toms."""
        grid = self.stage.grid
        beats = max(1, grid.bar_ticks // grid.beat_ticks)
        start = dice.between(1, max(1, beats - 2)) * grid.beat_ticks
        walk = dice.pick(
            (
                ("snare", "tom_h", "tom_m", "tom_l"),
                ("snare", "snare", "tom_h", "tom_l"),
                ("snare", "tom_h", "snare", "tom_l"),
                ("snare",) * 4,
            )
        )
        figure = dice.pick(("xxxx", "x.xx", "xx.x", "x.x.", "xxx.", "X.oX"))
        hits = [Hit(0, "kick", ACCENT)]
        span = grid.bar_ticks - start
        for step, ticks in enumerate(range(start, grid.bar_ticks, 120)):
            symbol = figure[step % 4]
            if symbol == "." and not (ticks + 120 >= grid.bar_ticks):
                continue
            voice = walk[min(3, 4 * (ticks - start) // span)]
            late = ticks + 2 * 120 >= grid.bar_ticks
            hits.append(Hit(ticks, voice, ACCENT if late or symbol == "X" else SOFT if symbol == "o" else NORMAL))
        hits += [Hit(t, "kick", NORMAL) for t in range(start, grid.bar_ticks, grid.beat_ticks) if dice.chance(0.4)]
        return tuple(sorted(hits))

    def fill(self, hits: list[Hit], bar: int, index: int, offset: int) -> list[Hit]:
        """The bar with a fill where the form wants one.

        Args:
            hits: the groove of the bar.
            bar: its number in the piece.
            index: its section.
            offset: its number in the section.
        """
        stage, section = self.stage, self.stage.plan.sections[index]
        tiny = (section.bars < 2 and stage.plan.bars < 4) or "no_fills" in stage.plan.brief.events
        if not self.table or self.base in _NO_FILL or bar == stage.last_bar or tiny:
            return hits
        if stage.fill_every:
            asked = (bar + 1) % stage.fill_every == 0
            return self._merged(hits, list(self._choose(stage.dice("fill", bar))[-1]), bar, True) if asked else hits
        quiet = stage.kinds[index] == "intro" and section.energy <= 2
        left = section.bars - 1 - offset - (1 if stage.last_bar == section.start_bar + section.bars - 1 else 0)
        closing = stage.dice("closing", section.start_bar)
        p = 0.95 if index + 1 < len(stage.plan.sections) or stage.last_bar is not None else 0.8
        chosen = self._choose(closing)
        if self._builds(index) and left < len(_ROLL):
            return self._rise(hits, bar, left)
        if closing.chance(p):
            rises = index + 1 < len(stage.kinds) and stage.kinds[index + 1] == "high" != stage.kinds[index]
            long = rises and 2 * len(chosen) <= section.bars and stage.kinds[index] != "intro"
            if left == 0 or (long and 0 < left < len(chosen)):
                return self._merged(hits, list(chosen[-1 - left]), bar, not quiet, rolled=left > 0)
        dice = stage.dice("fill", bar)
        if left > 0 and not quiet and offset % 4 == 3 and dice.chance(0.8 if offset % 8 == 7 else 0.4):
            return self._merged(hits, list(self._choose(dice)[-1]), bar, offset % 8 == 7)
        return hits

    def _builds(self, index: int) -> bool:
        kinds = self.stage.kinds
        into = index + 1 < len(kinds) and kinds[index + 1] == "high"
        return into and kinds[index] == "build" and self.stage.block["family"] in _RISING and self.stage.grid.native

    def _rise(self, hits: list[Hit], bar: int, left: int) -> list[Hit]:
        """A bar of a build: a snare roll that doubles, and in the last bar no kick and a breath before the drop."""
        self.stage.fill_bars.add(bar)
        gone = ("snare", "clap", "rim", *(("kick", "kick2", "closed_hat", "open_hat", "ride") if left == 0 else ()))
        kept = [h for h in hits if h.voice not in gone]
        return [*kept, *_voice_hits(list(_ROLL[left]), "snare", 120)]

    def _merged(self, hits: list[Hit], fill: list[Hit], bar: int, whole: bool, rolled: bool = False) -> list[Hit]:
        grid = self.stage.grid
        self.stage.fill_bars.add(bar)
        if rolled:  # an early bar of a long build: its roll over the groove, without the groove's own backbeat
            voices = {h.voice for h in fill}
            return [h for h in hits if h.voice not in voices] + fill
        groove = {(h.ticks, h.voice) for h in hits}
        new = [h.ticks for h in fill if h.voice in FILL_VOICES and (h.ticks, h.voice) not in groove]
        start = min(new) // grid.beat_ticks * grid.beat_ticks if new else grid.half_ticks
        if not whole:  # light: only the last beats
            half = max(grid.beat_ticks, grid.half_ticks // grid.beat_ticks * grid.beat_ticks)
            start = max(start, grid.bar_ticks - half)
        tail = [h for h in fill if h.ticks >= start]
        if not whole and not any(h.voice in FILL_VOICES for h in tail):
            tail += [h for h in hits if GROUP.get(h.voice) == KICK and h.ticks >= start]
        return [h for h in hits if h.ticks < start] + tail

    def crash(self, hits: list[Hit], bar: int, index: int, offset: int) -> list[Hit]:
        """The bar with a crash where a section opens or a fill has led."""
        plan = self.stage.plan
        section = plan.sections[index]
        quiet = self.stage.colour["velocity"] <= -12 or self.base in _NO_CRASH or section.energy < 3
        if quiet or any(h.voice == "crash" and h.ticks == 0 for h in hits):
            return hits
        opens = offset == 0 and (index > 0 or (plan.loop is False and section.energy >= 4))
        after = bar - 1 in self.stage.fill_bars and self.stage.dice("crash", bar).chance(0.35)
        if not (opens or after):
            return hits
        hits = [h for h in hits if not (h.ticks == 0 and h.voice in ("closed_hat", "ride"))]
        return [*hits, Hit(0, "crash", ACCENT if opens else NORMAL)]

    def end(self, hits: list[Hit]) -> list[Hit]:
        """The last bar: one hit on 1; a piece that fades goes on."""
        if self.stage.plan.extra.get("ending") == "fade":
            return hits
        first = [h for h in hits if h.ticks == 0 and h.voice not in ("closed_hat", "ride", "shaker")]
        if self.base in _NO_CRASH:
            return first or [Hit(0, hits[0].voice if hits else "closed_hat", SOFT)]
        struck = [h for h in first if h.voice not in ("crash", "kick")]
        return [*struck, Hit(0, "kick", ACCENT), Hit(0, "crash", ACCENT)]
