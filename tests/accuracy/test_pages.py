"""What benches keep between runs."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from accuracy import engines, pages
from harness import pages as drawn

ROW = {"name": "letter", "package": "post", "member": "letter.pdf", "options": "page=2"}


class Packages:
    known = {"post": {"sha256": "0" * 64}}

    def read(self, name, member):
        return drawn.scanned_pdf(3)


def interrupted_after(write):
    def run(*arguments, **options):
        write(*arguments)
        raise KeyboardInterrupt

    return run


def test_a_page_of_a_pdf_is_made_anew_after_an_interruption(tmp_path, monkeypatch):
    def half(command, *_):
        Path(command[-1]).write_bytes(b"%PDF-1.4\nhalf")

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", interrupted_after(half))
        with pytest.raises(KeyboardInterrupt):
            pages.page_file(Packages(), tmp_path, ROW)
    made = pages.page_file(Packages(), tmp_path, ROW)
    said = subprocess.run(["qpdf", "--show-npages", made], check=True, capture_output=True)
    assert said.stdout == b"1\n"


def test_a_text_is_read_anew_after_an_interruption(tmp_path, monkeypatch):
    file = tmp_path / "page.png"
    file.write_bytes(b"a page")
    page = SimpleNamespace(name="page", file=file, tesseract="eng")
    engine = SimpleNamespace(name="reader", version="1", read=lambda of: ["whole" for _ in of])
    kept = engines.Kept(engine, tmp_path / "texts")
    write = Path.write_text
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", interrupted_after(lambda path, text: write(path, text[:2])))
        with pytest.raises(KeyboardInterrupt):
            kept.read([page])
    assert kept.read([page]) == ["whole"]
