"""The site of docs/deploy.md on this machine: nginx with TLS before several uvicorn, by the files in deploy/."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import psutil

from benchmarks.page_client import Page
from tests.e2e.conftest import free_port, wait_until_healthy

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
NAME = "shortfall.example"
UPSTREAM = ("server 127.0.0.1:8501;", "server 127.0.0.1:8502;")
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
IS_POSSIBLE = NGINX is not None and shutil.which("openssl") is not None
MAIN = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
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


@dataclass(frozen=True)
class Site:
    """A served site: the proxy's port, the certificate to trust, where the logs are, the processes behind it."""

    port: int
    trusted: ssl.SSLContext
    folder: Path
    servers: tuple[psutil.Process, ...]

    @property
    def address(self) -> str:
        """The address by which a browser would know it."""
        return f"https://{NAME}:{self.port}"

    def ask(
        self, path: str, *, host: str = NAME, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Message, bytes]:
        """Return status, headers and body of an answer."""
        given = {"Host": f"{host}:{self.port}"} | dict(headers or {})
        request = urllib.request.Request(f"https://localhost:{self.port}{path}", data, given)
        try:
            with urllib.request.urlopen(request, timeout=10, context=self.trusted) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def page(self, place: str) -> Page:
        """Return the page of a visitor whose browser sends `place` as the cookie that tells the process."""
        cookie = {"Cookie": f"shortfall={place}"}
        return Page(self.address, host="localhost", ssl=self.trusted, additional_headers=cookie)


def written(text: str, changes: Mapping[str, str]) -> str:
    """Return a file's text with places changed that must be in it."""
    for before, after in changes.items():
        if before not in text:
            raise ValueError(f"the file must say {before!r}")
        text = text.replace(before, after)
    return text


def served_by(unit: str, port: int) -> list[str]:
    """Return the unit's own command, with this Python's uvicorn and its instance's port."""
    (line,) = (line for line in unit.splitlines() if line.startswith("ExecStart="))
    program, *words = line.removeprefix("ExecStart=").split()
    if not program.endswith("/uvicorn"):
        raise ValueError(f"the unit must start uvicorn, had {program}")
    return [sys.executable, "-m", "uvicorn", *written(" ".join(words), {"--port %i": f"--port {port}"}).split()]


@contextmanager
def site(folder: Path, *, n_servers: int = 2, changes: Mapping[str, str] | None = None) -> Iterator[Site]:
    """Start the processes and the proxy before them in the foreground, on ports of their own; end them all.

    `changes` are made in the site's file besides those of ports and certificate.
    """
    key, certificate = folder / "key", folder / "pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    make += ["-keyout", str(key), "-out", str(certificate), "-subj", f"/CN={NAME}"]
    subprocess.run([*make, "-addext", f"subjectAltName=DNS:{NAME},DNS:localhost"], check=True, capture_output=True)
    ports, front = [free_port() for _ in range(n_servers)], free_port()
    first, *rest = UPSTREAM
    places = {
        "listen 443 ssl": f"listen 127.0.0.1:{front} ssl",
        "/etc/ssl/shortfall.pem": str(certificate),
        "/etc/ssl/shortfall.key": str(key),
        first: " ".join(f"server 127.0.0.1:{port};" for port in ports),
        **dict.fromkeys(rest, ""),
    }
    (folder / "site.conf").write_text(written((DEPLOY / "nginx.conf").read_text(), places | dict(changes or {})))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(user=user, folder=folder))
    log, unit = folder / "log", (DEPLOY / "shortfall@.service").read_text()
    running = []
    with log.open("w") as out:

        def start(command: list[str], **how: object) -> psutil.Popen:
            running.append(psutil.Popen(command, stdout=out, stderr=subprocess.STDOUT, **how))
            return running[-1]

        try:
            environment = os.environ | {"SHORTFALL_HOSTS": f"{NAME},127.0.0.1"}
            servers = tuple(start(served_by(unit, port), cwd=ROOT, env=environment) for port in ports)
            start([str(NGINX), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")])
            for port, server in zip(ports, servers, strict=True):
                wait_until_healthy(f"http://127.0.0.1:{port}", server, log)
            yield Site(front, ssl.create_default_context(cafile=str(certificate)), folder, servers)
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(15)
