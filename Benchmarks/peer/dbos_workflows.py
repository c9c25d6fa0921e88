#!/usr/bin/env python3
# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""DBOS under the workloads of the task engine.

usage: dbos_workflows.py --store sqlite:PATH|postgres:URI [--gate open|closed]

Every commit is durable: SQLite with `synchronous=FULL`, and with a write-ahead log, which is the faster journal;
PostgreSQL as its server is set. Workflows are called directly, the fastest of DBOS's ways. A fan-out gathers its steps,
which its documentation recommends besides queues; a queue of child workflows takes three times as long.
"""

import argparse
import asyncio
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy
from contender import repeat, serve, together
from dbos import DBOS, SetWorkflowID

first_steps: dict[str, float] = {}
arrivals: list[int] = []
gate = asyncio.Event()


@DBOS.step()
def increment(value: int) -> int:
    first_steps.setdefault(DBOS.workflow_id, time.monotonic())
    return value + 1


@DBOS.step()
async def increment_async(value: int) -> int:
    return value + 1


@DBOS.step()
async def increment_behind_the_gate(value: int) -> int:
    arrivals.append(value)
    await gate.wait()
    return value + 1


@DBOS.workflow()
def three_steps(value: int) -> int:
    for _ in range(3):
        value = increment(value)
    return value


@DBOS.workflow()
async def three_steps_async(value: int) -> int:
    for _ in range(3):
        value = await increment_async(value)
    return value


@DBOS.workflow()
async def three_steps_gated(value: int) -> int:
    for step in (increment_async, increment_behind_the_gate, increment_async):
        value = await step(value)
    return value


@DBOS.workflow()
async def wide(width: int) -> int:
    return sum(await asyncio.gather(*(increment_async(number) for number in range(width))))


def steps(seconds: float, clients: int, style: str) -> dict:
    return asyncio.run(steps_async(seconds, clients)) if style == "async" else steps_threads(seconds, clients)


def steps_threads(seconds: float, clients: int) -> dict:
    def call(number: int) -> float:
        begin = time.monotonic()
        assert three_steps(number) == number + 3
        return time.monotonic() - begin

    with ThreadPoolExecutor(clients) as pool:
        return together(list(pool.map(lambda _: repeat(seconds, call), range(clients))))


async def steps_async(seconds: float, clients: int) -> dict:
    begin, latencies = time.monotonic(), []

    async def client() -> None:
        while (called := time.monotonic()) - begin < seconds:
            assert await three_steps_async(1) == 4
            latencies.append(time.monotonic() - called)

    await asyncio.gather(*(client() for _ in range(clients)))
    return {"count": len(latencies), "seconds": time.monotonic() - begin, "latencies": latencies}


def alone(count: int) -> dict:
    latencies, firsts = [], []
    for number in range(count):
        time.sleep(0.02)
        workflow_id = str(uuid.uuid4())
        begin = time.monotonic()
        with SetWorkflowID(workflow_id):
            three_steps(number)
        latencies.append(time.monotonic() - begin)
        firsts.append(first_steps[workflow_id] - begin)
    return {"count": count, "latencies": latencies, "first_steps": firsts}


def fan_out(seconds: float, width: int) -> dict:
    def call(_: int) -> float:
        begin = time.monotonic()
        assert asyncio.run(wide(width)) == width * (width + 1) // 2
        return time.monotonic() - begin

    return repeat(seconds, call)


def strand(count: int) -> dict:
    """Starts workflows that come no further than the closed gate, for the program to be killed under them."""
    async def start_all() -> None:
        for number in range(count):
            with SetWorkflowID(f"stranded-{number}"):
                await DBOS.start_workflow_async(three_steps_gated, number)
        while len(arrivals) < count:
            await asyncio.sleep(0.005)

    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    asyncio.run_coroutine_threadsafe(start_all(), loop).result()
    return {"count": count}


def finish(count: int) -> dict:
    """Waits until the stranded workflows have ended well."""
    while len(DBOS.list_workflows(
        workflow_id_prefix="stranded-", status="SUCCESS", load_input=False, load_output=False
    )) < count:
        time.sleep(0.02)
    return {"count": count}


def make_durable(connection, _) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", required=True)
    parser.add_argument("--gate", default="open")
    arguments = parser.parse_args()
    kind, place = arguments.store.split(":", maxsplit=1)
    if kind == "sqlite":
        sqlalchemy.event.listen(sqlalchemy.Engine, "connect", make_durable)
        place = f"sqlite:///{place}"
    if arguments.gate == "open":
        gate.set()

    DBOS(config={
        "name": "benchmark", "system_database_url": place, "application_version": "1", "log_level": "CRITICAL",
    })
    DBOS.launch()
    serve({"steps": steps, "alone": alone, "fan_out": fan_out, "strand": strand, "finish": finish})


if __name__ == "__main__":
    main()
