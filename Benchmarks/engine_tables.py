# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""The tables that `engine.py` prints."""

import os

from contenders import Contender


def best(results: dict) -> dict[str, float]:
    return max(results["settings"], key=lambda setting: setting["per_second"])


def print_tables(
    contenders: list[Contender], results: dict[str, dict], great: dict[str, dict], shared: dict[str, dict]
) -> None:
    cores = len(os.sched_getaffinity(0))
    if results:
        print(f"\nOrchestrations of three steps, {cores} cores, medians; the fastest setting of each\n")
        print_contenders(contenders, results)
        print("\nBy how clients use it\n")
        print_settings(contenders, results)
    if great:
        print("\nA great store\n")
        print_great(great)
    for name, figures in shared.items():
        print(f"\n{name}: orchestrations per second by how many processes share the hub "
              f"(in brackets, how many of the {cores} cores they and the database use)\n")
        print_shared(figures)


def row(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |")


def print_contenders(contenders: list[Contender], results: dict[str, dict]) -> None:
    row("", "per second", "× DBOS", "p50 ms", "p99 ms", "CPU s per 1,000", "bytes each", "100 wide ms",
        "alone: first step ms", "alone: end ms", "1,000 recovered s", "idle CPU")
    row(*["---"] * 12)
    for one in contenders:
        figures, fastest = results[one.name], best(results[one.name])
        base = next((results[other.name] for other in contenders
                     if other.name.startswith("DBOS") and other.kind == one.kind), None)
        ratio = f"{fastest['per_second'] / best(base)['per_second']:.1f}" if base else "-"
        recovery = f"{figures['recovery_seconds']:.2f}" if one.is_durable else "-"
        size = f"{figures['bytes_each']:,.0f}" if one.is_durable else "-"
        row(one.name, f"{fastest['per_second']:,.0f}", ratio, f"{fastest['p50_ms']:.1f}", f"{fastest['p99_ms']:.1f}",
            f"{fastest['cpu_per_1000']:.2f}", size, f"{figures['fan_out_ms']:.1f}", f"{figures['first_step_ms']:.2f}",
            f"{figures['alone_ms']:.2f}", recovery, f"{figures['idle_cpu']:.2%}")


def print_settings(contenders: list[Contender], results: dict[str, dict]) -> None:
    row("", "setting", "per second", "p50 ms", "p99 ms", "CPU s per 1,000")
    row(*["---"] * 6)
    for one in contenders:
        for setting, figures in zip(one.settings, results[one.name]["settings"], strict=True):
            row(one.name, f"{setting['clients']} {setting.get('style', 'clients')}", f"{figures['per_second']:,.0f}",
                f"{figures['p50_ms']:.1f}", f"{figures['p99_ms']:.1f}", f"{figures['cpu_per_1000']:.2f}")


def print_great(great: dict[str, dict]) -> None:
    row("", "finished", "waiting", "GB", "stored per second, first and last tenth", "start to ready s",
        "start to first end s", "per second, empty and full", "CPU s per 1,000, empty and full", "idle CPU")
    row(*["---"] * 10)
    for name, figures in great.items():
        empty, full = figures["empty"], figures["full"]
        row(name, f"{figures['finished']:,}", f"{figures['waiting']:,}", f"{figures['bytes'] / 1e9:.2f}",
            f"{figures['rates'][0]:,.0f}, {figures['rates'][-1]:,.0f}", f"{figures['ready_seconds']:.2f}",
            f"{figures['first_end_seconds']:.2f}", f"{empty['per_second']:,.0f}, {full['per_second']:,.0f}",
            f"{empty['cpu_per_1000']:.2f}, {full['cpu_per_1000']:.2f}", f"{figures['idle_cpu']:.2%}")


def print_shared(figures: dict) -> None:
    counts = list(next(iter(figures["loads"].values())))
    row("", *map(str, counts))
    row("---", *["---"] * len(counts))
    for load, by_count in figures["loads"].items():
        row(load, *(f"{one['per_second']:,.0f} ({one['cores']:.1f})" for one in by_count.values()))
    kill = figures["kill"]
    print(f"\nOne of {counts[-1]} processes was killed under load: of {kill['count']:,} orchestrations {kill['lost']} "
          f"were lost and {kill['doubled']} doubled; those that it had in hand ended within {kill['slowest']:.1f} s.")
