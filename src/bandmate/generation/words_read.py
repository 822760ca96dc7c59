"""From facts to a Brief: who is asked for, who is not, what wins over what."""

from __future__ import annotations

import re
from dataclasses import replace

from bandmate.analysis.genres import load_table
from bandmate.generation import words_finish
from bandmate.generation.lexicon import Entry, meanings
from bandmate.generation.spelling import suggest
from bandmate.generation.words_numbers import ENSEMBLES
from bandmate.generation.words_say import MODIFIERS, TRACK_KINDS, Sayer
from bandmate.generation.words_scan import Fact, Scan
from bandmate.score.brief import Brief, NotUnderstood

# Words inside a genre name that say nothing of their own ("hard techno", "black metal").
_NAMES_ONLY = frozenset(
    {"hard", "big", "power", "black", "love", "funky", "cool", "deep", "euphoric", "classic", "modern", "retro", "new",
     "old", "school"}
)  # fmt: skip
_FILLERS = frozenset(
    ["hook", "riff", "line", "loop", "part", "groove", "theme", "motif", "lick", "licks", "head", "solo"]
)


class Reader(Sayer):
    """Walks over the facts of one text once and keeps the scopes: negation, "only", quantity, section."""

    def read(self) -> Brief:
        """Give the Brief of the text."""
        for place, fact in enumerate(self.facts):
            self.i = place
            handler = getattr(self, f"_on_{fact.kind}", None)
            if handler:
                handler(fact)
            else:
                self.draft.state(fact.kind, fact.value, fact.text)
        self._flush_count()
        self.sections.close()
        return words_finish.finish(self.draft, self.tracks, self.choice, self.sections.structure())

    def _on_end(self, fact: Fact) -> None:
        self._leave_scope()
        self.only = False
        self.sections.leave()

    def _on_sign(self, fact: Fact) -> None:
        self._flush_count()
        self.weight = None
        if (fact.text == "," and self.negated and not self._list_goes_on()) or fact.text not in (",", "&", "+", "/"):
            self._leave_scope()
        if fact.text == ",":
            self.sections.comma(self._next())

    def _on_stop(self, fact: Fact) -> None:
        word = fact.text.lower()
        if word == "too" and self.negated:
            self.softened = True
        elif word in (
            "and",
            "or",
            "of",
            "the",
            "any",
            "a",
            "an",
            "use",
            "want",
            "be",
            "make",
            "it",
            "so",
            "that",
            "include",
            "und",
        ):
            if word in ("a", "an") and self.negated and self.hit:
                self._leave_scope()
        elif self.negated and self.hit:
            self._leave_scope()
        self.sections.stop(word, self.facts, self.i)

    def _on_unknown(self, fact: Fact) -> None:
        self._flush_count()
        if any(c.isalnum() or ord(c) > 0x2000 for c in fact.text) and (len(fact.text) > 1 or not fact.text.isascii()):
            self.draft.unknown.setdefault(fact.value, NotUnderstood(fact.text, suggest(fact.value)))

    def _on_ensemble(self, fact: Fact) -> None:
        """`folk duo`: so many tracks in all; `violin duo`: two violins."""
        if fact.value == 2 and self.i and self.facts[self.i - 1].entry("instrument"):
            self.tracks.double()
        self._band_of(fact.value, fact)

    def _band_of(self, size: int | None, fact: Fact) -> None:
        """The size of the whole band, unless it joins another: `house with a string quartet`."""
        before = {each.text.lower() for each in self.facts[max(0, self.i - 3) : self.i]}
        if size is not None and not self.negated and not before & {"with", "plus", "and", "featuring"}:
            self.draft.state("track_count", size, fact.text)

    def _on_number(self, fact: Fact) -> None:
        self._flush_count()
        self.count = (int(min(fact.value, 1e6)), fact)

    def _flush_count(self) -> None:
        """A number that belonged to nothing is reported."""
        if self.count is not None:
            word = self.count[1].text
            if word.lower() not in ("one", "zero", "two", "first"):
                self.draft.unknown.setdefault(word, NotUnderstood(word, ()))
            self.count = None

    def _on_without(self, fact: Fact) -> None:
        for entry in fact.entries[:1]:
            self.tracks.exclude(entry, fact)

    def _on_lexical(self, fact: Fact) -> None:
        if self._structural(fact) or self._filler(fact):
            return
        if self.i in self.choice.used:
            self._genre_extras(fact)
            return
        if fact.entry("special"):
            self._special(fact)
        elif fact.entry(*TRACK_KINDS) and not self._section_wins(fact):
            self._track(fact)
        elif fact.entry("section"):
            self._section(fact)
        else:
            self._modify(fact)

    def _structural(self, fact: Fact) -> bool:
        """Negations, "only", revisions, connectors, quantifiers: they change what follows."""
        if fact.entry("not"):
            self._leave_scope()
            self.negated = fact
            return True
        if fact.entry("ends_not") and not fact.entry(*TRACK_KINDS):
            self._leave_scope()
            if fact.text.lower() == "but":
                self.only = False
            self.sections.stop(fact.text.lower(), self.facts, self.i)
            return True
        if fact.entry("only"):
            self._only(fact)
            return True
        if fact.entry("quantifier"):
            self.weight = float(fact.meaning("quantifier"))
            return True
        if fact.entry("revision"):
            self._leave_scope()
            self.only = False
            self.draft.revised = True
            return True
        return bool(fact.entry("connector") or (fact.entry("flavour") and not fact.entry("mood", *TRACK_KINDS)))

    def _filler(self, fact: Fact) -> bool:
        """`kalimba hook`, `piano loop`, `chill vibes`: the second word only names the part."""
        before = self.facts[self.i - 1] if self.i else None
        if before is None or before.kind != "lexical":
            return False
        word = fact.text.lower()
        if (
            word in _FILLERS
            and before.entry("instrument", "role")
            and not (word == "loop" and before.text.lower() == "bar")
        ):
            if word == "solo":
                self.sections.add("solo", roles=self.tracks.last_roles())
            if word == "loop" and before.entry("role"):
                self.draft.loop = True
            return True
        return word in ("vibes", "vibe") and (
            before.entry("mood", "energy", "era") is not None or self.i - 1 in self.choice.used
        )

    def _only(self, fact: Fact) -> None:
        word = fact.text.lower()
        after = self._next_heads()
        if self.sections.open_label:
            return  # "starts with only the arp" limits the section, not the piece
        before = self.facts[self.i - 1] if self.i else None
        played = before is not None and before.entry("instrument", "role") is not None  # "flute solo"
        if word == "solo" and (played or not (after and after[0].entry("instrument", "role"))):
            self.sections.add("solo", roles=self.tracks.last_roles())
        elif word in (
            "alone",
            "by itself",
            "by themselves",
            "on its own",
            "nothing else",
            "and nothing else",
            "unaccompanied",
            "and thats it",
            "thats all",
        ) or (word == "only" and self._postfix_only()):
            self.tracks.limit_to_clause(self.i)
        elif after:
            self.only = True
            self._leave_scope()

    def _postfix_only(self) -> bool:
        """`drums only`: a track before, and nothing to limit after it in the clause."""
        before = self.facts[self.i - 1] if self.i else None
        after = self.facts[self.i + 1] if self.i + 1 < len(self.facts) else None
        return (
            before is not None
            and bool(before.entry(*TRACK_KINDS))
            and (after is None or after.kind in ("end", "sign") or not self._next_heads())
        )

    def _next_heads(self) -> list[Fact]:
        """The track named right after this place, little words skipped; [] if something else is meant."""
        for fact in self.facts[self.i + 1 : self.i + 7]:
            if fact.kind in ("end", "sign"):
                return []
            if fact.entry(*TRACK_KINDS) and self.facts.index(fact) not in self.choice.used:
                return [fact]
            if fact.kind not in ("stop", "number") and not fact.entry(*MODIFIERS, "quantifier", "era", "production"):
                return []
            if fact.kind == "stop" and fact.text.lower() in ("make", "play", "at", "in", "for"):
                return []
        return []

    def _genre_extras(self, fact: Fact) -> None:
        """What else a genre word says: `303` is an instrument too, `slow jazzy` is slow, `waltz` is in three."""
        self._leave_scope()
        entry = fact.entry("instrument", "group")
        if entry and self.choice.inferred:
            self._track(fact)
        self._band_of(ENSEMBLES.get(fact.text.lower().split()[-1]), fact)
        if fact.entry("pattern"):
            self.draft.add("patterns", fact.meaning("pattern"))
        if fact.entry("meter"):
            self.draft.state("meter", fact.meaning("meter"), fact.text)
        if fact.entry("chord_word"):
            self._chord_word(fact.meaning("chord_word"))
        self._inner_words(fact)
        if fact.entry("artist"):
            self.draft.note(f"'{fact.text}' is taken as the genre alone; no work is imitated")

    def _inner_words(self, fact: Fact) -> None:
        """`uplifting trance` is a genre word with a mood in it; `slow jazzy` one with a tempo."""
        for word in re.split(r"[\s-]+", fact.text.lower())[:-1]:
            for entry in meanings(word) if word not in _NAMES_ONLY else ():
                if entry.kind == "mood":
                    self.draft.mood(entry.value, None)
                elif entry.kind == "tempo_factor":
                    self.draft.factor("tempo_factor", entry.value, None, word)
                elif entry.kind == "era":
                    self.draft.add("styles", word)

    def _special(self, fact: Fact) -> None:
        value = fact.meaning("special")
        for role in value.get("exclude", ()):
            self.tracks.exclude_role(role, fact.text)
        for voice in value.get("exclude_voice", ()):
            self.draft.add("excluded_drums", load_table("genres")["_meta"]["drum_notes"].get(voice, 38))
        if "only" in value:
            self.draft.only = list(value["only"])
            for role in value["only"]:
                self.tracks.ask_role(role, fact.text)
        if "programs" in value:
            self.draft.add("styles", "acoustic")

    def _section_wins(self, fact: Fact) -> bool:
        """`break` is a section unless it is the word for drums."""
        return fact.entry("section") is not None and not fact.entry("role")

    def _track(self, fact: Fact) -> None:
        entry = fact.entry(*TRACK_KINDS)
        assert entry is not None
        if self.negated and self.softened:
            self._leave_scope()
        if self.negated:
            self.hit = True
            self._leave_out(entry, fact)
            return
        if entry.kind == "group":
            self._band_of(ENSEMBLES.get(fact.text.lower().split()[-1]), fact)
        count = self._count_done()
        weight, self.weight = self.weight, None
        added = self.tracks.ask(fact, count=count, clause=self.i, weight=weight, facts=self.facts)
        if fact.entry("pattern"):
            self.draft.add("patterns", fact.meaning("pattern"))
        if fact.entry("articulation") and added:
            self.tracks.articulate(fact.text.lower())
        if self.only:
            self.tracks.limit(added, fact)
        if fact.text.lower().endswith(" loop"):
            self.draft.loop = True
        if fact.text.lower().startswith(("jazzy ", "jazz ")) and "chords" in added:
            self.draft.voicing = self.draft.voicing or "9th"
        self.sections.track(added)
        if "solo" in fact.text.lower().split():
            self.sections.add("solo", roles=self.tracks.last_roles())

    def _leave_out(self, entry: Entry, fact: Fact) -> None:
        """Leave a track out; `no drums in the intro` leaves it out there alone."""
        self._count_done()
        place = self._section_after()
        if place is None:
            self.tracks.exclude(entry, fact)
        else:
            self.draft.add("events", f"{place}:no_{fact.text.lower().replace(' ', '_')}")
            self._leave_scope()

    def _section_after(self) -> str | None:
        """The section of `... in the intro`, right after this place."""
        rest = self.facts[self.i + 1 : self.i + 4]
        if not rest or rest[0].text.lower() not in ("in", "during", "for"):
            return None
        return next((f.meaning("section") for f in rest[1:] if f.entry("section") and not f.entry("role")), None)

    def _count_done(self) -> int:
        count = self.count
        self.count = None
        if count and not 1 <= count[0] <= 8:
            self.draft.unknown.setdefault(count[1].text, NotUnderstood(count[1].text, ()))
            return 1
        return count[0] if count else 1

    def _section(self, fact: Fact) -> None:
        entry = fact.entry("section")
        assert entry is not None
        if self.negated:
            self.draft.add("events", f"no_{entry.value}")
            self.hit = True
        elif entry.value == "loop":
            self.draft.loop = True
        elif entry.value == "fill":
            self.draft.add("events", "fill")
        else:
            self.sections.add(entry.value)
        self.weight = None

    def _next(self) -> Fact | None:
        return self.facts[self.i + 1] if self.i + 1 < len(self.facts) else None

    def _list_goes_on(self) -> bool:
        """Whether a comma inside a negation joins a list: `no drums, bass or piano`, `without drums, bass`."""
        if not self.hit:
            return True
        rest = self.facts[self.i + 1 :]
        if not rest or not rest[0].entry(*TRACK_KINDS, "mood"):
            return False
        items = [fact for fact in rest if fact.entry(*TRACK_KINDS)]
        for k, fact in enumerate(rest):
            word = fact.text.lower()
            if word in ("or", "nor"):
                return True
            if word == "and":  # "no drums, bass and melody": a list of roles; named instruments are wanted
                after = rest[k + 1] if k + 1 < len(rest) else None
                return after is not None and all(f.entry("role") for f in (*items[:k], after))
            if not (fact.entry(*TRACK_KINDS, "mood") or fact.text == ","):
                break
        if rest[0].entry("role"):
            wanted = rest[0].text
            self.draft.note(f"'{wanted}' after the comma is taken as wanted; write 'no {wanted}' to leave it out")
        return False


def read(text: str, scanned: Scan) -> Brief:
    """Read scanned facts into a Brief."""
    brief = Reader(text, scanned).read()
    return replace(brief, text=text)
