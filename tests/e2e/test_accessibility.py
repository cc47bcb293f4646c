"""Every page in the real browser, light and dark: axe-core finds nothing serious (contrast, names, labels)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
RUN = """async () => {
  const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];
  const { violations } = await axe.run(document, { runOnly, resultTypes: ['violations'] });
  return violations.filter(v => ['serious', 'critical'].includes(v.impact)).flatMap(v => v.nodes.map(n =>
      `${v.id}: ${n.target.join(' ')}: ${[...n.any, ...n.all, ...n.none][0]?.message}: ${n.html.slice(0, 160)}`));
}"""
# At rest: the script has run, what stands for a part to come has gone, every component has put something into its place
# (the one that watches the connection never does), its charts are drawn, and nothing fades in any more.
READY = """() => document.querySelector('.stApp')?.dataset.testScriptState === 'notRunning'
  && !document.querySelector(
    '[data-testid=stSpinner], [data-testid=stSkeleton], [data-testid=stStatusWidget], [data-stale=true]')
  && document.querySelector('[data-testid=stMainBlockContainer]')?.innerText.length > 200
  && [...document.querySelectorAll('[data-testid=stBidiComponentRegular]')].every(
    place => place.querySelectorAll('*').length > 1 || place.closest('.st-key-watch'))
  && [...document.querySelectorAll('.sf-grid')].every(
    grid => grid.dataset.drawn && grid.dataset.drawn === grid.dataset.turn)
  && !document.getAnimations().some(
    one => one.playState === 'running' && one.effect.getComputedTiming().endTime < Infinity)"""

IS_IN = """scheme => {  // the page's own ground, 0 to 255
  const [red, green, blue] = getComputedStyle(document.querySelector('.stApp')).backgroundColor.match(/[0-9]+/g);
  return (Math.max(red, green, blue) < 128) === (scheme === 'dark');
}"""


def pages():
    """The files of the pages that the router knows and that exist."""
    for node in ast.parse((ROOT / "app.py").read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "PAGES":
            menus = ast.literal_eval(node.value).values()
            return [Path(file).stem for menu in menus for file in menu.values() if (ROOT / file).exists()]
    raise AssertionError("app.py has no PAGES")


def serious(page, expected=frozenset()):
    """What axe-core finds on the page at rest; if not what is expected, once more: a text that fades in stands then."""
    page.evaluate(AXE)
    found = page.evaluate(RUN)
    for _ in range(3):
        if kinds(found) == expected:
            break
        page.wait_for_timeout(1_500)
        found = page.evaluate(RUN)
    return found


def kinds(found):
    return {line.split(":")[0] for line in found}


def ready(page):
    """Wait for the run, for what the components load after it, and for their charts."""
    page.wait_for_function(READY, timeout=180_000, polling=100)
    page.wait_for_load_state("networkidle")
    page.wait_for_function(READY, timeout=180_000, polling=100)


def audited(page):
    """What axe-core finds in light colors and, turned over on the spot, in dark ones."""
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(IS_IN, arg=scheme)
        ready(page)
        found[scheme] = serious(page)
    return found


@pytest.mark.parametrize("name", pages())
def test_nothing_serious_on_any_page(page, base_url, name):
    page.goto(f"{base_url}/{name}")
    ready(page)
    for _ in range(page.locator(".sf-fold:not([open])").count()):
        page.locator(".sf-fold:not([open]) > summary").first.click()  # opened, it no longer matches
    assert audited(page) == {"light": [], "dark": []}


def test_nothing_serious_in_large_type_with_every_fold_open(page, base_url):
    page.goto(f"{base_url}/live_cascade?v=1&p=okex-2018&look=large")
    ready(page)
    folds = page.locator("[data-testid=stMain] [data-testid=stExpander]")
    for number in range(folds.count()):
        folds.nth(number).locator("summary").click()
        folds.nth(number).locator(
            "[data-testid=stExpanderDetails] :is(table, .sf-board, .sf-player, p)"
        ).first.wait_for()
    assert audited(page) == {"light": [], "dark": []}


def test_the_audit_sees_what_is_wrong(page, base_url):
    page.goto(f"{base_url}/glossary")
    ready(page)
    page.evaluate("""() => document.body.insertAdjacentHTML('beforeend', `
      <div style="position:fixed; inset:0; z-index:9999999; background:#fff">  <!-- nothing lies over it -->
        <p style="color:#999">pale</p><input><button></button></div>`)""")
    wrong = {"color-contrast", "label", "button-name"}
    assert kinds(serious(page, wrong)) == wrong
