# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""Uploads pictures while the server is killed at random times, and counts what is lost or doubled.

The server and its workers are killed together with SIGKILL, inside uploads, commits and renders, and started
again at once. In the end every acknowledged upload must have exactly one record and exactly its renditions,
with every byte of the original there, and no run may be stuck or failed.
"""

import argparse
import contextlib
import glob
import hashlib
import io
import os
import random
import sys
import tempfile
import threading
import time

from PIL import Image
from server import Server


def make_pictures(count, seed):
    """Distinct JPEGs: a few decoded sizes, each made unique by a comment segment."""
    bases = []
    generator = random.Random(seed)
    for width, height in [(160, 120), (640, 480), (1600, 1200), (2400, 1600)]:
        noise = Image.frombytes("RGB", (width // 8, height // 8), generator.randbytes(width // 8 * (height // 8) * 3))
        file = io.BytesIO()
        noise.resize((width, height)).save(file, "JPEG", quality=85)
        bases.append(file.getvalue())
    pictures = {}
    for number in range(count):
        text = f"picture {number} of seed {seed}".encode()
        comment = b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text
        base = bases[generator.randrange(len(bases))]
        pictures[f"folder-{number % 7}/picture-{number:05}.jpg"] = base[:2] + comment + base[2:]
    return pictures


class Uploader(threading.Thread):
    """Uploads until each of its pictures is acknowledged."""

    def __init__(self, server, work, acknowledged):
        super().__init__(daemon=True)
        self.server, self.work, self.acknowledged = server, work, acknowledged
        self.attempts = 0

    def run(self):
        connection = None
        while True:
            try:
                name, content = self.work.pop()
            except IndexError:
                return
            while True:
                self.attempts += 1
                try:
                    connection = connection or self.server.connect()
                    status = self.server.put("images-input", name, content, connection)
                    if status == 201:
                        self.acknowledged.add(name)
                        break
                    raise OSError(f"status {status}")
                except Exception:
                    # Killed in the middle: nothing was promised, so try again.
                    connection = None
                    time.sleep(0.02)


def upload_under_fire(server, pictures, kills, generator):
    """Uploads everything while the server is killed; returns the acknowledged names and the attempts."""
    acknowledged = set()
    work = list(pictures.items())
    generator.shuffle(work)
    uploaders = [Uploader(server, work, acknowledged) for _ in range(4)]
    for uploader in uploaders:
        uploader.start()
    pace = len(pictures) / kills
    for kill in range(kills):
        # Half of the kills wait for a share of the uploads, so that they are spread over the whole of them.
        while len(acknowledged) < pace * kill * 0.9 and any(u.is_alive() for u in uploaders):
            time.sleep(0.005)
        time.sleep(generator.uniform(0.0, 0.8))
        server.kill()
        server.start()
    for uploader in uploaders:
        uploader.join(timeout=300)
        assert not uploader.is_alive(), "an upload hangs"
    return acknowledged, sum(u.attempts for u in uploaders)


def check(server, pictures):
    """Everything that must hold in the end."""
    expected = {name: hashlib.sha256(content).hexdigest() for name, content in pictures.items()}
    rows = server.records("blob_name, status, sha256")
    names = [row[0] for row in rows]
    assert len(names) == len(set(names)), "a picture has two records"
    assert set(names) == set(expected), f"{len(set(expected) - set(names))} pictures have no record"
    for name, status, digest in rows:
        assert status == "processed", f"{name} is {status}"
        assert digest == expected[name], f"the record of {name} is about other bytes"
    for name, digest in expected.items():
        content = server.get("images-input", name)
        assert content is not None and hashlib.sha256(content).hexdigest() == digest, f"{name} lost bytes"
    for container in ["thumbnails", "optimized-images"]:
        found = server.names(container)
        assert len(found) == len(set(found)) and set(found) == set(expected), f"{container} is not exact"
        for name in random.Random(0).sample(sorted(expected), min(50, len(expected))):
            Image.open(io.BytesIO(server.get(container, name))).load()
    states = server.runs()
    assert set(states) == {"completed"}, f"runs are {states}"
    assert states["completed"] >= len(expected)
    return states["completed"]


def leftovers(data):
    """Files that no blob needs, after a start has swept."""
    import sqlite3

    with contextlib.closing(sqlite3.connect(os.path.join(data, "storage.sqlite"))) as database:
        rows = database.execute("SELECT count(*) FROM content WHERE file IS NOT NULL").fetchone()[0]
    files = [path for path in glob.glob(os.path.join(data, "blobs", "**"), recursive=True) if os.path.isfile(path) and os.path.basename(path) != "lock"]
    return len(files) - rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--darkroom", required=True, help="the program")
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    options = parser.parse_args()
    print(f"crash test: {options.pictures} pictures, {options.kills} kills, seed {options.seed}", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="darkroom-crash-") as folder:
        server = Server(options.darkroom, os.path.join(folder, "data"))
        pictures = make_pictures(options.pictures, options.seed)
        server.start()
        try:
            acknowledged, attempts = upload_under_fire(
                server, pictures, options.kills, random.Random(options.seed))
            assert acknowledged == set(pictures)
            server.wait_for(
                lambda: len(server.records("id")) >= len(pictures) and set(server.runs()) == {"completed"},
                "every picture is recorded and every run has ended", timeout=60 + options.pictures)
            runs = check(server, pictures)
            assert server.stop() == 0, "the server did not stop cleanly"
            server.start()
            assert server.stop() == 0
            extra = leftovers(server.data)
            assert extra == 0, f"{extra} files are left that no blob needs"
        except BaseException:
            with open(server.log.name, errors="replace") as log:
                print("the server's last words:\n" + "".join(log.readlines()[-40:]), file=sys.stderr)
            raise
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                server.kill()
    print(
        f"{len(pictures)} pictures acknowledged in {attempts} attempts under {options.kills} kills: "
        f"0 lost, 0 doubled, {runs} runs completed, 0 files left over, {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
