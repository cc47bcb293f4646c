"""The live components in a real browser: the charts follow the hand, and at rest they are Plotly's."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.e2e.conftest import new_tab
from tests.e2e.hands import drag, drag_watched, release, thumb, type_in
from tests.e2e.servers import router_in, shown

RANGE = "axis => document.querySelector('.sf-plot')._fullLayout[axis].range.map(v => +v.toFixed(6))"


@pytest.fixture(scope="module")
def url(serve, tmp_path_factory):
    app = router_in(tmp_path_factory.mktemp("live"), "live_cascade")
    (app.parent / "pages" / "live_cascade.py").write_text((Path(__file__).parent / "live_page.py").read_text())
    return serve(app)


@pytest.fixture
def fresh(page, url):
    """The page in a tab of its own, with all charts drawn by Plotly."""
    return shown(page, url)


@pytest.fixture(scope="module")
def shared(context, url):
    """A tab for the tests that need no fresh one, and what went wrong in it."""
    problems = []
    page = shown(new_tab(context, problems), url)
    yield page, problems
    page.close()


@pytest.fixture
def lab(shared, url, request):
    """The page as it opens: what the test before has moved is put back; where that one failed, the page opens again."""
    page, problems = shared
    failed = request.session.testsfailed
    put_back(page)
    yield page
    found, problems[:] = problems[:], []
    if found or request.session.testsfailed > failed:
        page.mouse.up()
        shown(page, url)
    assert found == []


AT_REST = """() => {
  const { drawn, turn } = document.querySelector('.sf-board .sf-grid').dataset;
  const told = document.querySelector('.sf-headline').textContent;
  return drawn === turn && told.startsWith('At leverage 20 and volatility 1 ')
    && document.querySelector('.stApp').dataset.testScriptState === 'notRunning';
}"""


def put_back(page):
    """Set both sliders to where they stand when the page opens, and wait until everything has followed."""
    page.mouse.move(5, 5)
    for name, start in (("Leverage", "20"), ("Volatility", "1")):
        if page.get_by_role("slider", name=name, exact=True).input_value() != start:
            page.get_by_role("button", name=f"Reset {name}").click()
    page.wait_for_function(AT_REST)


def headline(page):
    return float(re.search(r"leverage ([\d.]+)", page.locator(".sf-headline").inner_text()).group(1))


def test_the_charts_follow_the_hand_without_remount_or_fading(fresh):
    drag_watched(fresh)
    watched = fresh.evaluate("({...watched, seen: watched.seen.size})")
    assert (watched["remounts"], watched["faded"]) == (0, 0)
    assert watched["quick"] == 3  # the heatmap is always Plotly's
    assert fresh.get_by_text("0 commits, ").count() == 1
    release(fresh)
    fresh.get_by_text("1 commits, ").wait_for()
    shown = float(fresh.get_by_role("slider", name="Leverage", exact=True).input_value())
    assert headline(fresh) == shown > 50
    assert fresh.locator(".sf-is-quick").count() == 0
    drawn = fresh.evaluate("document.querySelectorAll('.sf-plot')[1].data[0].y[0]")
    assert drawn == shown


def test_axes_grow_at_once_and_shrink_on_release(lab):
    before = lab.evaluate(RANGE, "yaxis")
    drag(lab, 0.15, 0.9)
    lab.wait_for_timeout(300)
    x, y, width = thumb(lab)
    lab.mouse.move(x + 0.15 * width, y)
    lab.wait_for_timeout(300)
    held = lab.evaluate("document.querySelector('.sf-ghost')._fullLayout.yaxis.range")
    assert held[0] < before[0] - 40
    release(lab)
    assert lab.evaluate(RANGE, "yaxis")[0] > held[0] + 40


def test_tick_labels_follow_the_hand(lab):
    drag(lab, 0.2, 0.8)
    ticks = (
        "() => [...document.querySelectorAll('.sf-ghost')[1].querySelectorAll('.xtick text')].map(t => t.textContent)"
    )
    lab.wait_for_function(f"({ticks})().includes('few winners')")
    lab.mouse.up()


def test_a_zoom_is_kept_until_a_double_click(lab):
    box = lab.locator(".sf-plot .nsewdrag").first.bounding_box()
    # what Plotly draws after the hand let go takes the pointer only once it is there
    lab.wait_for_function(
        "([x, y]) => document.elementFromPoint(x, y).matches('.nsewdrag')", arg=[box["x"] + 40, box["y"] + 30]
    )
    lab.mouse.move(box["x"] + 40, box["y"] + 30)
    lab.mouse.down()
    lab.mouse.move(box["x"] + 160, box["y"] + 110, steps=5)
    lab.mouse.up()
    lab.wait_for_function("document.querySelector('.sf-plot')._fullLayout.xaxis.range[0] > 1")
    zoomed = [lab.evaluate(RANGE, axis) for axis in ("xaxis", "yaxis")]
    drag(lab, 0.2, 0.9, seconds=0.5)
    release(lab)
    assert [lab.evaluate(RANGE, axis) for axis in ("xaxis", "yaxis")] == zoomed
    lab.mouse.dblclick(box["x"] + 100, box["y"] + 60)
    lab.wait_for_function("document.querySelector('.sf-plot')._fullLayout.xaxis.range[0] < 1")


def picture(page, number):
    shot = page.locator(".sf-board .sf-stage").nth(number).screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("L"), dtype=float)


@pytest.mark.parametrize(("number", "chart"), [(0, "lines"), (1, "bars"), (2, "markers")])
def test_the_quick_drawing_looks_like_plotlys(lab, number, chart):
    drag(lab, 0.2, 0.4, seconds=0.4)
    lab.wait_for_timeout(300)
    assert "sf-is-quick" in lab.locator(".sf-board .sf-chart").nth(number).get_attribute("class")
    drag(lab, 0.4, 0.3, seconds=0.2)
    release(lab)
    lab.mouse.move(5, 5)
    exact = picture(lab, number)
    # The same figure again, quickly: what a hand that holds the slider sees.
    x, y, width = thumb(lab)
    value = float(lab.get_by_role("slider", name="Leverage", exact=True).input_value())
    lab.mouse.move(x + 0.3 * width, y)
    lab.mouse.down()
    lab.mouse.move(x + 0.3 * width - 4, y)  # less leverage: nothing grows
    lab.mouse.move(x + 0.3 * width, y)
    lab.wait_for_timeout(400)
    assert headline(lab) == value
    quick = picture(lab, number)
    lab.mouse.up()
    assert quick.shape == exact.shape
    different = np.abs(quick - exact) > 64
    assert different.mean() < 0.015, chart
    assert (exact < 200).mean() > 0.005


@pytest.fixture
def short(page, url):
    """The page with the short way open."""
    page.add_init_script("""(() => {
      const Plain = window.WebSocket;
      window.sockets = [];
      window.WebSocket = class extends Plain {
        constructor(...given) { super(...given); if (this.url.includes('/live/')) sockets.push(this); }
      };
    })()""")
    shown(page, f"{url}/?channel=1")
    page.wait_for_function("sockets[0]?.readyState === 1")
    return page


def runs(page):
    return int(re.search(r"(\d+) runs", page.get_by_text("commits, ").inner_text()).group(1))


def test_the_short_way_follows_the_hand_without_a_run_and_ends_with_one(short):
    drag_watched(short)
    assert (runs(short), short.evaluate("watched.remounts + watched.faded")) == (1, 0)
    short.wait_for_timeout(200)
    held = headline(short)
    assert held == float(short.get_by_role("slider", name="Leverage", exact=True).input_value()) > 50
    short.locator("label", has_text=f"Fund at {held:g}x").wait_for(state="attached")
    release(short)
    short.get_by_text("1 commits, 2 runs").wait_for()
    assert headline(short) == held


def test_what_the_short_way_cannot_draw_goes_through_the_fragment(short):
    drag(short, 0.2, 0.9)
    short.wait_for_function("/leverage 1[01]\\d/.test(document.querySelector('.sf-headline').textContent)")
    assert runs(short) > 1
    short.mouse.up()


def test_without_the_short_way_every_value_goes_through_the_fragment(short):
    short.evaluate("sockets[0].close()")
    drag_watched(short)
    assert runs(short) > 1
    short.mouse.up()


def test_a_lost_connection_comes_back(short):
    short.evaluate("sockets[0].close()")
    short.wait_for_function("sockets[1]?.readyState === 1")


def test_keyboard_number_box_and_reset(lab):
    slider = lab.get_by_role("slider", name="Leverage", exact=True)
    slider.focus()
    lab.keyboard.press("ArrowRight")
    lab.get_by_text("At leverage 20.5 ").first.wait_for()
    assert slider.get_attribute("aria-valuetext") == "20.5x"
    type_in(lab, "Leverage", "64.5")
    lab.get_by_text("At leverage 64.5 ").first.wait_for()
    assert slider.input_value() == "64.5"
    box = type_in(lab, "Leverage", "300")
    assert lab.get_by_role("alert").inner_text() == "Leverage must be 1.0x to 125.0x."
    assert box.get_attribute("aria-invalid") == "true"
    lab.get_by_role("button", name="Reset Leverage").click()
    lab.get_by_text("At leverage 20 ").first.wait_for()
    assert box.input_value() == "20.0"


def test_help_is_one_click_away(lab):
    lab.get_by_role("button", name="What is “Leverage”?").click()
    assert lab.get_by_text("How much larger the position is.").is_visible()


def test_a_value_set_from_code_moves_the_thumb_and_stays(lab):
    slider = lab.get_by_role("slider", name="Leverage", exact=True)
    slider.focus()
    lab.keyboard.press("ArrowRight")
    lab.get_by_text("At leverage 20.5 ").first.wait_for()
    lab.get_by_role("button", name="Preset").click()
    lab.get_by_text("At leverage 77 ").first.wait_for()
    assert slider.input_value() == "77"
    lab.get_by_role("slider", name="Volatility", exact=True).focus()
    lab.keyboard.press("ArrowRight")
    lab.get_by_text("At leverage 77 and volatility 1.01 ").first.wait_for()


def test_a_note_stands_at_the_slider(lab):
    type_in(lab, "Leverage", "124")
    lab.get_by_text("Above 120x this venue opens no position.").wait_for()


def test_a_logarithmic_slider_in_a_fold(lab):
    lab.get_by_text("More settings").click()
    fund = lab.get_by_role("slider", name="Fund", exact=True)
    assert float(fund.input_value()) == 200  # 1 lies in the middle of 0.01 to 100
    fund.focus()
    lab.keyboard.press("ArrowRight")
    lab.wait_for_function("document.querySelectorAll('.sf-box')[2].value === '1.02'")


def test_a_click_on_a_point_names_its_trader(lab):
    point = lab.locator(".sf-plot").nth(2).locator(".points path").nth(7).bounding_box()
    lab.mouse.move(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    lab.wait_for_timeout(150)
    lab.mouse.down()
    lab.mouse.up()
    lab.get_by_text(re.compile(r"clicked trader 1\d\d\d")).wait_for()


@pytest.mark.parametrize(("kind", "start"), [("PNG", b"\x89PNG"), ("SVG", b"<svg")])
def test_a_chart_can_be_saved(lab, kind, start):
    with lab.expect_download() as download:
        lab.get_by_role("button", name=f"Save “Price” as {kind}").click()
    assert download.value.suggested_filename == f"shortfall-price.{kind.lower()}"
    assert Path(download.value.path()).read_bytes().startswith(start)


def test_charts_have_a_text_alternative(lab):
    assert lab.get_by_role("img", name=re.compile(r"^Price\. It ends at")).count() == 1


def test_the_charts_follow_the_theme(lab):
    text = "() => getComputedStyle(document.querySelector('.sf-plot .xtick text')).fill"
    bar = "() => getComputedStyle(document.querySelectorAll('.sf-plot')[1].querySelector('.point path')).fill"
    light = lab.evaluate(text), lab.evaluate(bar)
    lab.emulate_media(color_scheme="dark")
    lab.wait_for_function(f"light => ({text})() !== light", arg=light[0])
    lab.wait_for_function(f"light => ({bar})() !== light", arg=light[1])
    lab.emulate_media(color_scheme="light")


def test_the_player_steps_and_plays(lab):
    film = lab.locator(".sf-player")
    sentence = film.locator(".sf-sentence")
    assert sentence.inner_text() == "Nothing has happened."
    film.get_by_role("button", name="Next", exact=True).click()
    assert sentence.inner_text() == "Trader 1 is liquidated."
    film.get_by_role("button", name="Round", exact=True).click()
    assert sentence.inner_text() == "Trader 11 is liquidated."
    film.get_by_role("combobox", name="Speed").select_option("15")
    film.get_by_role("button", name="Play", exact=True).click()
    film.get_by_role("button", name="Pause", exact=True).wait_for()
    film.get_by_text("29 / 29").wait_for()
    film.get_by_role("button", name="Play", exact=True).wait_for()
    assert sentence.inner_text() == "Trader 29 is liquidated."
    film.locator(".sf-grid[data-drawn]").wait_for(timeout=150_000)
    film.get_by_role("slider", name="Step").fill("4")
    assert sentence.inner_text() == "Trader 4 is liquidated."
    lab.wait_for_function("document.querySelector('.sf-player .sf-plot').data[0].x.length === 5")
