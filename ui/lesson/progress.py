"""How far somebody is: the step, predictions, what was done by hand; all in the link, so that a reload keeps it."""

from __future__ import annotations

from functools import partial

from ui.lesson.replies import read
from ui.lesson.step import Step
from ui.lesson.steps import STEPS
from ui.settings.page_settings import Pick, Setting, Several, Text

LONGEST = 300  # characters of somebody's own sentence


def names() -> tuple[str, ...]:
    """Return the names of all steps."""
    return tuple(step.name for step in STEPS)


def title(name: str) -> str:
    """Return a step's title with its number."""
    return f"{names().index(name) + 1} {STEPS[names().index(name)].title}"


def short(text: str) -> str:
    """Return somebody's own sentence as it is kept."""
    return " ".join(text.split())[:LONGEST]


HIDE = Several(
    key="lesson:hidden", name="hide", label="Leave out", start=(), most=len(STEPS) - 1, choices=names, show=title,
    help="Steps that the link does not show.",
)  # fmt: skip
AT = Pick(
    key="lesson:at", name="step", label="Step", start=STEPS[0].name, choices=names, show=title, help="Which step."
)
DONE = Several(
    key="lesson:done", name="done", label="Done", start=(), most=len(STEPS), choices=names, help="Tasks done."
)
GUESS = {
    step.name: Text(
        key=f"lesson:guess:{step.name}", name=f"guess.{step.name}", label=f"Prediction of step {step.title}",
        check=partial(read, step), help="What was predicted.",
    )
    for step in STEPS
}  # fmt: skip
OWN = Text(key="lesson:own", name="own", label="In your own words", check=short, help="Who pays, and why.")
SETTINGS: tuple[Setting, ...] = (
    HIDE, AT, DONE, *GUESS.values(), OWN, *(step.task.control for step in STEPS),
)  # fmt: skip


def shown_steps() -> tuple[Step, ...]:
    """Return the steps that the link shows."""
    return tuple(step for step in STEPS if step.name not in HIDE.value) or STEPS[:1]


def current() -> Step:
    """Return the step that is open; the next one that is shown where a hidden one was asked for."""
    shown = shown_steps()
    after = [step for step in shown if names().index(step.name) >= names().index(AT.value)]
    return (after or list(shown))[0]


def neighbor(step: Step, by: int) -> Step | None:
    """Return the step before or after one."""
    shown = shown_steps()
    at = shown.index(step) + by
    return shown[at] if 0 <= at < len(shown) else None


def note_done(step: Step) -> bool:
    """Note that a task was done; tell whether that is new."""
    if step.name in DONE.value:
        return False
    DONE.put((*DONE.value, step.name))
    return True
