"""The one store of this server: a file in its own folder, or the database that the secrets name."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from threading import Lock

import streamlit as st
from sqlalchemy import Engine
from streamlit.connections import SQLConnection
from streamlit.errors import StreamlitSecretNotFoundError

from ui.classroom import tables

NAME = "classes"  # in secrets.toml: [connections.classes] url = "postgresql+pg8000://..."
FOLDER = Path(__file__).parents[2] / "classes"
_lock = Lock()


def store_engine() -> Engine:
    """Return the engine of this server's store, opened once."""
    with _lock:
        return _open()


@cache
def _open() -> Engine:
    # What st.connection makes, without its cache: that is for sessions, and phones have none.
    given = {"pool_pre_ping": True} if _is_named() else {"url": _file()}
    return tables.prepared(SQLConnection(NAME, **given).engine)


def has_store() -> bool:
    """Tell whether there is a store already: a server on which nobody holds a class makes no file."""
    return _is_named() or FOLDER.exists()


def _is_named() -> bool:
    try:
        return NAME in st.secrets.get("connections", {})
    except StreamlitSecretNotFoundError:
        return False


def _file() -> str:
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    return f"sqlite:///{FOLDER / 'classes.sqlite'}"
