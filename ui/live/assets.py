"""Registers the components: a few lines of JavaScript go with each message, static/live has the rest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.components.v2 import component

_LINES = (Path(__file__).parent / "bootstrap.js").read_text(encoding="utf-8").splitlines()
_BOOTSTRAP = "\n".join(line for line in _LINES if not line.startswith("//"))


def register(name: str) -> Callable[..., Any]:
    """The component whose code is static/live/<name>.js."""
    return component(f"shortfall_{name}", js=_BOOTSTRAP.replace("NAME", name), isolate_styles=False)
