#!/usr/bin/env python3
# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""Makes the pictures in demo/pictures out of those in two Debian packages.

usage: derive_pictures.py UNPACKED OUT

UNPACKED is a folder into which `dpkg-deb -x` unpacked lomiri-wallpapers-16.04 and lomiri-wallpapers-20.04, both
version 20.04.0-2. PICTURES.md says whose the pictures are and what was changed.
"""

import struct
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

ORIENTATION = 0x0112
DATE_TIME_ORIGINAL = 0x9003
EXIF_IFD = 0x8769
GPS_IFD = 0x8825
LEFT_SIDE_DOWN = 6


def originals(unpacked: Path) -> dict[str, Path]:
    """The photographs by their file names."""
    return {path.name: path for path in unpacked.rglob("usr/share/backgrounds/*.jpg")}


def nuthatch(source: Path, out: Path) -> None:
    """All 20 megapixels, saved again at a quality that makes it as heavy as a camera would."""
    Image.open(source).save(out, quality=95, subsampling="4:2:2")


def dandelions(source: Path, out: Path) -> None:
    """The original file, byte for byte."""
    out.write_bytes(source.read_bytes())


def fig(source: Path, out: Path) -> None:
    """The bowl cut out of its ground along a soft ellipse."""
    picture = Image.open(source).convert("RGB")
    picture.thumbnail((1000, 1000), Image.Resampling.LANCZOS)
    width, height = picture.size
    mask = Image.new("L", picture.size)
    ImageDraw.Draw(mask).ellipse((0.22 * width, 0.03 * height, 0.97 * width, 0.97 * height), fill=255)
    picture.putalpha(mask.filter(ImageFilter.GaussianBlur(6)))
    picture.save(out, optimize=True)


def sunrise(source: Path, out: Path) -> None:
    """Sixteen frames of a slow step towards the sun."""
    picture = Image.open(source)
    frames = []
    for step in range(16):
        left, top = 35 * step, 22 * step
        box = (left, top, picture.width - left, picture.height - int(1.2 * top))
        frames.append(picture.crop(box).resize((320, 213), Image.Resampling.LANCZOS).quantize(64))
    frames[0].save(out, save_all=True, append_images=frames[1:], duration=120, loop=0)


def stream(source: Path, out: Path) -> None:
    """The picture as WebP."""
    Image.open(source).save(out, quality=80, method=6)


def friends(source: Path, out: Path) -> None:
    """Stored on its side, with the EXIF orientation that turns it upright: as phones write portraits."""
    picture = Image.open(source)
    exif = Image.Exif()
    exif[ORIENTATION] = LEFT_SIDE_DOWN
    picture.transpose(Image.Transpose.ROTATE_90).save(out, quality=90, exif=exif)


def mountains(source: Path, out: Path) -> None:
    """The original picture data, with an EXIF block that says where and when."""
    exif = Image.Exif()
    exif[GPS_IFD] = {1: "N", 2: (43.0, 11.0, 29.0), 3: "W", 4: (4.0, 49.0, 1.0), 5: b"\0", 6: 2042.0}
    exif[EXIF_IFD] = {DATE_TIME_ORIGINAL: "2018:06:02 11:40:00"}
    block = b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")
    segment = b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block
    jpeg = source.read_bytes()
    out.write_bytes(jpeg[:2] + segment + jpeg[2:])


def torn(source: Path, out: Path) -> None:
    """The first third of a file, as a broken upload leaves it."""
    jpeg = source.read_bytes()
    out.write_bytes(jpeg[: len(jpeg) // 3])


RECIPES = {
    "nuthatch.jpg": (nuthatch, "Kleiber_by_Lukas_Baubkus.jpg"),
    "dandelions.jpg": (dandelions, "seeding_by_Clements_Engelhardt.jpg"),
    "fig.png": (fig, "Picture_0B_by_freespace.jpg"),
    "sunrise.gif": (sunrise, "sunset_by_Aitzol_Berasategi.jpg"),
    "stream.webp": (stream, "life_by_Aitzol_Berasategi.jpg"),
    "friends.jpg": (friends, "friends_by_Aitzol_Berasategi.jpg"),
    "mountains.jpg": (mountains, "picosdeeuropa_by_Aitzol_Berasategi.jpg"),
    "torn.jpg": (torn, "aitzgorri_by_Aitzol_Berasategi.jpg"),
}


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sources = originals(Path(sys.argv[1]))
    for name, (recipe, original) in RECIPES.items():
        out = Path(sys.argv[2]) / name
        recipe(sources[original], out)
        print(f"{out}: {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
