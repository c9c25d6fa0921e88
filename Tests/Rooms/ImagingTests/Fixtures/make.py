# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""Makes the pictures of this folder. Needs Pillow, pillow-heif, numpy and the vips command; run it inside the folder."""
import struct
import subprocess
import zlib

import numpy
import pillow_heif
from PIL import Image, TiffImagePlugin

pillow_heif.register_heif_opener()


def scene(width=120, height=80):
    """Four corners of four colours on a soft gradient: shows every turn and every mirror."""
    y, x = numpy.mgrid[0:height, 0:width]
    pixels = numpy.stack([x * 255 // width, y * 255 // height, 128 + 0 * x], axis=2).astype(numpy.uint8)
    h, w = height // 4, width // 4
    pixels[:h, :w] = (230, 20, 20)
    pixels[:h, -w:] = (20, 200, 20)
    pixels[-h:, :w] = (20, 20, 230)
    pixels[-h:, -w:] = (250, 250, 250)
    return Image.fromarray(pixels)


def grain(width, height, sigma=20):
    """The scene with noise, so that files have some size."""
    noise = numpy.random.default_rng(1).normal(0, sigma, (height, width, 3))
    pixels = numpy.asarray(scene(width, height)).astype(float) + noise
    return Image.fromarray(pixels.clip(0, 255).astype(numpy.uint8))


def with_alpha(image):
    """The left half opaque, the right half transparent over hidden black."""
    pixels = numpy.dstack([numpy.asarray(image), numpy.full(image.size[::-1], 255, numpy.uint8)])
    pixels[:, image.width // 2 :] = (0, 0, 0, 0)
    return Image.fromarray(pixels, "RGBA")


def swapped_profile():
    """An ICC profile in which red and green have changed places: who ignores it shows wrong colours."""

    def colorant(*xyz):
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in xyz)

    name = b"Swapped primaries\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(79),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": colorant(0.9642, 1.0, 0.8249),
        b"rXYZ": colorant(0.3851, 0.7169, 0.0971),
        b"gXYZ": colorant(0.4361, 0.2225, 0.0139),
        b"bXYZ": colorant(0.1431, 0.0606, 0.7141),
        **{key: b"curv\0\0\0\0" + struct.pack(">IH", 1, 563) for key in (b"rTRC", b"gTRC", b"bTRC")},
    }
    table, data, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for key, value in tags.items():
        table += key + struct.pack(">II", start + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(data), b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2024, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    head += b"".join(struct.pack(">i", round(v * 65536)) for v in (0.9642, 1.0, 0.8249))
    return head.ljust(128, b"\0") + table + data


def orientations():
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    for tag in range(1, 9):
        stored = scene() if tag == 1 else scene().transpose(undo[tag])
        exif = Image.Exif()
        exif[0x0112] = tag
        stored.save(f"orientation-{tag}.jpg", quality=92, exif=exif)


def camera():
    ratio = TiffImagePlugin.IFDRational
    exif = Image.Exif()
    exif[0x010F] = "Darkroom Works"
    exif[0x0110] = "Test Camera  1\0\0"
    exif[0x0112] = 6
    moment = exif.get_ifd(0x8769)
    moment[0x9003] = "2024:05:31 18:04:05"
    moment[0x9011] = "+02:00"
    moment[0xA434] = "50mm f/1.8"
    moment[0x829A] = ratio(1, 250)
    moment[0x829D] = ratio(28, 10)
    moment[0x8827] = 400
    moment[0x920A] = ratio(50, 1)
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "S", (ratio(33), ratio(51), ratio(3540, 100))
    place[3], place[4] = "E", (ratio(151), ratio(12), ratio(4000, 100))
    place[5], place[6] = b"\0", ratio(585, 10)
    scene().save("camera.jpg", quality=85, exif=exif, comment=b"SECRET-COMMENT")


def jpegs():
    grain(640, 480).save("grain.jpg", quality=90)
    grain(640, 480).save("progressive.jpg", quality=80, progressive=True)
    scene().convert("L").save("grey.jpg")
    scene().save("swapped.jpg", quality=92, icc_profile=swapped_profile())
    scene().convert("CMYK").save("cmyk.jpg", quality=92)


def wide_colour(name, pixels):
    """A PNG with 16 bits per channel, which Pillow does not write."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    with open(name, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header))
        file.write(chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def pngs():
    scene().save("scene.png")
    with_alpha(scene()).save("alpha.png")
    with_alpha(scene()).convert("LA").save("grey-alpha.png")
    wide = numpy.asarray(scene().convert("L")).astype(numpy.uint16) * 257
    Image.fromarray(wide).save("grey16.png")
    wide_colour("rgb16.png", numpy.asarray(scene()).astype(">u2") * 257)
    scene().quantize(16).save("palette.png", bits=4, transparency=3)
    frames = [scene().rotate(10 * n) for n in range(4)]
    frames[0].save("animated.png", save_all=True, append_images=frames[1:], duration=100)


def others():
    frames = [scene().rotate(10 * n) for n in range(5)]
    frames[0].save("animated.gif", save_all=True, append_images=frames[1:], duration=100)
    frames[0].save("animated.webp", save_all=True, append_images=frames[1:], duration=100)
    grain(320, 240).save("lossy.webp", quality=80)
    with_alpha(scene()).save("lossless.webp", lossless=True)
    scene().save("lzw.tif", compression="tiff_lzw", tiffinfo={271: "Darkroom Works"})
    frames[0].save("pages.tif", save_all=True, append_images=frames[1:3], compression="tiff_deflate")
    # Pillow writes a and b of CIELab with an offset that the format does not have.
    subprocess.run(["vips", "colourspace", "scene.png", "lab.tif[compression=lzw]", "labq"], check=True)
    scene().save("scene.avif", quality=80)
    with_alpha(scene()).save("alpha.avif", quality=80)
    scene().save("scene.heic", quality=80)


orientations()
camera()
jpegs()
pngs()
others()
