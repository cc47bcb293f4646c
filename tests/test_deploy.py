"""What docs/deploy.md says is started for real: uvicorn behind nginx with TLS, with the files that stand in deploy/."""

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import psutil
import pytest
import websockets
from websockets.typing import Origin

from benchmarks.page_client import value
from benchmarks.site import DEPLOY, IS_POSSIBLE, NAME, Site, site, written

ROOT = Path(__file__).parents[1]
PATIENCE = 1  # seconds for a request's head, in the place of ten


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two uvicorn, and nginx in front of them, all in the foreground on ports of their own."""
    if not IS_POSSIBLE:
        pytest.skip("no nginx or no openssl on this machine (Debian: apt install nginx-light openssl)")
    patience = {"client_header_timeout 10s": f"client_header_timeout {PATIENCE}s"}
    with site(tmp_path_factory.mktemp("site"), changes=patience) as served:
        yield served


def test_the_health_check_and_a_page_come_over_tls_with_safe_headers(there: Site) -> None:
    assert there.ask("/_stcore/health")[::2] == (200, b"ok")
    status, headers, body = there.ask("/")
    assert status == 200
    assert b"<html" in body
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert (
        f"connect-src 'self' ws://{NAME}:{there.port} wss://{NAME}:{there.port} " in headers["Content-Security-Policy"]
    )


def test_what_is_not_for_visitors_is_closed(there: Site) -> None:
    assert there.ask("/_stcore/metrics")[0] == 404
    assert there.ask("/", host="evil.example")[0] == 403
    assert there.ask("/_stcore/upload_file/session/f1", data=b"x")[0] == 403
    assert there.ask("/_stcore/upload_file/session/f1", data=b"x" * 20_000)[0] == 403
    assert there.ask("/", data=b"x" * 20_000)[0] == 413


def test_a_page_runs_and_its_charts_follow_the_hand_through_the_proxy(there: Site) -> None:
    async def drag() -> tuple[str, str, float]:
        page = there.page("somebody")
        await page.open("", "v=1&p=calm")
        lane = await page.lane()
        spent, told = [], b""
        for leverage in range(20, 30):
            began = time.perf_counter()
            await lane.send(json.dumps({"set:book.leverage": leverage}))
            told = await asyncio.wait_for(lane.recv(), 20)
            spent.append(time.perf_counter() - began)
        await lane.close()
        await page.close()
        return page.headline, value(told)["headline"], min(spent)

    before, after, fastest = asyncio.run(drag())
    assert before
    assert after
    assert before != after
    assert fastest < 1.0
    assert "/live/lane HTTP" in (there.folder / "access.log").read_text()


def test_a_visitor_stays_with_one_process_and_visitors_are_spread(there: Site) -> None:
    _, headers, _ = there.ask("/")
    cookie = SimpleCookie(headers["Set-Cookie"])["shortfall"]
    assert len(cookie.value) == 32
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Lax")
    assert there.ask("/", headers={"Cookie": "shortfall=somebody"})[1]["Set-Cookie"] is None

    async def seen_by(place: str) -> int:
        """The process that has a websocket more while the page is open; the page's lane goes to the same one."""
        page = await there.page(place).open("", "v=1&p=calm")
        lane = await page.lane()
        await lane.send(json.dumps({"set:book.leverage": 20}))
        assert value(await asyncio.wait_for(lane.recv(), 20))["headline"]
        (found,) = (server.pid for server in there.servers if len(established(server)) >= 2)
        await lane.close()
        await page.close()
        await asyncio.sleep(0.3)
        return found

    async def all_seen() -> list[int]:
        return [await seen_by(f"visitor {number}") for number in (1, 1, 2, 3, 4, 5, 6, 7, 8)]

    first, again, *others = asyncio.run(all_seen())
    assert first == again
    assert {first, *others} == {server.pid for server in there.servers}


def established(server: psutil.Process) -> list[Any]:
    """The connections of a process that are open."""
    return [one for one in server.net_connections("tcp") if one.status == psutil.CONN_ESTABLISHED]


def test_a_page_of_another_site_opens_no_socket_through_the_proxy(there: Site) -> None:
    async def knock(origin: str) -> int:
        address = f"wss://{NAME}:{there.port}/_stcore/stream"
        how: dict[str, Any] = {"host": "localhost", "ssl": there.trusted, "subprotocols": ["streamlit"]}
        try:
            async with websockets.connect(address, origin=Origin(origin), **how):
                return 101
        except websockets.InvalidStatus as error:
            return error.response.status_code

    assert asyncio.run(knock("https://evil.example")) == 403
    assert asyncio.run(knock(f"https://{NAME}:{there.port}")) == 101


def test_half_a_request_is_not_waited_for(there: Site) -> None:
    plain = socket.create_connection(("localhost", there.port), timeout=5 * PATIENCE)
    with there.trusted.wrap_socket(plain, server_hostname=NAME) as half:
        half.sendall(f"GET / HTTP/1.1\r\nHost: {NAME}\r\n".encode())
        began = time.monotonic()
        assert half.recv(1000) == b""
        assert 0.5 * PATIENCE < time.monotonic() - began < 4 * PATIENCE


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")
def test_the_unit_is_one(tmp_path: Path) -> None:
    unit = (DEPLOY / "shortfall@.service").read_text()
    changed = written(unit, {"/srv/shortfall/.venv/bin/uvicorn": sys.executable, "User=shortfall": "User=root"})
    file = tmp_path / "shortfall@8501.service"
    file.write_text(changed)
    found = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, timeout=30)
    about_it = [line for line in found.stderr.splitlines() if "shortfall@8501.service" in line]
    assert about_it == []


def test_everybody_who_serves_it_says_the_same() -> None:
    words = "--ws-max-size 8000000 --no-access-log"
    container = " ".join(json.loads((DEPLOY / "Containerfile").read_text().rpartition("CMD ")[2]))
    assert words in container
    assert words in (DEPLOY / "shortfall@.service").read_text()
    assert "maxMessageSize = 8 " in (ROOT / ".streamlit" / "config.toml").read_text()
    page = (ROOT / "docs" / "deploy.md").read_text()
    assert words in page
    for file in DEPLOY.glob("[!_]*"):
        assert f"deploy/{file.name}" in page
