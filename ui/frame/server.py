"""What the process does once, around all sessions: warm the engine up, open the browser, bound the log."""

import asyncio
import gc
import logging
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from streamlit import config
from streamlit.cli_util import open_browser
from streamlit.runtime.pages_manager import PagesManager

from ui.frame.apart import open_process
from ui.frame.logs import bound_logs
from ui.frame.sessions import end_expired, keep_memory_together

_log = logging.getLogger(__name__)
_warm = threading.Event()
_warm.set()  # nobody warms up when the pages run outside this server (AppTest): the first run compiles


ENDS_WITH_SERVER = """
import os, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(0)), daemon=True).start()
"""  # the server's end of that pipe is closed when it ends, however it ends
COMPILE_REST = "import engine; engine.compile_rest()"
ROOT = Path(__file__).parents[2]
SHARE = 0.001  # seconds, 0.005 by default: how long a page keeps the interpreter from a drag, which asks four times
LONGEST = 120.0  # seconds that a page waits for a compilation
SWEEP = 20.0  # seconds between two looks for sessions that have ended


def is_warm() -> bool:
    """Whether the engine answers at once (its kernels are compiled)."""
    return _warm.is_set()


def wait_until_warm() -> None:
    """Wait for the compilation that the server started, LONGEST seconds at most."""
    _warm.wait(LONGEST)


def _warm_up() -> None:
    """Compile or load what one run needs; the pages open then, and what other policies and many paths need follows.

    On a fresh machine a second process compiles the rest: both processors work, and the hand does not wait for the
    interpreter, which is held by who compiles.
    """
    try:
        engine = import_module("engine")  # here: the server answers before the engine is read
        is_fresh = not engine.is_compiled()
        helper = _compile_rest() if is_fresh else None
        engine.warm_up()
        _open_pages()
        if helper:
            helper.wait()
        engine.warm_up(has_many_paths=True)
    except Exception:
        logging.getLogger(__name__).exception("The engine could not be warmed up; the first run compiles it.")
    finally:
        _open_pages()


def _compile_rest() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", ENDS_WITH_SERVER + COMPILE_REST], cwd=ROOT, stdin=subprocess.PIPE)


def _open_pages() -> None:
    gc.collect()
    gc.freeze()  # what the imports made lives as long as the process: later collections need not look at it
    _warm.set()


def _open_browser() -> None:
    address = config.get_option("server.address") or "localhost"
    port, base = config.get_option("server.port"), config.get_option("server.baseUrlPath").strip("/")
    open_browser(f"http://{'localhost' if address in ('0.0.0.0', '::') else address}:{port}/{base}")


async def _end_sessions() -> None:
    """Let go of sessions whose time is over: Streamlit itself does so only when another session's page goes."""
    while True:
        await asyncio.sleep(SWEEP)
        try:
            end_expired()
        except Exception:  # of one session: the next sweep is for the others
            _log.exception("A session whose time is over could not be let go of.")


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Warm the engine up beside the first requests; open the browser when started by `streamlit run` on a desktop."""
    # Streamlit takes a folder called pages/ for its older kind of app until st.navigation has been called once in the
    # process; before that, a link straight to a page would run that page without the router.
    PagesManager.uses_pages_directory = False
    bound_logs()
    keep_memory_together()
    open_process()
    sys.setswitchinterval(SHARE)
    _warm.clear()
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    if config._server_mode == "starlette-app" and not config.get_option("server.headless"):
        asyncio.get_running_loop().call_later(0.3, _open_browser)
    sweeper = asyncio.create_task(_end_sessions())
    yield
    sweeper.cancel()
