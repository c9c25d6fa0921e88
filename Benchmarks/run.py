#!/usr/bin/env python3
# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""Measures Darkroom beside the Python pipeline that it replaces, on this machine, in one run.

usage: run.py --darkroom PROGRAM [--rounds N] [--pictures N]

Rounds are interleaved, so that a noisy minute hits everybody; the table shows medians. Everything durable stays on.
The figures go to .cache/bench/results.json, too.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import make_pictures
from darkroom_server import DarkroomServer

HERE = Path(__file__).parent
WORK = HERE.parent / ".cache" / "bench"

THUMBNAIL = {"name": "thumbnail", "container": "thumbnails", "fit": "inside", "width": 100, "height": 100, "format": "jpeg"}
FULL_SIZE = {"name": "web", "container": "optimized-images", "format": "jpeg", "quality": 85}

# What each contender makes of a picture, by the name in the table.
CONTENDERS = {
    "Python, usual": lambda pictures, _: peer("usual", pictures),
    "Python, careful": lambda pictures, _: peer("careful", pictures),
    "Darkroom, same outputs": lambda pictures, program: darkroom(program, pictures, [THUMBNAIL, FULL_SIZE]),
    "Darkroom, default": lambda pictures, program: darkroom(program, pictures, None),
}
BASELINE = "Python, usual"


def empty_folder(name: str) -> Path:
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def peer(variant: str, pictures: list[Path]) -> dict[str, float]:
    command = [sys.executable, HERE / "peer" / "pillow_pipeline.py", pictures[0].parent, empty_folder("peer")]
    answer = subprocess.run([*command, "--variant", variant], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


def darkroom(program: Path, pictures: list[Path], renditions: list[dict] | None) -> dict[str, float]:
    """From the first byte of the first upload to the last record."""
    with DarkroomServer(program, empty_folder("darkroom"), renditions) as server:
        before, begin = server.tree.usage(), time.monotonic()
        server.upload(pictures)
        server.wait_for_records(len(pictures))
        wall, after = time.monotonic() - begin, server.tree.usage()
    server_cpu = after.server_cpu - before.server_cpu
    total_cpu = server_cpu + after.worker_cpu - before.worker_cpu
    return {
        "wall_seconds": wall,
        "images_per_second": len(pictures) / wall,
        "cpu_seconds_per_image": total_cpu / len(pictures),
        "server_share": server_cpu / total_cpu,
        "peak_worker_mb": after.worker_peak_mb,
        "peak_server_mb": after.server_peak_mb,
    }


def start_ups(program: Path, count: int = 10) -> list[float]:
    """Seconds from the start of the process to the first answered request, on a folder with data in it."""
    folder = empty_folder("start")
    seconds = []
    for _ in range(count + 1):
        with DarkroomServer(program, folder) as server:
            seconds.append(server.started_in)
    return seconds[1:]


def small_uploads(program: Path, seconds: int = 5) -> dict[str, float]:
    """Blobs of 10 KB, each acknowledged only when it is on disk, over 64 connections."""
    with DarkroomServer(program, empty_folder("uploads")) as server:
        path, sas = server.container("small")
        before = server.tree.usage()
        answer = subprocess.run(
            ["wrk", "--threads", "1", "--connections", "64", "--duration", f"{seconds}s",
             "--script", HERE / "uploads.lua", "--latency", f"http://127.0.0.1:{server.port}", "--", path, sas],
            check=True, capture_output=True, text=True,
        )
        cpu = server.tree.usage().server_cpu - before.server_cpu
    figures = json.loads(answer.stdout.strip().splitlines()[-1])
    if figures["failed"]:
        raise SystemExit(f"{figures['failed']} of {figures['requests']} small uploads failed")
    return {**figures, "per_second": figures["requests"] / figures["seconds"],
            "server_cpu_us": 1e6 * cpu / figures["requests"]}


def medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(one[key] for one in rounds) for key, value in rounds[0].items()
            if isinstance(value, int | float)}


def table(results: dict[str, dict[str, float]]) -> str:
    base = results[BASELINE]["images_per_second"]
    lines = ["| | images/s | against Python, usual | CPU s per image | peak worker MB | server's share of CPU |",
             "|---|---|---|---|---|---|"]
    for name, figures in results.items():
        share = f"{figures['server_share']:.1%}" if "server_share" in figures else "-"
        lines.append(
            f"| {name} | {figures['images_per_second']:.2f} | {figures['images_per_second'] / base:.2f} | "
            f"{figures['cpu_seconds_per_image']:.3f} | {figures['peak_worker_mb']:.0f} | {share} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--darkroom", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=24)
    arguments = parser.parse_args()
    program = arguments.darkroom.resolve()

    print(f"making {arguments.pictures} pictures, unless they are there", flush=True)
    pictures = make_pictures.make_all(WORK / "pictures" / str(arguments.pictures), arguments.pictures)
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for number in range(arguments.rounds):
        for name, measure in CONTENDERS.items():
            figures = measure(pictures, program)
            rounds[name].append(figures)
            print(f"round {number + 1}, {name}: {figures['images_per_second']:.2f} images/s", flush=True)
    starts = start_ups(program)
    uploads = [small_uploads(program) for _ in range(arguments.rounds)]

    results = {name: medians(figures) for name, figures in rounds.items()}
    print(f"\n{len(pictures)} JPEGs of 12 and 24 megapixels, {len(os.sched_getaffinity(0))} cores, "
          f"medians of {arguments.rounds} rounds\n\n{table(results)}\n")
    print(f"start to first answered request: median {1000 * statistics.median(starts):.0f} ms, "
          f"longest {1000 * max(starts):.0f} ms of {len(starts)}")
    middle = medians(uploads)
    print(f"durable uploads of 10 KB: {middle['per_second']:.0f} per second, median {middle['median_ms']:.1f} ms, "
          f"p99 {middle['p99_ms']:.1f} ms, {middle['server_cpu_us']:.0f} µs of the server's CPU each")
    everything = {"pictures": results, "rounds": rounds, "start_seconds": starts, "uploads": uploads}
    (WORK / "results.json").write_text(json.dumps(everything, indent=2))


if __name__ == "__main__":
    main()
