# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""What processes and their children use, and where they may listen."""

import contextlib
import os
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Usage:
    """What processes have used so far."""

    server_cpu: float = 0
    worker_cpu: float = 0
    server_peak_mb: float = 0
    worker_peak_mb: float = 0


@dataclass
class ProcessTree:
    """Watches a process and its children; peaks are kept of those that have ended, too."""

    pid: int
    peaks: dict[int, float] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self.ended.wait(0.05):
            self.look()

    def look(self) -> list[int]:
        children = self.children()
        for pid in [self.pid, *children]:
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text()
                peak = [line for line in status.splitlines() if line.startswith("VmHWM")]
                if peak:
                    self.peaks[pid] = int(peak[0].split()[1]) / 1024
        return children

    def children(self) -> list[int]:
        with contextlib.suppress(OSError):
            return [
                int(child)
                for thread in Path(f"/proc/{self.pid}/task").iterdir()
                for child in (thread / "children").read_text().split()
            ]
        return []

    def usage(self) -> Usage:
        children = self.look()
        own, waited_for = cpu(self.pid)
        usage = Usage(server_cpu=own, worker_cpu=waited_for, server_peak_mb=self.peaks.get(self.pid, 0))
        for child in children:
            usage.worker_cpu += sum(cpu(child))
        usage.worker_peak_mb = max((peak for pid, peak in self.peaks.items() if pid != self.pid), default=0)
        return usage


def total_cpu(pid: int) -> float:
    """CPU seconds of a process and of all its children, those that have ended, too."""
    usage = ProcessTree(pid).usage()
    return usage.server_cpu + usage.worker_cpu


def cpu(pid: int) -> tuple[float, float]:
    """CPU seconds of a process, and of the children it has waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0, 0
    user, system, child_user, child_system = (int(ticks) / TICKS for ticks in fields[11:15])
    return user + system, child_user + child_system
