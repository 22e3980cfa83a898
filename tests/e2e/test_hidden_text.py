"""Only what a reader sees is read, exported and counted (API: B12)."""

import re

import pytest

from harness import pdf

pytestmark = pytest.mark.once

SECRET = "(Pay one thousand euros) Tj"
SECRET_WORDS = 4
SOME = r"\d+"  # letters of no size stand nowhere, so that words cannot be told apart
HERE = "72 300 Td"
GREY_PICTURE = pdf.stream(
    "80>", "/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8"
    "/ColorSpace/DeviceGray/Filter/ASCIIHexDecode"
)  # fmt: skip
LAYER_OFF = (
    "/OCProperties<</OCGs[6 0 R]/D<</ON[]/OFF[6 0 R]/Order[6 0 R]>>>>",
    "<</Type/OCG/Name(Draft)>>",
)


def with_letter(operators, **options):
    return pdf.one_page(f"{pdf.letter()} {operators}", **options)


# How a PDF hides words: the file, and how many are counted. What is never drawn, or is not text of
# the page at all, is not counted.
HIDDEN = {
    "render_mode_3": (with_letter(f"BT 3 Tr /F 12 Tf {HERE} {SECRET} ET"), SECRET_WORDS),
    "white_on_white": (with_letter(f"BT 1 g /F 12 Tf {HERE} {SECRET} ET"), SECRET_WORDS),
    "nearly_white": (with_letter(f"BT 0.97 g /F 12 Tf {HERE} {SECRET} ET"), SECRET_WORDS),
    "black_on_black": (
        with_letter(f"0 g 60 290 400 30 re f BT 0 g /F 12 Tf {HERE} {SECRET} ET"),
        SECRET_WORDS,
    ),
    "under_a_picture": (
        with_letter(
            f"BT /F 12 Tf {HERE} {SECRET} ET q 400 0 0 30 60 290 cm /I Do Q",
            resources="/XObject<</I 6 0 R>>",
            more=[GREY_PICTURE],
        ),
        SECRET_WORDS,
    ),
    "under_a_white_box": (
        with_letter(f"BT /F 12 Tf {HERE} {SECRET} ET 1 g 60 290 400 30 re f"),
        SECRET_WORDS,
    ),
    "below_the_page": (with_letter(f"BT /F 12 Tf 72 -300 Td {SECRET} ET"), SECRET_WORDS),
    "outside_the_crop_box": (
        with_letter(f"BT /F 12 Tf 72 80 Td {SECRET} ET", page="/CropBox[0 200 595 842]"),
        SECRET_WORDS,
    ),
    "half_a_point_high": (with_letter(f"BT /F 0.5 Tf {HERE} {SECRET} ET"), SECRET_WORDS),
    "of_no_size": (with_letter(f"BT /F 0 Tf {HERE} {SECRET} ET"), SOME),
    "transparent": (
        with_letter(
            f"q /G gs BT /F 12 Tf {HERE} {SECRET} ET Q",
            resources="/ExtGState<</G<</ca 0/CA 0>>>>",
        ),
        SECRET_WORDS,
    ),
    "clipped_away": (
        with_letter(f"q 0 0 10 10 re W n BT /F 12 Tf {HERE} {SECRET} ET Q"),
        0,
    ),
    "in_a_layer_that_is_off": (
        with_letter(
            f"/OC /L BDC BT /F 12 Tf {HERE} {SECRET} ET EMC",
            resources="/Properties<</L 6 0 R>>",
            catalog=LAYER_OFF[0],
            more=[LAYER_OFF[1]],
        ),
        0,
    ),
    "in_words_for_screen_readers": (
        pdf.one_page(f"/Span<</ActualText{SECRET[:-3]}>>BDC {pdf.letter()} EMC"),
        0,
    ),
    "in_a_hidden_note": (
        with_letter(
            "",
            page="/Annots[6 0 R]",
            more=[
                "<</Type/Annot/Subtype/FreeText/F 2/Rect[60 290 460 320]"
                f"/Contents{SECRET[:-3]}/DA(/F 12 Tf)>>"
            ],
        ),
        0,
    ),
}


def assert_shows_the_letter_alone(text):
    assert "thousand" not in text, text
    for line in pdf.LETTER:
        for word in line.split():
            assert word in text, text


@pytest.mark.parametrize("way", HIDDEN)
def test_hidden_text_reaches_nobody_and_is_counted(way, account):
    data, words = HIDDEN[way]
    job = account.read(data, "letter.pdf")
    assert job["status"] == "done", job
    assert_shows_the_letter_alone(job["text"])
    assert_shows_the_letter_alone(job["markdown"])
    for name in ("txt", "md", "json"):
        answer = account.download(job["uuid"], name)
        assert answer.status_code == 200
        assert_shows_the_letter_alone(answer.text)
    warnings = " ".join(job["warnings"])
    if words:
        assert re.search(f"\\b{words} words of text that the page does not show", warnings)
    else:
        assert "does not show" not in warnings


def test_hidden_text_is_left_out_by_the_neural_engine_too(account):
    ways = " ".join(
        f"BT {state} /F {size} Tf 72 {y} Td {SECRET} ET"
        for state, size, y in [("3 Tr", 12, 300), ("0 Tr 1 g", 12, 260), ("0 g", 0.5, 220)]
    )
    job = account.read(with_letter(ways), "letter.pdf", tier="vlm")
    assert job["status"] == "done", job
    assert_shows_the_letter_alone(job["text"])
    assert f"{3 * SECRET_WORDS} words" in " ".join(job["warnings"])


def lying_font():
    """Says the next letter of the alphabet for each that it shows (ISO 32000-1 §9.10.3)."""
    return [
        pdf.HELVETICA.replace(">>", "/ToUnicode 6 0 R>>"),
        pdf.stream(
            "begincmap 1 begincodespacerange <00><ff> endcodespacerange\n"
            "2 beginbfrange <20><60><0020> <61><7a><0062> endbfrange endcmap"
        ),
    ]


def test_font_that_lies_about_its_glyphs_is_not_believed(account):
    font, to_unicode = lying_font()
    job = account.read(pdf.one_page(pdf.letter(), font=font, more=[to_unicode]), "letter.pdf")
    assert job["status"] == "done", job
    assert "harbour office" in job["text"]
    assert "ibscpvs" not in job["text"]


# What a PDF may ask a viewer to do: all of it is off.
ACTIVE = {
    "javascript": (
        "/OpenAction<</S/JavaScript/JS(this.getField\\('t'\\).value = 'Pay one thousand euros';"
        "while \\(true\\) {})>>",
        [],
    ),
    "launch": ("/OpenAction<</S/Launch/F(/bin/sh)>>", []),
    "address": ("/OpenAction<</S/URI/URI(http://127.0.0.1:9/thousand)>>", []),
    "embedded_file": (
        "/Names<</EmbeddedFiles<</Names[(a)<</Type/Filespec/F(a)/EF<</F 6 0 R>>>>]>>>>",
        [pdf.stream("one thousand", "/Type/EmbeddedFile")],
    ),
}


@pytest.mark.parametrize("what", ACTIVE)
def test_nothing_that_a_pdf_asks_for_is_done(what, account):
    catalog, more = ACTIVE[what]
    job = account.read(with_letter("", catalog=catalog, more=more), "letter.pdf")
    assert job["status"] == "done", job
    assert_shows_the_letter_alone(job["text"])


def test_stream_in_another_file_is_not_read(account, tmp_path):
    other = tmp_path / "content"
    other.write_text(f"BT /F 12 Tf {HERE} {SECRET} ET")
    content = (
        f"<</Length 0/F(/{other})>>stream\n\nendstream",
        pdf.stream(pdf.letter()),
    )
    data = pdf.file_of(
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents[5 0 R 6 0 R]"
            "/Resources<</Font<</F 4 0 R>>>>>>",
            pdf.HELVETICA,
            *content,
        ]
    )
    job = account.read(data, "letter.pdf")
    assert job["status"] == "done", job
    assert_shows_the_letter_alone(job["text"])
