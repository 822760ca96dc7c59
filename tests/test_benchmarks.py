"""Every benchmark runs on its small built-in input and ends in one JSON object with the figures it promises."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "benchmarks"
HELPERS = {"model_weights", "fillers", "fit_analysis"}  # two are imported by others, the third needs a corpus

# name: small arguments, keys that its JSON object must have, modules without which it cannot run
SMALL = {
    "ablations": (["--steps", "2", "--judge", "1", "--variants", "base", "no_form"], ("base", "no_form"), ("torch",)),
    "analysis_accuracy": (["--files", "1"], (), ()),
    "controls": (["--size", "tiny", "--bars", "2", "--genres", "1"], ("met", "rows", "cells"), ()),
    "copies": (["--files", "20"], ("false_alarms", "quotes_found"), ()),
    "edits": (["--edits", "20"], ("untouched",), ()),
    "genres": (
        ["--size", "tiny", "--takes", "1", "--bars", "2", "--fit-each", "2", "--test-each", "1"], ("rows", "alike"), ()
    ),
    "grid_speed": (["--files", "1", "--rounds", "1"], (), ("miditok",)),
    "groovebook": (["--seeds", "1", "--bars", "2"], (), ()),
    "guidance": (["--size", "tiny", "--genres", "1", "--bars", "2", "--strengths", "1", "2"], ("1", "2"), ()),
