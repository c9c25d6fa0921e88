#!/usr/bin/env python3
# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""Measures the task engine beside DBOS and the Python SDK of durable tasks, on this machine, in one run.

usage: engine.py --engine PROGRAM [--parts PART ...] [--rounds N] [--seconds S] [--only WORDS] [--finished N]
                 [--waiting N]

It has three parts: everybody's rounds, our own start on a great store, and our own processes that share a store.
Rounds are interleaved, so that a noisy minute hits everybody; the tables show medians. Every store is as durable as it
gets. The figures go to .cache/bench/engine.json, too.
"""

import argparse
import json
import os
import shutil
import statistics
import time
from pathlib import Path

from contenders import Contender, Program, all_contenders
from engine_tables import print_tables
from postgres_server import PostgresServer
from scale_out import scale_out
from stores import Memory, Postgres, SQLite, Store

PARTS = ("rounds", "great", "shared")
WORK = Path(__file__).parent.parent / ".cache" / "bench"
STRANDED = 1000
IDLE_SECONDS = 10


def percentile(values: list[float], percent: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]


def rate(answer: dict) -> dict[str, float]:
    latencies = answer["latencies"]
    return {
        "per_second": answer["count"] / answer["seconds"],
        "p50_ms": 1e3 * percentile(latencies, 50),
        "p99_ms": 1e3 * percentile(latencies, 99),
        "cpu_per_1000": 1e3 * answer["cpu"] / answer["count"],
    }


def measure(contender: Contender, store: Store, seconds: float) -> dict:
    """One round of one contender on a new store."""
    with contender.start(store) as program:
        warm_up = program.ask("steps", **contender.settings[0], seconds=1)
        before, count = store.size(), 0
        settings = []
        for setting in contender.settings:
            answer = program.ask("steps", **setting, seconds=seconds)
            settings.append(rate(answer))
            count += answer["count"]
        bytes_each = (store.size() - before) / count
        alone = program.ask("alone", count=max(20, min(100, warm_up["count"])))
        fan_out = program.ask("fan_out", seconds=seconds, width=100)
        return {
            "settings": settings,
            "bytes_each": bytes_each,
            "first_step_ms": 1e3 * percentile(alone["first_steps"], 50),
            "alone_ms": 1e3 * percentile(alone["latencies"], 50),
            "fan_out_ms": 1e3 * percentile(fan_out["latencies"], 50),
            "idle_cpu": idle_cpu(program),
        }


def idle_cpu(program: Program) -> float:
    """CPU seconds per second of a program that has nothing to do."""
    time.sleep(1)
    before = program.cpu()
    time.sleep(IDLE_SECONDS)
    return (program.cpu() - before) / IDLE_SECONDS


def recover(contender: Contender, store: Store) -> dict[str, float]:
    """From the start after a SIGKILL until everything that was unfinished has ended."""
    with contender.start(store, gate="closed") as program:
        program.ask("strand", count=STRANDED)
        program.kill()
    begin = time.monotonic()
    with contender.start(store) as program:
        program.ask("finish", count=STRANDED)
        return {"recovery_seconds": time.monotonic() - begin}


def fill(contender: Contender, store: Store, finished: int, waiting: int, seconds: float) -> dict:
    """What a great store costs: the start on it, and the work on it after."""
    work = {**contender.settings[-1], "seconds": seconds}
    with contender.start(store) as program:
        program.ask("steps", **work)
        empty = rate(program.ask("steps", **work))
        filling = program.ask("fill", count=finished, waiting=waiting)
    begin = time.monotonic()
    with contender.start(store) as program:
        program.ask("alone", count=1)
        first_end = time.monotonic() - begin
        program.ask("steps", **work)
        full = rate(program.ask("steps", **work))
        return {"finished": finished, "waiting": waiting, "rates": filling["rates"], "empty": empty, "full": full,
                "ready_seconds": program.ready_after, "first_end_seconds": first_end,
                "idle_cpu": idle_cpu(program), "bytes": store.size()}


def medians(rounds: list[dict]) -> dict:
    """The median of each figure; in lists, of what stands at the same place."""
    return {
        key: [medians(list(same)) for same in zip(*(one[key] for one in rounds), strict=True)]
        if isinstance(value, list) else statistics.median(one[key] for one in rounds)
        for key, value in rounds[0].items()
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", type=Path, required=True)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3, help="how long each workload of a round runs")
    parser.add_argument("--only", default="", help="contenders with this in their name")
    parser.add_argument("--finished", type=int, default=1_000_000, help="ended instances in the great store")
    parser.add_argument("--waiting", type=int, default=100_000)
    return parser.parse_args()


def everybody(contenders: list[Contender], stores: dict, options: argparse.Namespace) -> dict[str, list[dict]]:
    """The rounds of each contender."""
    rounds: dict[str, list[dict]] = {one.name: [] for one in contenders}
    for number in range(options.rounds):
        for one in contenders:
            figures = measure(one, stores[one.kind](), options.seconds)
            if one.is_durable:
                figures |= recover(one, stores[one.kind]())
            rounds[one.name].append({**figures, "load": os.getloadavg()[0]})
            best = max(setting["per_second"] for setting in figures["settings"])
            print(f"round {number + 1}, {one.name}: {best:.0f}/s, load {os.getloadavg()[0]:.1f}", flush=True)
    return rounds


def main() -> None:
    options = arguments()
    folder = WORK / "engine"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    contenders = [one for one in all_contenders(options.engine.resolve()) if options.only in one.name]
    ours = [one for one in contenders if one.is_durable and "Darkroom" in one.name]
    rounds, great, shared = {}, {}, {}

    with PostgresServer(folder / "postgres") as server:
        stores = {"sqlite": lambda: SQLite(folder), "postgres": lambda: Postgres(server), "memory": Memory}
        if "rounds" in options.parts:
            rounds = everybody(contenders, stores, options)
        if "great" in options.parts:
            great = {one.name: fill(one, stores[one.kind](), options.finished, options.waiting, options.seconds)
                     for one in ours}
        if "shared" in options.parts:
            shared = {one.name: scale_out(one, stores[one.kind], options.seconds)
                      for one in ours if one.kind == "postgres"}

    shutil.rmtree(folder)
    results = {name: medians(figures) for name, figures in rounds.items()}
    print_tables(contenders, results, great, shared)
    (WORK / "engine.json").write_text(
        json.dumps({"results": results, "great": great, "shared": shared, "rounds": rounds}, indent=2))


if __name__ == "__main__":
    main()
