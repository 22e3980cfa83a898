"""Reads the image files named on standard input with RapidOCR; prints a JSON list of texts."""

import json
import sys

import numpy
from PIL import Image
from rapidocr import EngineType, RapidOCR

Image.MAX_IMAGE_PIXELS = None


def main():
    engine = RapidOCR(
        params={
            "Global.log_level": "error",
            "Det.engine_type": EngineType.OPENVINO,
            "Cls.engine_type": EngineType.OPENVINO,
            "Rec.engine_type": EngineType.OPENVINO,
        }
    )
    texts = []
    for name in filter(None, sys.stdin.read().splitlines()):
        with Image.open(name) as image:  # its own reader refuses some TIFF files
            pixels = numpy.asarray(image.convert("RGB"))[:, :, ::-1]
        found = engine(numpy.ascontiguousarray(pixels))
        texts.append("\n".join(found.txts or ()))
    json.dump(texts, sys.stdout)


if __name__ == "__main__":
    main()
