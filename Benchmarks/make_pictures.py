#!/usr/bin/env python3
# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""Makes the benchmark's photographs: JPEGs of 12 and 24 megapixels that weigh 6 to 8 MB, as cameras write them.

usage: make_pictures.py OUT [--count N]

Half are 4000 x 3000, half 6000 x 4000. Each is a photograph of the demonstration, cropped to shape, resized by
Lanczos, given some grain in its luminance, and saved at the lowest quality that reaches 6 MB. The grain comes from a
generator with a fixed seed, so the same files come out every time. Pictures that are there already are kept.
"""

import argparse
import io
import multiprocessing
import random
from pathlib import Path

from PIL import Image, ImageChops, ImageOps

PHOTOGRAPHS = Path(__file__).parent.parent / "demo" / "pictures"
SOURCES = ["nuthatch.jpg", "dandelions.jpg", "mountains.jpg", "stream.webp", "friends.jpg"]
SIZES = [(4000, 3000), (6000, 4000)]
LEAST_BYTES = 6_000_000
MOST_BYTES = 8_000_000
# The mean of four bytes drawn at random has this standard deviation.
FOUR_BYTE_SIGMA = 36.9


def photograph(number: int) -> Image.Image:
    """The photograph of a number, in its size; every second round is mirrored, so no two are alike."""
    source = Image.open(PHOTOGRAPHS / SOURCES[number // 2 % len(SOURCES)])
    upright = ImageOps.exif_transpose(source).convert("RGB")
    if number // 2 // len(SOURCES) % 2 == 1:
        upright = ImageOps.mirror(upright)
    return ImageOps.fit(upright, SIZES[number % 2], Image.Resampling.LANCZOS)


def grain(size: tuple[int, int], sigma: float, seed: int) -> Image.Image:
    """Grey noise around 128, nearly Gaussian."""
    generator = random.Random(seed)
    first, *others = (Image.frombytes("L", size, generator.randbytes(size[0] * size[1])) for _ in range(4))
    for weight, other in enumerate(others, start=2):
        first = Image.blend(first, other, 1 / weight)
    return first.point([round(128 + (value - 127.5) * sigma / FOUR_BYTE_SIGMA) for value in range(256)])


def with_grain(picture: Image.Image, sigma: float, seed: int) -> Image.Image:
    luminance, blue, red = picture.convert("YCbCr").split()
    grained = ImageChops.add(luminance, grain(picture.size, sigma, seed), offset=-128)
    return Image.merge("YCbCr", (grained, blue, red)).convert("RGB")


def encoded(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=quality, subsampling="4:2:2")
    return buffer.getvalue()


def lightest(picture: Image.Image) -> bytes:
    """The file of the lowest quality that reaches the least weight."""
    low, high = 70, 97
    best = encoded(picture, high)
    while low < high:
        middle = (low + high) // 2
        data = encoded(picture, middle)
        if len(data) >= LEAST_BYTES:
            best, high = data, middle
        else:
            low = middle + 1
    return best


def make(job: tuple[int, Path]) -> tuple[Path, int]:
    number, out = job
    if not out.exists():
        # Little grain first: a busy photograph is heavy enough, a smooth one needs more.
        for sigma in (1.0, 1.5, 2.0, 3.0, 4.0, 6.0):
            data = lightest(with_grain(photograph(number), sigma, seed=number))
            if len(data) >= LEAST_BYTES:
                break
        part = out.with_suffix(".part")
        part.write_bytes(data)
        part.rename(out)
    return out, out.stat().st_size


def make_all(folder: Path, count: int) -> list[Path]:
    """Makes what is missing, on every core; the paths in order."""
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [(n, folder / f"photo-{n:03}-{'12' if n % 2 == 0 else '24'}mp.jpg") for n in range(count)]
    with multiprocessing.Pool() as pool:
        made = pool.map(make, jobs, chunksize=1)
    for path, size in made:
        if not LEAST_BYTES <= size <= MOST_BYTES:
            print(f"note: {path.name} has {size} bytes, outside {LEAST_BYTES} to {MOST_BYTES}")
    return [path for path, _ in made]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=24)
    arguments = parser.parse_args()
    for made in make_all(arguments.out, arguments.count):
        print(made)
