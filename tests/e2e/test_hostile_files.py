"""Broken and hostile files: each gets an answer, and the mesh goes on as if nothing had been.

A part of the corpus that `./ocrmesh bench hostile` sends as a whole: of cuts and turned bits a few
of each format, of all that was built to hurt one in a few. The former break parsers, which sanitizers see;
the latter take memory, which is measured in the plain build.
"""

import itertools

import pytest

from harness import hostile, pages

EVERY_CUT = 36  # kilobytes, and so a few of each format
EVERY_FLIP = 18
EVERY_BUILT = 8
WORKER_MAX = 1536 << 20  # resident; the limit of its addresses is 4 GiB, most of it never touched


def part(is_sanitized):
    if is_sanitized:
        yield from itertools.islice(hostile.truncations(), 0, None, EVERY_CUT)
        yield from itertools.islice(hostile.flips(), 0, None, EVERY_FLIP)
    built = itertools.chain(hostile.pictures(), hostile.hostile_pdf.files())
    yield from itertools.islice(built, 0, None, EVERY_BUILT)


@pytest.mark.slow
def test_hostile_files_are_answered_and_harm_nobody(mesh, account, is_sanitized):
    before = {name: process.pid for name, process in mesh.services.items()}
    report = hostile.run(mesh, account, part(is_sanitized))
    assert not report.faults, "\n".join(report.faults)
    assert report.files > (30 if is_sanitized else 10)
    if not is_sanitized:
        assert report.worker_peak < WORKER_MAX
    assert {name: process.pid for name, process in mesh.services.items()} == before
    assert account.read(pages.png())["status"] == "done"
