#!/usr/bin/env python3
"""Makes services/ocr/worker/engine/neural/line_reader_limits.c: how large what the recognition network's
convolutions read gets, on lines of the accuracy set's `tune` half.

    OCRMESH_HOME=FOLDER tools/activation-limits.py MODELS > line_reader_limits.c

MODELS is the folder with PP-OCRv6_rec_small.onnx. Runs with the packages of `./ocrmesh bench accuracy`: RapidOCR
finds the lines, OpenVINO tells what passes through the network. A limit is what makes the mean square
error least when its tensor is rounded to 256 steps from -limit to limit: less than the largest value, for
few values are large. These are the inputs of all convolutions of 1 x 1 that see at least 96 channels of an
image; what goes into the others is small or takes little time.
"""

import contextlib
import random
import sys
from pathlib import Path

import cv2
import numpy
import openvino
from PIL import Image
from rapidocr import EngineType, RapidOCR

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from accuracy import pages  # noqa: E402

HEIGHT, WIDTH_MIN = 48, 320
CHANNELS_MIN = 96
LINES_PER_PAGE, VALUES_PER_LINE = 8, 3000
STEPS = 127  # on each side of 0
FRACTIONS = numpy.linspace(0.15, 1, 60)
# What the network knows, as it lies.
CATEGORIES = ("print", "columns", "receipts", "tables", "photos", "handwriting", "old", "latin", "cjk")


def strip(image, box):
    """A line as the network takes it: services/ocr/worker/engine/neural/strip.h."""
    sides = [numpy.linalg.norm(box[i] - box[(i + 1) % 4]) for i in range(4)]
    width, height = max(sides[0], sides[2], 1), max(sides[1], sides[3], 1)
    width = max(int(numpy.ceil(HEIGHT * width / height)), 1)
    corners = numpy.float32([[0, 0], [width, 0], [width, HEIGHT], [0, HEIGHT]])
    cut = cv2.warpPerspective(
        image, cv2.getPerspectiveTransform(numpy.float32(box), corners), (width, HEIGHT), flags=cv2.INTER_AREA
    )
    padded = numpy.zeros((HEIGHT, max(width, WIDTH_MIN)), numpy.float32)
    padded[:, :width] = cut / 127.5 - 1
    return numpy.repeat(padded[None, None], 3, axis=1)


def lines(choose):
    finder = RapidOCR(params={"Global.log_level": "error", "Det.engine_type": EngineType.OPENVINO})
    with contextlib.redirect_stdout(sys.stderr):
        chosen = pages.asked_for("", "tune")
    for page in chosen:
        if page.category not in CATEGORIES:
            continue
        with Image.open(page.file) as image:
            grey = numpy.asarray(image.convert("L"))
        boxes = finder(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), use_cls=False, use_rec=False).boxes
        boxes = list(boxes) if boxes is not None else []
        for box in choose.sample(boxes, min(LINES_PER_PAGE, len(boxes))):
            yield strip(grey, box)


def is_chosen(node):
    """A convolution of an image that is wide enough to be worth it; pooled ones have a width of 1."""
    if node.get_type_name() != "Convolution" or list(node.input_value(1).get_shape()[2:]) != [1, 1]:
        return False
    read = node.input_value(0).get_partial_shape()
    return node.input_value(1).get_shape()[1] >= CHANNELS_MIN and not (read[3].is_static and read[3].get_length() == 1)


def best_limit(values):
    largest = numpy.abs(values).max()

    def error(limit):
        step = limit / STEPS
        return ((numpy.clip(numpy.round(values / step), -STEPS - 1, STEPS) * step - values) ** 2).mean()

    return min((largest * fraction for fraction in FRACTIONS), key=error)


def main(models):
    choose = random.Random(1)
    core = openvino.Core()
    model = core.read_model(Path(models) / "PP-OCRv6_rec_small.onnx")
    names = {}
    for node in model.get_ordered_ops():
        if is_chosen(node):
            output = node.input_value(0)
            names.setdefault(min(output.get_names()), output)
    model.add_outputs(list(names.values()))
    network = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    values = {name: [] for name in names}
    for line in lines(choose):
        found = network(line)
        for name, kept in values.items():
            kept.append(numpy.random.default_rng(len(kept)).choice(found[name].ravel(), VALUES_PER_LINE))
    print('#include "services/ocr/worker/engine/neural/line_reader_limits.h"\n')
    print("/* Made by tools/activation-limits.py, which says from what. */")
    print("const struct activation_limit line_reader_limits[] = {")
    for name, kept in values.items():
        print(f'    {{"{name}", {best_limit(numpy.concatenate(kept)):.4f}f}},')
    print("};\n")
    print("const size_t line_reader_limit_count = ARRAY_LENGTH(line_reader_limits);")


if __name__ == "__main__":
    main(sys.argv[1])
