"""What a server takes with the processes that it has started: precise runs are made in one of their own."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import psutil


def held(servers: Iterable[psutil.Process]) -> float:
    """Memory of the servers and of what they started in MB."""
    return sum(process.memory_info().rss for process in with_children(servers)) / 1e6


def worked(servers: Iterable[psutil.Process]) -> float:
    """Seconds that the servers and what they started have computed, children that have ended included."""
    return sum(sum(process.cpu_times()[: 4 if server is process else 2]) for server, process in families(servers))


def with_children(servers: Iterable[psutil.Process]) -> list[psutil.Process]:
    """The servers and what they started, as far as it still runs."""
    return [process for _, process in families(servers)]


def families(servers: Iterable[psutil.Process]) -> list[tuple[psutil.Process, psutil.Process]]:
    """Each running process beside the server that it belongs to."""
    found = []
    for server in servers:
        found.append((server, server))
        for child in server.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if child.status() != psutil.STATUS_ZOMBIE:
                    found.append((server, child))
    return found
