"""The command line in the process of the test: what a command answers, and what it says where it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.cli.commands import main


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """Return what the command prints as JSON."""
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def denial(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return the sentence of a command that must refuse."""
    assert main(list(words)) == 2
    return capsys.readouterr().err
