"""A file of one's own through a real browser: taken on its page, opened on another, refused from anywhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

BOOK = "id,side,size,entry_price,leverage\nann,long,3,60000,20\nbob,short,2,60000,5\n=cy,long,1,61000,2\n"
PUT = """async url => (await fetch(url, {
  method: 'PUT',
  body: (() => { const form = new FormData(); form.append('f', new Blob(['x']), 'x.csv'); return form })(),
  headers: {'X-Xsrftoken': document.cookie.match(/_streamlit_xsrf=([^;]*)/)?.[1] ?? ''},
})).status"""


def test_a_book_is_taken_here_and_nowhere_else(page: Any, base_url: str, tmp_path: Path, problems: list[str]) -> None:
    file, sent = tmp_path / "mine.csv", []
    file.write_text(BOOK, encoding="utf-8")
    page.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    page.goto(f"{base_url}/your_data")
    page.get_by_text("Nothing is loaded").first.wait_for(timeout=60_000)
    page.set_input_files("input[type=file] >> nth=0", file)
    page.get_by_text("mine.csv: 3 positions, 2 longs and 1 short.").first.wait_for()
    assert page.evaluate(PUT, sent[0]) == 204
    page.get_by_role("button", name="Open on Live cascade").click()
    page.get_by_text("of 3 traders").first.wait_for(timeout=30_000)
    assert page.get_by_text("My book: mine.csv").count() > 0
    assert page.evaluate(PUT, sent[0]) == 403
    problems[:] = [problem for problem in problems if "403" not in problem]
