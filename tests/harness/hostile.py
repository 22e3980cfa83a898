"""Broken and hostile files, the same ones in every run, and a run of them through the service.

Every file must get an answer, no process of the mesh may end, no job may be left, and workers must
stay within their memory.
"""

import io
import random
import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests
from PIL import Image

from . import hostile_pdf, pages, wait

FORMATS = {
    "PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif", "BMP": "bmp", "TIFF": "tiff",
    "PDF": "pdf",
}  # fmt: skip
KIB = 1024
FLIPS_OF_EACH = 24
CALLERS = 4
ANSWER_SECONDS = 400  # the longest: two pages' time, as a page that ends its worker is tried again


def noisy_page():
    """Words on paper with grain, so that it does not pack well: 20 to 330 KB, by format."""
    page = pages.page(["The harbour office", "opens at eight."], width=420, height=260, points=9)
    chance = random.Random(1)
    grain = Image.frombytes("L", page.size, chance.randbytes(page.width * page.height))
    return Image.blend(page, grain, 0.15)


def whole(format_name):
    image = noisy_page()
    if format_name == "PDF":
        return pages.encode([image] * 3, "PDF")
    return pages.encode([image], format_name)


def truncations():
    """Each format, cut at every kilobyte."""
    for format_name, ending in FORMATS.items():
        data = whole(format_name)
        for size in range(0, len(data), KIB):
            yield f"cut_at_{size // KIB}_kib.{ending}", data[:size]


def flips():
    """Each format with a few bits turned, more and more of them; half of them near the head."""
    for format_name, ending in FORMATS.items():
        data = whole(format_name)
        for seed in range(FLIPS_OF_EACH):
            chance = random.Random(f"{ending}-{seed}")
            torn = bytearray(data)
            reach = len(data) if seed % 2 else min(len(data), 600)
            for _ in range(1 + seed):
                torn[chance.randrange(reach)] ^= 1 << chance.randrange(8)
            yield f"bits_turned_{seed}.{ending}", bytes(torn)


def text_chunk_of_a_gigabyte():
    return pages.png_chunk(b"zTXt", b"x\0\0" + hostile_pdf.bomb(1000 * 1000 * 1000, 1))


def tiff(*entries, following=0):
    """One directory of (tag, type, count, value); TIFF 6.0 §2."""
    body = b"II*\0" + struct.pack("<IH", 8, len(entries))
    for tag, kind, count, value in sorted(entries):
        body += struct.pack("<HHII", tag, kind, count, value)
    return body + struct.pack("<I", following) + b"\0" * 64


def tiff_of(width, height, compression=1, **options):
    return tiff(
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, compression),
        (262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, 64),
        **options,
    )  # fmt: skip


def bmp_of(width, height, compression=0, data=b"\0" * 64):
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, compression, 0, 0, 0, 256, 0)
    palette = bytes(1024)
    offset = 14 + len(head) + len(palette)
    return (
        b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + head + palette + data
    )


def patched(data, offset, value):
    return data[:offset] + value + data[offset + len(value) :]


def pictures():
    """Images that claim, or become, far more than they are."""
    most = 2**31 - 1
    yield "png_of_60000_a_side.png", pages.huge_png()
    yield "png_of_the_most_a_side.png", pages.png_of(most, most, hostile_pdf.bomb(100_000, 1))
    yield "png_of_a_side_alone.png", pages.png_of(most, 1, hostile_pdf.bomb(100_000, 1))
    yield "png_as_large_as_allowed.png", pages.png_of(
        29_000, 3_400, zlib.compress((b"\0" + b"\xff" * 3625) * 3_400)
    )
    yield "png_with_a_text_of_a_gigabyte.png", pages.png_of(
        9, 9, zlib.compress(b"\0\xff\xff" * 9), text_chunk_of_a_gigabyte()
    )
    gif = whole("GIF")
    yield "gif_of_65535_a_side.gif", patched(gif, 6, b"\xff\xff\xff\xff")
    frames = [Image.new("L", (500, 500), n % 256) for n in range(400)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    yield "gif_of_400_frames.gif", out.getvalue()
    yield "tiff_of_four_billion_a_side.tiff", tiff_of(2**32 - 1, 2**32 - 1)
    yield "tiff_of_no_size.tiff", tiff_of(0, 0)
    yield "tiff_in_a_ring.tiff", tiff_of(8, 8, following=8)
    yield "tiff_packed_without_end.tiff", tiff_of(30_000, 3_300, compression=32773)
    yield "tiff_of_fax_without_end.tiff", tiff_of(30_000, 3_300, compression=4)
    yield "bmp_of_two_billion_a_side.bmp", bmp_of(most, most)
    yield "bmp_of_negative_height.bmp", bmp_of(30_000, -(2**31))
    yield "bmp_of_runs_without_end.bmp", bmp_of(30_000, 3_300, 1, b"\xff\0" * 50_000)
    jpeg = whole("JPEG")
    frame = jpeg.index(b"\xff\xc0")
    yield "jpeg_of_65535_a_side.jpg", patched(jpeg, frame + 5, b"\xff\xff\xff\xff")
    scans = io.BytesIO()
    Image.new("L", (4000, 4000)).save(scans, "JPEG", progressive=True)
    first = scans.getvalue().index(b"\xff\xda")
    yield "jpeg_of_ten_thousand_scans.jpg", (
        scans.getvalue()[:-2] + scans.getvalue()[first:-2] * 2_000 + b"\xff\xd9"
    )
    webp = whole("WEBP")
    yield "webp_of_16383_a_side.webp", patched(webp, 26, b"\xff\x3f\xff\x3f")


def everything():
    """Name and bytes of each file, made one at a time."""
    for kind in (truncations, flips, pictures, hostile_pdf.files):
        yield from kind()


@dataclass
class Report:
    answers: dict = field(default_factory=dict)  # how often
    slowest: list = field(default_factory=list)  # (seconds, name), longest first
    faults: list = field(default_factory=list)
    files: int = 0
    seconds: float = 0
    worker_peak: int = 0  # bytes
    worker_deaths: int = 0


def _send(api, name, data):
    start = time.monotonic()
    answer = api.submit(data, name)
    if answer.status_code in (200, 202):
        job = api.finished(answer, ANSWER_SECONDS)
        word = job["status"]
        if api.session.delete(f"{api.url}/api/v1/ocr/{job['uuid']}/", timeout=60).status_code != 204:
            raise AssertionError("its job cannot be deleted")
    elif answer.status_code in (400, 402):
        word = f"{answer.status_code} {answer.json()['code']}"
    else:
        raise AssertionError(f"{answer.status_code} {answer.text[:200]}")
    return word, time.monotonic() - start


def _worker_deaths(mesh):
    return int(mesh.metrics("ocr")["ocrmesh_ocr_worker_deaths_total"])


def _worker_peak(mesh):
    return max(mesh.services["ocr"].children_memory_bytes("VmHWM"), default=0)


def run(mesh, api, files, on_answer=lambda name, word, seconds: None):
    """Sends the files, CALLERS at a time, and looks at the mesh between them and afterwards."""
    report = Report()
    start = time.monotonic()
    deaths = _worker_deaths(mesh)

    def send(item):
        name, data = item
        try:
            word, seconds, fault = *_send(api, name, data), None
        except (AssertionError, TimeoutError, requests.RequestException) as error:
            word, seconds, fault = "no answer", 0.0, f"{name}: {error}"
        return name, word, seconds, fault, _worker_peak(mesh)

    def note(name, word, seconds, fault, peak):
        """In one thread, for all that counts."""
        report.faults += [fault] if fault else []
        report.answers[word] = report.answers.get(word, 0) + 1
        report.slowest = sorted([*report.slowest, (seconds, name)], reverse=True)[:5]
        report.files += 1
        report.worker_peak = max(report.worker_peak, peak)
        on_answer(name, word, seconds)

    with ThreadPoolExecutor(CALLERS) as pool:
        waiting = []
        for item in files:  # made as they are taken: they are large
            waiting.append(pool.submit(send, item))
            while len(waiting) > CALLERS:
                note(*waiting.pop(0).result())
        for one in waiting:
            note(*one.result())
    report.seconds = time.monotonic() - start
    report.worker_deaths = _worker_deaths(mesh) - deaths
    for name, process in mesh.services.items():
        if not process.is_running:
            report.faults.append(f"{name} has ended:\n{process.log_tail()}")
    open_jobs = (
        "SELECT count(*) FROM ocr.job WHERE state IN ('pending', 'processing', 'settling')"
    )
    try:
        wait.until(lambda: mesh.cluster.sql(open_jobs)[0][0] == "0", 300, "no job is left")
    except TimeoutError as error:
        report.faults.append(str(error))
    return report
