"""What docs/deploy.md says is started for real: uvicorn behind nginx with TLS, with the files that stand in deploy/."""

import asyncio
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
import websockets
from websockets.typing import Origin

from benchmarks.page_client import Page, value
from tests.e2e.conftest import free_port, wait_until_healthy

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
NAME = "shortfall.example"
PATIENCE = 1  # seconds for a request's head, in the place of ten
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
MAIN = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@dataclass
class Site:
    """A served site: the proxy's port, the certificate to trust, where the logs are."""

    port: int
    trusted: ssl.SSLContext
    folder: Path

    def ask(self, path: str, *, host: str = NAME, data: bytes | None = None) -> tuple[int, Message, bytes]:
        """Status, headers and body of an answer."""
        headers = {"Host": f"{host}:{self.port}"}
        request = urllib.request.Request(f"https://localhost:{self.port}{path}", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=10, context=self.trusted) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()


def written(text: str, changes: dict[str, str]) -> str:
    """A file's text with places changed that must be in it."""
    for before, after in changes.items():
        assert before in text, before
        text = text.replace(before, after)
    return text


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """uvicorn, and nginx in front of it, both in the foreground on ports of their own."""
    if NGINX is None or shutil.which("openssl") is None:
        pytest.skip("no nginx or no openssl on this machine (Debian: apt install nginx-light openssl)")
    folder = tmp_path_factory.mktemp("site")
    key, certificate = folder / "key", folder / "pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    make += ["-keyout", str(key), "-out", str(certificate), "-subj", f"/CN={NAME}"]
    make += ["-addext", f"subjectAltName=DNS:{NAME},DNS:localhost"]
    subprocess.run(make, check=True, capture_output=True)
    behind, front = free_port(), free_port()
    conf = (DEPLOY / "nginx.conf").read_text()
    places = {
        "listen 443 ssl": f"listen 127.0.0.1:{front} ssl",
        "/etc/ssl/shortfall.pem": str(certificate),
        "/etc/ssl/shortfall.key": str(key),
        "127.0.0.1:8501": f"127.0.0.1:{behind}",
        "client_header_timeout 10s": f"client_header_timeout {PATIENCE}s",
    }
    (folder / "site.conf").write_text(written(conf, places))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(user=user, folder=folder))
    command = served_by((DEPLOY / "shortfall.service").read_text(), behind)
    environment = os.environ | {"SHORTFALL_HOSTS": f"{NAME},127.0.0.1"}
    log = folder / "log"
    with log.open("w") as out:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
        nginx = [NGINX, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
        proxy = subprocess.Popen(nginx, stdout=out, stderr=subprocess.STDOUT)
        try:
            wait_until_healthy(f"http://127.0.0.1:{behind}", server, log)
            yield Site(front, ssl.create_default_context(cafile=str(certificate)), folder)
        finally:
            for process in (proxy, server):
                process.terminate()
            for process in (proxy, server):
                process.wait(15)


def served_by(unit: str, port: int) -> list[str]:
    """The unit's own command, with this Python's uvicorn and another port."""
    (line,) = (line for line in unit.splitlines() if line.startswith("ExecStart="))
    program, *words = line.removeprefix("ExecStart=").split()
    assert program.endswith("/uvicorn")
    return [sys.executable, "-m", "uvicorn", *written(" ".join(words), {"--port 8501": f"--port {port}"}).split()]


def test_the_health_check_and_a_page_come_over_tls_with_safe_headers(site: Site) -> None:
    assert site.ask("/_stcore/health")[::2] == (200, b"ok")
    status, headers, body = site.ask("/")
    assert status == 200
    assert b"<html" in body
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert f"connect-src 'self' ws://{NAME}:{site.port} wss://{NAME}:{site.port} " in headers["Content-Security-Policy"]


def test_what_is_not_for_visitors_is_closed(site: Site) -> None:
    assert site.ask("/_stcore/metrics")[0] == 404
    assert site.ask("/", host="evil.example")[0] == 403
    assert site.ask("/_stcore/upload_file/session/f1", data=b"x")[0] == 403
    assert site.ask("/_stcore/upload_file/session/f1", data=b"x" * 20_000)[0] == 403
    assert site.ask("/", data=b"x" * 20_000)[0] == 413


def test_a_page_runs_and_its_charts_follow_the_hand_through_the_proxy(site: Site) -> None:
    async def drag() -> tuple[str, str, float]:
        page = Page(f"https://{NAME}:{site.port}", host="localhost", ssl=site.trusted)
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
    assert "/live/lane HTTP" in (site.folder / "access.log").read_text()


def test_a_page_of_another_site_opens_no_socket_through_the_proxy(site: Site) -> None:
    async def knock(origin: str) -> int:
        address = f"wss://{NAME}:{site.port}/_stcore/stream"
        there: dict[str, Any] = {"host": "localhost", "ssl": site.trusted, "subprotocols": ["streamlit"]}
        try:
            async with websockets.connect(address, origin=Origin(origin), **there):
                return 101
        except websockets.InvalidStatus as error:
            return error.response.status_code

    assert asyncio.run(knock("https://evil.example")) == 403
    assert asyncio.run(knock(f"https://{NAME}:{site.port}")) == 101


def test_half_a_request_is_not_waited_for(site: Site) -> None:
    plain = socket.create_connection(("localhost", site.port), timeout=5 * PATIENCE)
    with site.trusted.wrap_socket(plain, server_hostname=NAME) as half:
        half.sendall(f"GET / HTTP/1.1\r\nHost: {NAME}\r\n".encode())
        began = time.monotonic()
        assert half.recv(1000) == b""
        assert 0.5 * PATIENCE < time.monotonic() - began < 4 * PATIENCE


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")
def test_the_unit_is_one(tmp_path: Path) -> None:
    unit = (DEPLOY / "shortfall.service").read_text()
    there = written(unit, {"/srv/shortfall/.venv/bin/uvicorn": sys.executable, "User=shortfall": "User=root"})
    file = tmp_path / "shortfall.service"
    file.write_text(there)
    found = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, timeout=30)
    about_it = [line for line in found.stderr.splitlines() if "shortfall.service" in line]
    assert about_it == []


def test_everybody_who_serves_it_says_the_same() -> None:
    words = "--ws-max-size 8000000 --no-access-log"
    container = " ".join(json.loads((DEPLOY / "Containerfile").read_text().rpartition("CMD ")[2]))
    assert words in container
    assert words in (DEPLOY / "shortfall.service").read_text()
    assert "maxMessageSize = 8 " in (ROOT / ".streamlit" / "config.toml").read_text()
    page = (ROOT / "docs" / "deploy.md").read_text()
    assert words in page
    for file in DEPLOY.glob("[!_]*"):
        assert f"deploy/{file.name}" in page
