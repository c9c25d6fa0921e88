# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""The task engines that are measured, and their programs while they run."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from processes import free_port, total_cpu
from stores import Store

PEERS = Path(__file__).parent / "peer"


class Program:
    """A running contender: it answers commands, one at a time. Use it in a `with`."""

    def __init__(self, command: list[str | Path], store: Store) -> None:
        self.store = store
        begin = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answer()
        self.ready_after = time.monotonic() - begin

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{' '.join(map(str, self.process.args))} ended early")
        return json.loads(line)

    def tell(self, run: str, **parameters: float | str) -> None:
        """Begins a workload; `answer` waits for its end."""
        self.process.stdin.write(json.dumps({"run": run, **parameters}) + "\n")
        self.process.stdin.flush()

    def ask(self, run: str, **parameters: float | str) -> dict:
        """Runs a workload; the answer says how much CPU it took, the store's own included."""
        before = self.cpu()
        self.tell(run, **parameters)
        return {**self.answer(), "cpu": self.cpu() - before}

    def cpu(self) -> float:
        return total_cpu(self.process.pid) + self.store.cpu()


@dataclass
class Contender:
    name: str
    kind: str
    """Which kind of store: sqlite, postgres, memory."""
    settings: list[dict]
    """The ways in which clients use it; the fastest counts."""
    program: Path
    is_durable: bool = True

    def start(self, store: Store, gate: str = "open", *options: str) -> Program:
        if self.program.name == "durabletask_workflows.py":
            return Program([sys.executable, self.program, "--port", str(free_port())], store)
        interpreter = [sys.executable] if self.program.suffix == ".py" else []
        return Program([*interpreter, self.program, "--store", store.uri, "--gate", gate, *options], store)


def all_contenders(engine: Path) -> list[Contender]:
    """Peers first; `engine` is the program of our own."""
    clients = [{"clients": count} for count in (1, 8, 64, 256)]
    styles = [{"style": style, "clients": count} for style, count in
              (("threads", 1), ("threads", 8), ("threads", 32), ("async", 8), ("async", 32))]
    dbos, sdk = PEERS / "dbos_workflows.py", PEERS / "durabletask_workflows.py"
    return [
        Contender("DBOS, SQLite", "sqlite", styles, dbos),
        Contender("Darkroom, SQLite", "sqlite", clients, engine),
        Contender("DBOS, PostgreSQL", "postgres", styles, dbos),
        Contender("Darkroom, PostgreSQL", "postgres", clients, engine),
        Contender("durabletask, in memory", "memory", clients[:2], sdk, is_durable=False),
        Contender("Darkroom, in memory", "memory", clients, engine, is_durable=False),
    ]
