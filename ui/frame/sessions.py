"""Whether a session's page is there."""

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx


def own_session() -> str:
    """The session that this script runs for; empty outside a script."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def is_connected(session: str) -> bool:
    """Whether a session's page is connected; where no server runs (AppTest) it always is."""
    return not runtime.exists() or runtime.get_instance().is_active_session(session)
