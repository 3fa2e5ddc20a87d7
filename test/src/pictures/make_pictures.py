"""Makes pictures.json: small pictures of every kind with what Pillow reads in them.

python test/src/pictures/make_pictures.py   (needs Pillow and NumPy; made with Pillow 12.3.0)
"""

import base64
import io
import json
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms, ImageFilter, ImageOps

rng = np.random.default_rng(0)
HERE = os.path.dirname(__file__)
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, interlaced=False, before=b"", after=b"", parts=1):
    """Random bytes under random filters: a picture whatever they are."""
    raw = b""
    for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        columns, rows = -(-(width - x) // dx), -(-(height - y) // dy)
        if columns <= 0:
            continue
        for _ in range(max(0, rows)):
            length = -(-columns * SAMPLES[colour] * depth // 8)
            raw += bytes([rng.integers(0, 5)]) + rng.integers(0, 256, length, dtype=np.uint8).tobytes()
    packed = zlib.compress(raw)
    cut = -(-len(packed) // parts)
    palette = chunk(b"PLTE", rng.integers(0, 256, 3 * 2**depth, dtype=np.uint8).tobytes()) if colour == 3 else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced)))
        + (before.replace(b"@PLTE", palette) if b"@PLTE" in before else before + palette)
        + b"".join(chunk(b"IDAT", packed[i : i + cut]) for i in range(0, len(packed), cut))
        + after
        + chunk(b"IEND", b"")
    )


def exif(orientation, big=False):
    order = ">" if big else "<"
    return (
        (b"MM" if big else b"II")
        + struct.pack(order + "HIH", 42, 8, 2)
        + struct.pack(order + "HHIHH", 0x0100, 3, 1, 7, 0)
        + struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
        + struct.pack(order + "I", 0)
    )


def xmp(orientation):
    return b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="%d"/></x:xmpmeta>' % orientation


def photograph(width, height, mode):
    channels = {"L": 1, "RGB": 3, "CMYK": 4}[mode]
    planes = [
        Image.fromarray(rng.integers(0, 256, (height, width), dtype=np.uint8)).filter(ImageFilter.GaussianBlur(1.2))
        for _ in range(channels)
    ]
    return planes[0] if channels == 1 else Image.merge(mode, planes)


def jpeg(width, height, mode, **options):
    file = io.BytesIO()
    photograph(width, height, mode).save(file, "JPEG", **options)
    return file.getvalue()


files = {}
for colour, depths in DEPTHS.items():
    for depth in depths:
        for interlaced in (False, True):
            for width, height in ((7, 5), (1, 1), (9, 3)):
                name = f"png type {colour} depth {depth}{' interlaced' if interlaced else ''} {width}x{height}"
                files[name] = png(width, height, depth, colour, interlaced)
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
gamma = lambda value: chunk(b"gAMA", struct.pack(">I", value))
icc = chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(profile))
for colour in (0, 2, 3, 6):
    files[f"png type {colour} gAMA 1"] = png(5, 4, 8 if colour != 3 else 4, colour, before=gamma(100000))
    files[f"png type {colour} gAMA 0.45455"] = png(5, 4, 8 if colour != 3 else 4, colour, before=gamma(45455))
files["png iCCP"] = png(5, 4, 8, 2, before=icc)
files["png sRGB"] = png(5, 4, 8, 2, before=chunk(b"sRGB", b"\0") + gamma(45455))
files["png type 0 tRNS"] = png(5, 4, 2, 0, before=chunk(b"tRNS", b"\0\1"))
files["png type 2 tRNS"] = png(5, 4, 8, 2, before=chunk(b"tRNS", b"\0\1\0\2\0\3"))
files["png type 3 tRNS"] = png(5, 4, 2, 3, before=b"@PLTE" + chunk(b"tRNS", b"\0\x7f\xff"))
files["png pixels in many chunks"] = png(9, 6, 8, 2, parts=7)
files["png animated"] = png(
    5, 4, 8, 2,
    before=chunk(b"acTL", struct.pack(">II", 2, 0)) + chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 5, 4, 0, 0, 1, 10, 0, 0)),
    after=chunk(b"fcTL", struct.pack(">IIIIIHHBB", 1, 5, 4, 0, 0, 1, 10, 0, 0))
    + chunk(b"fdAT", struct.pack(">I", 2) + zlib.compress(b"\0" * 64)),
)  # fmt: skip
for orientation in range(1, 9):
    files[f"png eXIf {orientation}"] = png(5, 3, 8, 2, before=chunk(b"eXIf", exif(orientation, orientation % 2 == 0)))
    files[f"jpeg EXIF {orientation}"] = jpeg(5, 3, "RGB", exif=b"Exif\0\0" + exif(orientation, orientation % 2 == 0))
files["png eXIf after the pixels"] = png(5, 3, 8, 0, after=chunk(b"eXIf", exif(6)))
files["png XMP orientation"] = png(5, 3, 8, 0, before=chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(8)))
files["jpeg XMP orientation"] = jpeg(5, 3, "L", xmp=xmp(3))
files["jpeg EXIF before XMP"] = jpeg(5, 3, "L", exif=b"Exif\0\0" + exif(6), xmp=xmp(3))
for mode in ("L", "RGB", "CMYK"):
    for progressive in (False, True):
        for subsampling in (0, 1, 2) if mode != "L" else (None,):
            for quality in (20, 95):
                options = {} if subsampling is None else {"subsampling": subsampling}
                name = f"jpeg {mode}{' progressive' if progressive else ''} subsampling {subsampling} quality {quality}"
                files[name] = jpeg(19, 13, mode, quality=quality, progressive=progressive, **options)
files["jpeg 1x1"] = jpeg(1, 1, "RGB")
files["jpeg with a profile"] = jpeg(9, 9, "RGB", icc_profile=profile)
files["jpeg with restarts"] = jpeg(40, 20, "RGB", restart_marker_blocks=1)
files["jpeg, then other bytes"] = jpeg(9, 9, "L") + b"more"

b64 = lambda data: base64.b64encode(bytes(data)).decode()
cases, resizes = {}, {}
for name, data in files.items():
    image = Image.open(io.BytesIO(data))
    image.load()
    upright = ImageOps.exif_transpose(image)
    rgb = upright.convert("RGB")
    cases[name] = {
        "file": b64(data), "mode": image.mode, "width": rgb.width, "height": rgb.height, "rgb": b64(rgb.tobytes()),
        **({} if image.mode == "I;16" else {"grey": b64(rgb.convert("L").tobytes())}),
    }  # fmt: skip
for width, height, to in ((13, 9, (5, 4)), (13, 9, (26, 3)), (8, 8, (8, 5)), (5, 7, (1, 1)), (4, 4, (9, 11)), (64, 3, (7, 3))):
    picture = Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
    small = picture.resize(to, Image.Resampling.BILINEAR)
    resizes[f"{width}x{height} to {to[0]}x{to[1]}"] = {
        "width": width, "height": height, "values": b64(picture.tobytes()), "to": to, "expected": b64(small.tobytes()),
    }  # fmt: skip
with open(os.path.join(HERE, "pictures.json"), "w") as out:
    json.dump({"pillow": Image.__version__, "cases": cases, "resizes": resizes}, out, indent=0)
    out.write("\n")
