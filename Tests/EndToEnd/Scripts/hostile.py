# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""Uploads pictures that mean harm beside good ones.

Every hostile one must end as a failed run with its reason, every good one must go through, and the server's own
memory must stay flat.
"""

import argparse
import contextlib
import io
import os
import signal
import struct
import sys
import tempfile
import time
import zlib

from PIL import Image
from server import Server


def png(width, height, depth=8, colour=2, interlace=0):
    """A PNG whose rows are all zero: tiny on disk, huge in memory."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    bits = {0: 1, 2: 3, 6: 4}[colour] * depth
    # Where each pass begins and how far it steps, across and down; one pass when it is not interlaced.
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    total = 0
    for left, top, across, down in passes if interlace else [(0, 0, 1, 1)]:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        total += rows * (1 + -(-columns * bits // 8)) if columns > 0 else 0
    packer = zlib.compressobj(9)
    piece = 1 << 20
    body = b"".join(packer.compress(bytes(min(piece, total - at))) for at in range(0, total, piece)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def jpeg_header_bomb(width, height):
    """A progressive JPEG whose header promises far more pixels than its bytes hold."""
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, "JPEG", progressive=True)
    content = bytearray(file.getvalue())
    place = content.index(b"\xff\xc2")
    content[place + 5:place + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def gif(frames):
    """An animation of many frames."""
    file = io.BytesIO()
    pictures = [Image.new("P", (8, 8), number % 256) for number in range(frames)]
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:], optimize=False, duration=20)
    return file.getvalue()


def photograph(kind="JPEG", size=(1200, 800)):
    file = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(file, kind)
    return file.getvalue()


def hostile_pictures():
    """Name, bytes and the reasons that are right for them."""
    whole = photograph()
    return [
        ("zero.jpg", b"", {"unsupported", "truncated", "corrupt"}),
        ("half.jpg", whole[: len(whole) // 2], {"truncated"}),
        ("nearly.jpg", whole[:-2000], {"truncated"}),
        ("stub.jpg", whole[:300], {"truncated", "corrupt"}),
        ("half.png", photograph("PNG")[:50_000], {"truncated", "corrupt"}),
        ("drawing.jpg", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect/></svg>', {"unsupported"}),
        ("paper.jpg", b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF", {"unsupported"}),
        ("script.jpg", b"push graphic-context\nimage over 0,0 0,0 'label:@/etc/passwd'\npop graphic-context", {"unsupported"}),
        ("text.jpg", b"just some words, many of them. " * 200, {"unsupported"}),
        ("zeros.jpg", bytes(1_000_000), {"unsupported"}),
        ("pixels.png", png(30_000, 30_000), {"tooManyPixels"}),
        ("tall.png", png(1, 9_999_999, colour=0), {"tooManyPixels"}),
        ("promise.jpg", jpeg_header_bomb(30_000, 30_000), {"tooManyPixels"}),
        ("film.gif", gif(700), {"tooManyFrames"}),
    ]


def resident_memory(pid):
    """Anonymous memory of one process, in MB."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon:")) / 1024


def workers(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        children = [int(word) for word in file.read().split()]
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/children") as file:
            children += [int(word) for word in file.read().split()]
    return sorted(set(children))


def upload_and_wait(server, pictures, timeout=120):
    """Uploads and returns each picture's status and reason."""
    for name, content in pictures:
        status = server.put("images-input", name, content)
        assert status == 201, f"{name} was answered {status}"
    names = {name for name, _ in pictures}
    server.wait_for(
        lambda: names <= {row[0] for row in server.records("blob_name")}, "all are recorded", timeout=timeout)
    return {row[0]: row[1:] for row in server.records("blob_name, status, reason_code, reason")}


def everything_has_its_reason(binary, folder):
    server = Server(binary, os.path.join(folder, "reasons"), {"tasks.attempts": "2"})
    server.start()
    try:
        good = photograph()
        upload_and_wait(server, [(f"warm-{number}.jpg", good) for number in range(8)])
        before = resident_memory(server.process.pid)
        hostile = hostile_pictures()
        pictures = []
        for number, (name, content, _) in enumerate(hostile):
            pictures += [(name, content), (f"good-{number}.jpg", good)]
        pictures.append(("wrong-ending.jpg", photograph("PNG", (400, 300))))
        results = upload_and_wait(server, pictures)
        after = resident_memory(server.process.pid)
        for name, _, reasons in hostile:
            status, code, sentence = results[name]
            assert status == "failed" and code in reasons, f"{name}: {status}, {code}; {sentence}"
            assert sentence and len(sentence) > 15, f"{name} has no sentence"
            assert server.get("images-input", name) is not None, f"the original of {name} is gone"
        for name in [f"good-{number}.jpg" for number in range(len(hostile))] + ["wrong-ending.jpg"]:
            assert results[name][0] == "processed", f"{name}: {results[name]}"
        states = server.runs()
        assert states == {"completed": 8 + len(hostile) + 1, "failed": len(hostile)}, states
        assert after - before < 40, f"the server grew from {before:.0f} to {after:.0f} MB"
        print(f"{len(hostile)} hostile pictures failed with their reasons beside {len(hostile) + 1} good ones; "
              f"server memory {before:.0f} -> {after:.0f} MB")
    finally:
        server.kill()


def heavy_picture():
    """As many pixels as the limits allow, in the form that costs most: 16 bits, four channels, interlaced."""
    return png(6_900, 6_900, depth=16, colour=6, interlace=1)


def a_slow_picture_ends_at_its_limit(binary, folder):
    server = Server(binary, os.path.join(folder, "slow"), {"imaging.timeoutSeconds": "1", "tasks.attempts": "1"})
    server.start()
    try:
        results = upload_and_wait(
            server, [("slow.png", heavy_picture()), ("good.jpg", photograph()), ("also.jpg", photograph())])
        assert results["slow.png"][1] == "timeout", results["slow.png"]
        assert results["good.jpg"][0] == "processed" and results["also.jpg"][0] == "processed", results
        print("a picture that takes longer than its limit failed as timeout; its neighbours went through")
    finally:
        server.kill()


def a_worker_out_of_memory_costs_its_picture_only(binary, folder):
    settings = {"imaging.workerMemoryMB": "400", "tasks.attempts": "1"}
    server = Server(binary, os.path.join(folder, "memory"), settings)
    server.start()
    try:
        results = upload_and_wait(
            server, [("heavy.png", heavy_picture()), ("good.jpg", photograph()), ("also.jpg", photograph())])
        assert results["heavy.png"][1] == "workerCrashed", results["heavy.png"]
        assert results["good.jpg"][0] == "processed" and results["also.jpg"][0] == "processed", results
        print("a picture that exhausts its worker's memory failed as workerCrashed; its neighbours went through")
    finally:
        server.kill()


def a_hanging_worker_is_killed(binary, folder):
    settings = {"imaging.timeoutSeconds": "2", "imaging.workers": "1", "tasks.attempts": "1"}
    server = Server(binary, os.path.join(folder, "time"), settings)
    server.start()
    try:
        upload_and_wait(server, [("first.jpg", photograph())])
        stopped = workers(server.process.pid)
        assert len(stopped) == 1, f"workers: {stopped}"
        os.kill(stopped[0], signal.SIGSTOP)
        results = upload_and_wait(server, [("victim.jpg", photograph())])
        assert results["victim.jpg"][1] == "timeout", results["victim.jpg"]
        results = upload_and_wait(server, [("next.jpg", photograph())])
        assert results["next.jpg"][0] == "processed", results["next.jpg"]
        assert not os.path.exists(f"/proc/{stopped[0]}"), "the hanging worker is still there"
        print("a worker that hangs is killed at its limit; the next picture went through")
    finally:
        server.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--darkroom", required=True, help="the program")
    options = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="darkroom-hostile-") as folder:
        try:
            everything_has_its_reason(options.darkroom, folder)
            a_slow_picture_ends_at_its_limit(options.darkroom, folder)
            a_worker_out_of_memory_costs_its_picture_only(options.darkroom, folder)
            a_hanging_worker_is_killed(options.darkroom, folder)
        except BaseException:
            with open(os.path.join(folder, "serve.log"), errors="replace") as log:
                print("the server's last words:\n" + "".join(log.readlines()[-40:]), file=sys.stderr)
            raise
    print(f"all in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
