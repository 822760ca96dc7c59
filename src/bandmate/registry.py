"""Named doors: a table of lazily imported objects that plugins extend by entry points.

A name such as `grid.v1` is said once, here or in a stranger's `[project.entry-points."bandmate.plugins"]`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from bandmate.errors import UserError

BUILT_IN = {
    "io.writer": "bandmate.io.files:write",
    "workflows.sound_writer": "bandmate.workflows.render:write_rendered",
    "workflows.player": "bandmate.workflows.player:player",
    "pictures.roll_png": "bandmate.pictures.roll:roll_png",
    "tokenizer.arrival.v1": "bandmate.tokenizers.arrival:ArrivalTokenizer",
    "tokenizer.event.v1": "bandmate.tokenizers.event:EventTokenizer",
    "tokenizer.grid.v1": "bandmate.tokenizers.grid:GridTokenizer",
    "tokenizer.groove.v1": "bandmate.tokenizers.groove_rows:GrooveTokenizer",
    "tokenizer.interarrival.v1": "bandmate.tokenizers.arrival:InterarrivalTokenizer",
    "tokenizer.multitrack.v1": "bandmate.tokenizers.multitrack:MultitrackTokenizer",
    "tokenizer.note.v1": "bandmate.tokenizers.steps:NoteTokenizer",
    "tokenizer.performance.v1": "bandmate.tokenizers.event:PerformanceTokenizer",
    "tokenizer.pianoroll.v1": "bandmate.tokenizers.steps:RollTokenizer",
    "tokenizer.pitch.v1": "bandmate.tokenizers.steps:PitchTokenizer",
    "tokenizer.midi_like.v1": "bandmate.tokenizers.families:midi_like_v1",
    "tokenizer.remi.v1": "bandmate.tokenizers.families:remi_v1",
    "tokenizer.remi_plus.v1": "bandmate.tokenizers.families:remi_plus_v1",
    "tokenizer.tsd.v1": "bandmate.tokenizers.families:tsd_v1",
    "tokenizer.structured.v1": "bandmate.tokenizers.families:structured_v1",
    "tokenizer.cpword.v1": "bandmate.tokenizers.families:cpword_v1",
    "tokenizer.octuple.v1": "bandmate.tokenizers.families:octuple_v1",
    "tokenizer.mumidi.v1": "bandmate.tokenizers.families:mumidi_v1",
    "tokenizer.mmm.v1": "bandmate.tokenizers.families:mmm_v1",
    "tokenizer.pertok.v1": "bandmate.tokenizers.families:pertok_v1",
    "tokenizer.trackbar.v1": "bandmate.tokenizers.trackbar:TrackBarTokenizer",
    "model.grid.v1": "bandmate.models.grid:GridModel",
    "model.multitrack.v1": "bandmate.models.multitrack:MultitrackModel",
    "transcriber": "bandmate.workflows.transcribe:transcribe",
    "engine.onnx": "bandmate.generation.engine_onnx:OnnxEngine",
    "engine.numpy": "bandmate.generation.engine_numpy:NumpyEngine",
    "engine.torch": "bandmate.generation.engine_torch:TorchEngine",
}


@cache
def _plugins() -> dict[str, Any]:
    return {point.name: point for point in entry_points(group="bandmate.plugins")}


def names(prefix: str = "") -> list[str]:
    """Registered names that begin with a prefix, built-ins and plugins together."""
    return sorted(name for name in {*BUILT_IN, *_plugins()} if name.startswith(prefix))


def get(name: str) -> Any:
    """The object behind a name, imported at first use.

    Raises:
        UserError: no such name; the message lists what is there.
    """
    if name in BUILT_IN:
        module, attribute = BUILT_IN[name].split(":")
        return getattr(import_module(module), attribute)
    if name in _plugins():
        return _plugins()[name].load()
    raise UserError(f"'{name}' is not registered; known names: {', '.join(names())}")
