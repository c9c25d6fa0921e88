# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""How a hub on PostgreSQL grows with the processes that share it, and what it costs to kill one of them."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from contenders import Contender, Program
from processes import total_cpu
from stores import Store

PROCESSES = (1, 2, 4)
CLIENTS = 256
KILLED_AFTER = 2
"""Seconds."""


@dataclass
class Load:
    name: str
    orchestration: str
    is_from_outside: bool
    """Whether a process puts it on that does no work itself; else the workers do."""


LOADS = [
    Load("three empty steps, started by the workers", "three", is_from_outside=False),
    Load("three empty steps, started by another process", "three", is_from_outside=True),
    Load("three steps that wait 20 ms, 4 at once in a process", "three, waiting", is_from_outside=True),
]


def scale_out(contender: Contender, new_store: Callable[[], Store], seconds: float) -> dict:
    """The figures of each load for each number of processes, and those of a kill."""
    return {
        "loads": {
            load.name: {count: measure(contender, new_store(), load, count, seconds) for count in PROCESSES}
            for load in LOADS
        },
        "kill": kill(contender, new_store(), LOADS[-1], PROCESSES[-1], seconds),
    }


@contextlib.contextmanager
def processes(contender: Contender, store: Store, load: Load, count: int):
    """The workers, and those who put the load on."""
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(contender.start(store)) for _ in range(count)]
        outside = [stack.enter_context(contender.start(store, "open", "--role", "client"))
                   for _ in range(1 if load.is_from_outside else 0)]
        yield workers, outside or workers


def begin(clients: list[Program], load: Load, seconds: float) -> None:
    for client in clients:
        client.tell("steps", orchestration=load.orchestration, clients=CLIENTS // len(clients), seconds=seconds)


def end(clients: list[Program]) -> dict:
    answers = [client.answer() for client in clients]
    return {
        "count": sum(answer["count"] for answer in answers),
        "seconds": max(answer["seconds"] for answer in answers),
        "slowest": max(max(answer["latencies"]) for answer in answers),
    }


def measure(contender: Contender, store: Store, load: Load, count: int, seconds: float) -> dict[str, float]:
    with processes(contender, store, load, count) as (workers, clients):
        begin(clients, load, 1)
        end(clients)
        everybody = {program.process.pid for program in workers + clients}
        before = sum(map(total_cpu, everybody)) + store.cpu()
        begin(clients, load, seconds)
        answer = end(clients)
        used = sum(map(total_cpu, everybody)) + store.cpu() - before
        figures = {"per_second": answer["count"] / answer["seconds"], "cores": used / answer["seconds"]}
        print(f"{count} processes, {load.name}: {figures['per_second']:.0f}/s", flush=True)
        return figures


def kill(contender: Contender, store: Store, load: Load, count: int, seconds: float) -> dict[str, float]:
    """Kills a worker in the middle of the load; what it had in hand ends when the others have taken it over."""
    with processes(contender, store, load, count) as (workers, clients):
        begin(clients, load, KILLED_AFTER + seconds)
        time.sleep(KILLED_AFTER)
        workers[0].kill()
        answer = end(clients)
        audit = clients[0].ask("audit")
        # What was started and is not there any more is lost, too.
        lost = audit["lost"] + answer["count"] - audit["count"]
        return {"count": answer["count"], "lost": lost, "doubled": audit["doubled"], "slowest": answer["slowest"]}
