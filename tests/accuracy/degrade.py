"""What cameras, scanners and people do to a page. Each is repeatable: the seed is the page's name."""

import io
import zlib

import numpy
from PIL import Image, ImageFilter

PAPER = 255
DESK = 70  # what lies around a photographed page


def apply(image, options, name):
    """`options` as in pages.tsv, in the order of STEPS; unknown names are left to the caller."""
    for option, step in STEPS.items():
        if option in options:
            generator = numpy.random.default_rng(zlib.crc32(f"{name} {option}".encode()))
            image = step(image, options[option], generator)
    return image


def turn(image, value, _):
    """Clockwise, by 90, 180 or 270 degrees."""
    return image.rotate(-int(value), expand=True)


def skew(image, value, _):
    """Clockwise, by any angle; the page grows so that no corner is cut."""
    return image.rotate(-float(value), Image.Resampling.BICUBIC, expand=True, fillcolor=PAPER)


def perspective(image, value, generator):
    """Corners move by up to `value` of the width, on a dark desk."""
    width, height = image.size
    margin = int(width * 0.06)
    shifts = generator.uniform(-1, 1, (4, 2)) * float(value) * width
    corners = numpy.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    target = corners + margin + shifts
    system, right = [], []
    for (x, y), (u, v) in zip(target, corners):
        system += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    solution = numpy.linalg.solve(numpy.array(system), numpy.array(right))
    size = (width + 2 * margin, height + 2 * margin)
    return image.transform(
        size, Image.Transform.PERSPECTIVE, solution, Image.Resampling.BICUBIC, fillcolor=DESK
    )


def light(image, value, generator):
    """A slope of light and a shadow: the darkest part keeps 1 - `value` of its light."""
    width, height = image.size
    x = numpy.linspace(-1, 1, width)[None, :]
    y = numpy.linspace(-1, 1, height)[:, None]
    angle = generator.uniform(0, 2 * numpy.pi)
    slope = (numpy.cos(angle) * x + numpy.sin(angle) * y + 1.5) / 3
    spot = numpy.exp(-((x - generator.uniform(-1, 1)) ** 2 + (y - generator.uniform(-1, 1)) ** 2))
    field = 0.6 * slope + 0.4 * spot
    field = 1 - float(value) * (1 - (field - field.min()) / (field.max() - field.min()))
    return clipped(numpy.asarray(image, float) * field)


def scale(image, value, _):
    size = [max(1, round(side * float(value))) for side in image.size]
    return image.resize(size, Image.Resampling.LANCZOS)


def blur(image, value, _):
    """Radius in pixels, after scaling."""
    return image.filter(ImageFilter.GaussianBlur(float(value)))


def contrast(image, value, _):
    """`value` of the contrast stays, around light grey."""
    return clipped(200 + (numpy.asarray(image, float) - 200) * float(value))


def noise(image, value, generator):
    """Deviation in grey levels."""
    return clipped(numpy.asarray(image, float) + generator.normal(0, float(value), image.size[::-1]))


def specks(image, value, generator):
    """Black dots of one to three pixels on `value` of the pixels."""
    pixels = numpy.array(image)
    count = int(float(value) * pixels.size)
    for y, x, side in zip(
        generator.integers(0, pixels.shape[0], count),
        generator.integers(0, pixels.shape[1], count),
        generator.integers(1, 4, count),
    ):
        pixels[y : y + side, x : x + side] = 0
    return Image.fromarray(pixels)


def invert(image, _value, _):
    return Image.fromarray(255 - numpy.asarray(image))


def bilevel(image, value, _):
    """As a fax does: black below `value`."""
    return image.point(lambda level: 0 if level < int(value) else 255)


def jpeg(image, value, _):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=int(value))
    return Image.open(io.BytesIO(out.getvalue()))


def clipped(pixels):
    return Image.fromarray(numpy.clip(pixels, 0, 255).astype(numpy.uint8))


# Paper first, then the camera, then the file.
STEPS = {
    "specks": specks,
    "turn": turn,
    "skew": skew,
    "perspective": perspective,
    "light": light,
    "scale": scale,
    "blur": blur,
    "contrast": contrast,
    "noise": noise,
    "invert": invert,
    "bilevel": bilevel,
    "jpeg": jpeg,
}
