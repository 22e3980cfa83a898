"""Reads the image files named on standard input, a line each, with RapidOCR on OpenVINO; answers
each with a line: its text as JSON. The first line says that it is ready.

    rapidocr_read.py [THREADS]      OpenVINO's own choice when not given
"""

import json
import sys

import numpy
from PIL import Image
from rapidocr import EngineType, RapidOCR

Image.MAX_IMAGE_PIXELS = None
OPENVINO_CHOOSES = -1


def main(threads):
    engine = RapidOCR(
        params={
            "Global.log_level": "error",
            "Det.engine_type": EngineType.OPENVINO,
            "Cls.engine_type": EngineType.OPENVINO,
            "Rec.engine_type": EngineType.OPENVINO,
            "EngineConfig.openvino.inference_num_threads": threads,
        }
    )
    print(json.dumps("ready"), flush=True)
    for name in filter(None, map(str.strip, sys.stdin)):
        with Image.open(name) as image:  # its own reader refuses some TIFF files
            pixels = numpy.asarray(image.convert("RGB"))[:, :, ::-1]
        found = engine(numpy.ascontiguousarray(pixels))
        print(json.dumps("\n".join(found.txts or ())), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else OPENVINO_CHOOSES)
