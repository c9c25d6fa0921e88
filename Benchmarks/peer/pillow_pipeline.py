#!/usr/bin/env python3
# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""The pipeline that Darkroom replaces: Python, Pillow and SQLite, one process per core.

usage: pillow_pipeline.py IN OUT [--variant usual|careful]

usual    as tutorials for Azure Functions write it: three steps, each of which opens the picture for itself:
         metadata; a thumbnail inside 100 x 100; the whole picture again as JPEG, quality 85, optimised
careful  one step that opens the picture once: a web version inside 1600 x 1600 at quality 80, optimised, and the
         thumbnail out of that one

Each picture ends with a row in the table ImageMetadata, committed by itself. Prints its figures as JSON. The processes
are started, and Pillow imported, before the clock is.
"""

import argparse
import io
import json
import multiprocessing
import os
import resource
import sqlite3
import time
from pathlib import Path

from PIL import Image

TABLE = """CREATE TABLE IF NOT EXISTS ImageMetadata (
    file_name NVARCHAR(255), file_size_kb FLOAT, width INT, height INT, format NVARCHAR(50))"""

Row = tuple[str, float, int, int, str]


def extract_metadata(name: str, image_data: bytes) -> Row:
    image = Image.open(io.BytesIO(image_data))
    return name, len(image_data) / 1024, image.width, image.height, image.format


def resize_image(image_data: bytes) -> bytes:
    image = Image.open(io.BytesIO(image_data))
    image.thumbnail((100, 100))
    output = io.BytesIO()
    image.save(output, format="JPEG")
    return output.getvalue()


def optimise_image(image_data: bytes) -> bytes:
    image = Image.open(io.BytesIO(image_data))
    image = image.convert("RGB")
    output = io.BytesIO()
    image.save(output, format="JPEG", quality=85, optimize=True)
    return output.getvalue()


def usual(name: str, image_data: bytes) -> tuple[Row, bytes, bytes]:
    return extract_metadata(name, image_data), resize_image(image_data), optimise_image(image_data)


def careful(name: str, image_data: bytes) -> tuple[Row, bytes, bytes]:
    image = Image.open(io.BytesIO(image_data))
    row = (name, len(image_data) / 1024, image.width, image.height, image.format)
    image.thumbnail((1600, 1600))
    image = image.convert("RGB")
    web = io.BytesIO()
    image.save(web, format="JPEG", quality=80, optimize=True)
    image.thumbnail((100, 100))
    thumbnail = io.BytesIO()
    image.save(thumbnail, format="JPEG")
    return row, thumbnail.getvalue(), web.getvalue()


VARIANTS = {"usual": usual, "careful": careful}


class Worker:
    """What one process holds: where to write, what to do, and a connection of its own."""

    def __init__(self, out: Path, variant: str) -> None:
        self.out = out
        self.work = VARIANTS[variant]
        self.database = sqlite3.connect(out / "records.sqlite", timeout=60)

    def process(self, source: Path) -> None:
        row, thumbnail, web = self.work(source.name, source.read_bytes())
        (self.out / "thumbnails" / source.name).write_bytes(thumbnail)
        (self.out / "optimized-images" / source.name).write_bytes(web)
        with self.database:
            self.database.execute("INSERT INTO ImageMetadata VALUES (?, ?, ?, ?, ?)", row)


def serve(out: Path, variant: str, jobs: multiprocessing.SimpleQueue, answers: multiprocessing.SimpleQueue) -> None:
    """The life of a process: say that it is ready, take pictures until there are none, say what it cost."""
    worker = Worker(out, variant)
    Image.init()
    answers.put(None)
    before = cpu_seconds()
    while (source := jobs.get()) is not None:
        worker.process(source)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answers.put((cpu_seconds() - before, peak / 1024))


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def run(sources: list[Path], out: Path, variant: str) -> dict[str, float | int | str]:
    for folder in ("thumbnails", "optimized-images"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(out / "records.sqlite")
    database.execute(TABLE)
    jobs, answers = multiprocessing.SimpleQueue(), multiprocessing.SimpleQueue()
    cores = len(os.sched_getaffinity(0))
    workers = [multiprocessing.Process(target=serve, args=(out, variant, jobs, answers)) for _ in range(cores)]
    for worker in workers:
        worker.start()
    for _ in workers:
        answers.get()

    cpu, start = cpu_seconds(), time.monotonic()
    for source in [*sources, *(None for _ in workers)]:
        jobs.put(source)
    costs = [answers.get() for _ in workers]
    for worker in workers:
        worker.join()
    wall = time.monotonic() - start
    cpu = cpu_seconds() - cpu + sum(cost for cost, _ in costs)

    (rows,) = database.execute("SELECT count(*) FROM ImageMetadata").fetchone()
    if rows != len(sources):
        raise SystemExit(f"{len(sources)} pictures went in, {rows} rows came out")
    return {
        "variant": variant,
        "images": len(sources),
        "wall_seconds": wall,
        "cpu_seconds": cpu,
        "images_per_second": len(sources) / wall,
        "cpu_seconds_per_image": cpu / len(sources),
        "peak_worker_mb": max(peak for _, peak in costs),
        "peak_all_mb": sum(peak for _, peak in costs),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--variant", choices=VARIANTS, default="usual")
    arguments = parser.parse_args()
    print(json.dumps(run(sorted(arguments.folder.glob("*.jpg")), arguments.out, arguments.variant), indent=2))
