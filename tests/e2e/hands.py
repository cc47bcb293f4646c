"""What a hand does to the sliders and boxes of a page, and what is watched meanwhile."""

import time


def thumb(page, name="Leverage"):
    box = page.get_by_role("slider", name=name, exact=True).bounding_box()
    return box["x"], box["y"] + box["height"] / 2, box["width"]


def drag(page, start, end, *, seconds=1.0, name="Leverage"):
    """Press at `start`, move to `end` (fractions of the slider), and hold."""
    x, y, width = thumb(page, name)
    page.mouse.move(x + start * width, y)
    page.mouse.down()
    move(page, start, end, seconds=seconds, name=name)


def move(page, start, end, *, seconds=1.0, name="Leverage"):
    """Move what is held from `start` to `end`."""
    x, y, width = thumb(page, name)
    began = time.perf_counter()
    while (done := (time.perf_counter() - began) / seconds) < 1:
        page.mouse.move(x + (start + (end - start) * done) * width, y)
        time.sleep(0.012)
    page.mouse.move(x + end * width, y)


def release(page):
    turn = page.locator(".sf-board .sf-grid").get_attribute("data-drawn")
    page.mouse.up()
    page.wait_for_function(
        """turn => {
          const { drawn, turn: newest } = document.querySelector('.sf-board .sf-grid').dataset;
          return drawn !== turn && drawn === newest;
        }""",
        arg=turn,
    )


def type_in(page, label, text):
    """Type into the box of a slider, and give the box."""
    box = page.get_by_role("textbox", name=f"{label}, exact").first
    box.fill(text)
    box.press("Enter")
    return box


WATCH = """() => {
  const first = document.querySelector('.sf-plot');
  const w = window.watched = { seen: new Set(), remounts: 0, faded: 0, quick: 0 };
  const holder = first.closest('[data-testid=stElementContainer]');
  const look = () => {
    w.seen.add(document.querySelector('.sf-headline').textContent);
    w.remounts += document.querySelector('.sf-plot') !== first;
    w.faded += getComputedStyle(holder).opacity < 1;
    w.quick = Math.max(w.quick, document.querySelectorAll('.sf-board .sf-is-quick').length);
    requestAnimationFrame(look);
  };
  look();
}"""


def drag_watched(page):
    """Drag from 0.2 to 0.6: the sentence follows more than five times in a second, or in one of two more strokes."""
    page.evaluate(WATCH)
    drag(page, 0.2, 0.6)
    for _ in range(2):  # a machine that others use may be busy for a second
        page.wait_for_timeout(300)
        if page.evaluate("watched.seen.size") > 5:
            break
        page.evaluate("watched.seen.clear()")
        move(page, 0.2, 0.6)
    page.wait_for_function("watched.seen.size > 5")
