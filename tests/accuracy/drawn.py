"""Drawn scans for `bench speed --drawn`: typeset text, rasterised at 300 dpi, turned a little, with noise.

The same seed gives the same bytes, so that runs can be compared. The words are ours; their order is
random, which keeps a recogniser from profiting by the grammar.
"""

import io
import random

import numpy
from PIL import Image, ImageDraw, ImageFont

from harness import pdf as written

DPI = 300
WIDTH, HEIGHT = 2480, 3508  # A4
MARGIN = 250
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"
POINTS = 11
LINE_PITCH = 1.45
PARAGRAPH_LINES = (4, 9)
SKEW_DEGREES_MAX = 0.8
NOISE_DEVIATION = 4  # of 255 grey levels
JPEG_QUALITY = 75

WORDS = """about above account across address after again agreement almost along already although
amount annual another answer appear around arrive article audit autumn balance because become before
begin behind believe between board borrow branch bridge bring budget building business calendar
capital careful carry cause certain chapter charge chief choose circle claim clear client collect
column comfort common company complete concern condition consider contain contract copper correct
council country course cover credit current damage deal decide deliver demand depart describe detail
direct distance district divide document doubt during early earth either employ engine enough entire
equal evening every evidence exact example except expense explain extend factor family figure final
follow foreign former forward further garden general govern gradual ground growth harbour history
however hundred imagine import improve include increase indeed industry inform inside instead
interest invoice island journal journey keeper kitchen labour language large later leather letter
level library limit listen little local machine manage manner market master material matter measure
member method middle million minute modern moment morning motion mountain narrow nation nature
necessary neither notice number object observe office often opinion order ordinary origin other
outside paper parcel particular payment people perhaps period person picture place plain pleasure
point popular position possible power practice prepare present press pretty price print private
problem produce profit promise proper provide public purpose quality quarter question railway rather
reason receipt record reduce region regular remain remember repair repeat reply report require
result return river rubber safety school science season second secretary section serious service
several should silver simple single sister society something special spring standard station steady
still storage straight strange stream street strong student subject sudden summer supply support
surface system table teacher through together tomorrow toward travel trouble under until usual
valley value various vessel village voice volume warehouse water weather weekly weight whether while
window winter within without wonder wooden worker yellow yesterday""".split()


def page(number, seed):
    """A page as JPEG bytes."""
    generator = random.Random(f"{seed}-{number}")
    image = Image.new("L", (WIDTH, HEIGHT), 250)
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(FONT, round(POINTS * DPI / 72))
    pitch = round(POINTS * DPI / 72 * LINE_PITCH)
    y = MARGIN
    while y + pitch < HEIGHT - MARGIN:
        for _ in range(generator.randint(*PARAGRAPH_LINES)):
            if y + pitch >= HEIGHT - MARGIN:
                break
            line = []
            while True:
                word = generator.choice(WORDS)
                if draw.textlength(" ".join([*line, word]), font=font) > WIDTH - 2 * MARGIN:
                    break
                line.append(word)
            draw.text((MARGIN, y), " ".join(line), font=font, fill=20)
            y += pitch
        y += pitch // 2
    skew = generator.uniform(-SKEW_DEGREES_MAX, SKEW_DEGREES_MAX)
    image = image.rotate(skew, Image.Resampling.BICUBIC, fillcolor=250)
    noise = numpy.random.default_rng([seed, number]).normal(0, NOISE_DEVIATION, (HEIGHT, WIDTH))
    image = Image.fromarray(numpy.clip(numpy.asarray(image) + noise, 0, 255).astype(numpy.uint8))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=JPEG_QUALITY, dpi=(DPI, DPI))
    return out.getvalue()


def pdf(jpegs):
    """A PDF that holds the very JPEG bytes, one a page (ISO 32000-1 §7.4.8)."""
    width, height = WIDTH * 72 / DPI, HEIGHT * 72 / DPI
    kids = " ".join(f"{3 + 3 * index} 0 R" for index in range(len(jpegs)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(jpegs)}>>",
    ]
    for number, jpeg in zip(range(3, 3 + 3 * len(jpegs), 3), jpegs):
        objects += [
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width:.2f} {height:.2f}]"
            f"/Contents {number + 1} 0 R/Resources<</XObject<</I {number + 2} 0 R>>>>>>",
            written.stream(f"{width:.2f} 0 0 {height:.2f} 0 0 cm /I Do"),
            written.stream(
                jpeg,
                f"/Type/XObject/Subtype/Image/Width {WIDTH}/Height {HEIGHT}"
                "/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode",
            ),
        ]
    return written.file_of(objects)
