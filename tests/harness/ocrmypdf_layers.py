"""The text layers of a document as ocrmypdf makes them from hOCR, nothing else of it: one PDF a page.

    /usr/bin/python3 ocrmypdf_layers.py PAGE.hocr COUNT

Prints the processor time, without that of loading ocrmypdf, in seconds, and the peak memory in KiB.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from ocrmypdf.hocrtransform import HocrTransform

DPI = 200  # of the pages of documents.py


def main():
    page, count = Path(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        for _ in range(count):
            layer = HocrTransform(hocr_filename=page, dpi=DPI)
            layer.to_pdf(out_filename=Path(folder) / "layer.pdf", invisible_text=True)
        seconds = time.process_time() - start
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


main()
