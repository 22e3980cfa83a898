"""PDF files that are built to hurt whoever opens them: cycles, bombs, depth, sizes without end."""

import zlib
from functools import cache

from . import pdf

TREE = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>"]
MILLION = 1_000_000


def page(resources="", entries="/MediaBox[0 0 595 842]"):
    return f"<</Type/Page/Parent 2 0 R{entries}/Contents 4 0 R/Resources<<{resources}>>>>"


def drawing(content, resources="", more=(), entries="/MediaBox[0 0 595 842]"):
    """A page that draws `content`; `more` are objects from 5 on."""
    return pdf.file_of([*TREE, page(resources, entries), pdf.stream(content), *more])


def picture(entries, data=b"\0" * 64):
    """A page that shows one image with these entries."""
    return drawing(
        "500 0 0 500 0 0 cm /I Do",
        "/XObject<</I 5 0 R>>",
        [pdf.stream(data, f"/Type/XObject/Subtype/Image{entries}")],
    )


def form(content, resources=""):
    return pdf.stream(
        content, f"/Type/XObject/Subtype/Form/BBox[0 0 600 900]/Resources<<{resources}>>"
    )


@cache
def bomb(size, rounds):
    """`size` zeros, deflated `rounds` times."""
    data = b"\0" * size
    for _ in range(rounds):
        data = zlib.compress(data, 9)
    return data


def packed(size, rounds, entries=""):
    filters = "/FlateDecode" * rounds
    return pdf.stream(bomb(size, rounds), f"/Filter[{filters}]{entries}")


# --- cycles ---


def cycles():
    kids = pdf.file_of(["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R]/Count 1>>"])
    yield "kids_are_their_parent", kids
    yield "kids_of_kids_are_their_parent", pdf.file_of(
        [*TREE, "<</Type/Pages/Parent 2 0 R/Kids[2 0 R 3 0 R]/Count 2>>"]
    )
    yield "parents_in_a_ring", pdf.file_of(
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1/Parent 4 0 R>>",
            "<</Type/Page/Parent 2 0 R/Contents 5 0 R>>",
            "<</Type/Pages/Parent 2 0 R>>",
            pdf.stream(""),
        ]
    )
    yield "one_page_many_times", pdf.file_of(
        [TREE[0], f"<</Type/Pages/Kids[{'3 0 R ' * 5000}]/Count 5000>>", page(), pdf.stream("")]
    )
    again = "/XObject<</A 5 0 R>>"
    yield "form_draws_itself", drawing("/A Do", again, [form("/A Do /A Do", again)])
    yield "forms_draw_each_other", drawing(
        "/A Do", again, [form("/B Do", "/XObject<</B 6 0 R>>"), form("/A Do", again)]
    )
    depth = 12
    yield "forms_draw_ten_forms_each", drawing(
        "/A Do",
        again,
        [form("/A Do " * 10, f"/XObject<</A {6 + level} 0 R>>") for level in range(depth)]
        + [form("0 0 1 1 re f")],
    )
    tiling = "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 9/YStep 9"
    own = "/Pattern<</P 5 0 R>>"
    yield "pattern_paints_with_itself", drawing(
        "/Pattern cs /P scn 0 0 500 500 re f",
        own,
        [pdf.stream("/Pattern cs /P scn 0 0 9 9 re f", f"{tiling}/Resources<<{own}>>")],
    )
    yield "soft_mask_masks_itself", drawing(
        "/G gs 0 0 500 500 re f",
        "/ExtGState<</G 5 0 R>>",
        [
            "<</SMask<</S/Luminosity/G 6 0 R>>>>",
            form("/G gs 0 0 9 9 re f", "/ExtGState<</G 5 0 R>>").replace(
                b"/BBox", b"/Group<</S/Transparency/CS/DeviceGray>>/BBox"
            ),
        ],
    )
    glyph = "/Font<</F 5 0 R>>"
    yield "glyph_is_written_with_itself", drawing(
        "BT /F 20 Tf 72 700 Td (aaaa) Tj ET",
        glyph,
        [
            "<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[.1 0 0 .1 0 0]/FirstChar 97"
            f"/LastChar 97/Widths[9]/Encoding<</Differences[97/a]>>/CharProcs<</a 6 0 R>>"
            f"/Resources<<{glyph}>>>>",
            pdf.stream("9 0 d0 BT /F 9 Tf (aaaa) Tj ET"),
        ],
    )
    yield "font_descends_from_itself", drawing(
        "BT /F 20 Tf 72 700 Td (aaaa) Tj ET",
        glyph,
        [
            "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[5 0 R]"
            "/ToUnicode 6 0 R>>",
            pdf.stream("/X usecmap begincmap endcmap", "/CMapName/X/UseCMap 6 0 R"),
        ],
    )
    outline = "<</Type/Outlines/First 6 0 R/Last 6 0 R/Count 9>>"
    yield "outline_in_a_ring", pdf.file_of(
        [
            "<</Type/Catalog/Pages 2 0 R/Outlines 5 0 R/Names<</Dests 7 0 R>>>>",
            TREE[1],
            page(),
            pdf.stream(""),
            outline,
            "<</Title(x)/Parent 5 0 R/Next 6 0 R/Prev 6 0 R/First 5 0 R/Dest(x)>>",
            "<</Kids[7 0 R]/Limits[(a)(z)]>>",
        ]
    )
    yield "reference_to_itself", pdf.file_of(["1 0 R", "2 0 R"])
    yield "stream_length_is_the_stream", pdf.file_of(
        [*TREE, page(), b"<</Length 4 0 R>>stream\nq Q\nendstream"]
    )
    yield "table_before_itself", pdf.one_page(pdf.letter()).replace(
        b"trailer\n<<", b"trailer\n<</Prev 9 "
    )
    plain = pdf.one_page(pdf.letter())
    start = plain.index(b"xref\n")
    yield "tables_in_a_ring", plain.replace(b"trailer\n<<", b"trailer\n<</Prev %d" % start)
    yield "table_at_a_negative_place", plain.replace(
        b"startxref\n%d" % start, b"startxref\n-9223372036854775808"
    )


# --- bombs ---


def bombs():
    hundred = 100 * MILLION
    yield "content_of_a_gigabyte", pdf.file_of([*TREE, page(), packed(10 * hundred, 1)])
    yield "content_deflated_three_times", pdf.file_of([*TREE, page(), packed(hundred, 3)])
    yield "objects_of_a_gigabyte", pdf.file_of(
        [*TREE, page(), pdf.stream(""), packed(10 * hundred, 1, "/Type/ObjStm/N 1000000/First 9")],
        "/Extra 5 0 R",
    )
    yield "font_of_a_gigabyte", drawing(
        "BT /F 20 Tf 72 700 Td (aaaa) Tj ET",
        "/Font<</F 5 0 R>>",
        [
            "<</Type/Font/Subtype/TrueType/BaseFont/X/FontDescriptor 6 0 R>>",
            "<</Type/FontDescriptor/FontName/X/Flags 4/FontFile2 7 0 R>>",
            packed(10 * hundred, 1),
        ],
    )
    grey = "/BitsPerComponent 8/ColorSpace/DeviceGray"
    yield "image_of_a_million_a_side", picture(f"/Width {MILLION}/Height {MILLION}{grey}")
    yield "image_of_more_than_a_side_can_be", picture(f"/Width 2147483647/Height 2147483647{grey}")
    yield "image_of_negative_size", picture(f"/Width -5/Height 70000{grey}")
    yield "mask_of_a_million_a_side", picture(
        f"/Width {MILLION}/Height {MILLION}/ImageMask true/BitsPerComponent 1"
    )
    yield "image_with_a_predictor_of_a_billion_columns", picture(
        f"/Width 9/Height 9{grey}/Filter/FlateDecode"
        "/DecodeParms<</Predictor 15/Columns 1000000000/Colors 32/BitsPerComponent 16>>",
        bomb(MILLION, 1),
    )
    yield "fax_of_a_billion_columns", picture(
        f"/Width 9000/Height 9000/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/CCITTFaxDecode"
        f"/DecodeParms<</K -1/Columns {1000 * MILLION}/Rows {1000 * MILLION}>>"
    )
    jbig2 = (
        b"\0\0\0\0\x30\0\1\0\0\0\x13\xff\xff\xff\xf0\xff\xff\xff\xf0" + b"\0" * 8 + b"\0\0\0"
        b"\0\0\0\1\x26\0\1\xff\xff\xff\xff" + b"\xff" * 64
    )
    yield "jbig2_of_four_billion_a_side", picture(
        "/Width 5000/Height 5000/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/JBIG2Decode",
        jbig2,
    )
    jpx = (
        b"\xff\x4f\xff\x51\0\x29\0\0\x7f\xff\xff\xff\x7f\xff\xff\xff\0\0\0\0\0\0\0\0"
        b"\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\0\0\1\7\1\1\xff\x52\0\x0c\0\0\0\1\0\5\4\4\0\0"
        b"\xff\x90\0\x0a\0\0\0\0\0\0\0\1\xff\x93" + b"\0" * 32 + b"\xff\xd9"
    )
    yield "jpx_of_two_billion_a_side", picture("/Width 9/Height 9/Filter/JPXDecode", jpx)
    yield "jpeg_of_65535_a_side", picture(
        f"/Width 65535/Height 65535{grey}/Filter/DCTDecode",
        b"\xff\xd8\xff\xc0\0\x0b\x08\xff\xff\xff\xff\1\1\x11\0\xff\xda\0\x08\1\1\0\0\x3f\0" + b"\0" * 99,
    )  # fmt: skip
    yield "runs_without_end", picture(
        f"/Width 9000/Height 9000{grey}/Filter/RunLengthDecode", b"\x81\0" * MILLION
    )
    yield "ten_thousand_images", drawing(
        "500 0 0 500 0 0 cm " + "/I Do " * 10_000,
        "/XObject<</I 5 0 R>>",
        [
            pdf.stream(
                b"\0" * MILLION,
                f"/Type/XObject/Subtype/Image/Width 1000/Height 1000{grey}",
                packed=True,
            )
        ],
    )


# --- depth and number ---


def depths():
    for name, opening, closing in [("arrays", "[", "]"), ("dictionaries", "<</A", ">>")]:
        nested = opening * 100_000 + " 0 " + closing * 100_000
        yield f"{name}_in_each_other", pdf.file_of([*TREE, page(), pdf.stream(""), nested])
        yield f"{name}_in_the_catalogue", pdf.file_of(
            [f"<</Type/Catalog/Pages 2 0 R/X {nested}>>", TREE[1], page(), pdf.stream("")]
        )
        yield f"{name}_in_the_content", drawing(f"{nested} TJ")
    yield "brackets_in_a_text", drawing(f"BT ({'(' * MILLION}) Tj ET")
    yield "a_million_states_saved", drawing("q " * MILLION)
    yield "a_million_marks_begun", drawing("/P BMC " * MILLION)
    yield "a_million_clips", drawing("q 0 0 500 500 re W n " * 200_000)
    yield "ten_thousand_groups", drawing(
        "q /G gs /A Do " * 10_000,
        "/ExtGState<</G<</ca .5/BM/Multiply>>>>/XObject<</A 5 0 R>>",
        [form("0 0 500 500 re f").replace(b"/BBox", b"/Group<</S/Transparency>>/BBox")],
    )
    yield "a_million_objects", pdf.file_of([*TREE, page(), pdf.stream("")] + ["0"] * MILLION)
    yield "a_million_objects_without_a_table", b"%PDF-1.4\n" + b"".join(
        b"%d 0 obj 0 endobj\n" % number for number in range(1, MILLION)
    ) + b"trailer<</Root 1 0 R>>\n%%EOF\n"  # fmt: skip
    yield "a_table_of_two_billion", pdf.one_page(pdf.letter()).replace(
        b"xref\n0 6", b"xref\n0 2147483647"
    )
    yield "a_page_number_without_pages", pdf.one_page(pdf.letter()).replace(
        b"/Count 1>>", b"/Count 2147483647>>"
    )


# --- sizes ---


def sizes():
    for name, box in {
        "of_a_billion_points": "0 0 1000000000 1000000000",
        "as_wide_as_a_line": "0 0 1000000 0.0001",
        "of_no_size": "5 5 5 5",
        "the_wrong_way_round": "595 842 0 0",
        "out_of_numbers": "-1e38 -1e38 1e38 1e38",
        "that_is_no_box": "/A (b) null [1]",
        "far_away": "100000000 100000000 100000595 100000842",
    }.items():
        yield f"page_{name}", drawing("0 0 9 9 re f", entries=f"/MediaBox[{box}]")
    yield "page_in_units_of_a_mile", drawing(
        "0 0 9 9 re f", entries="/MediaBox[0 0 595 842]/UserUnit 1000000"
    )
    yield "page_turned_by_17", drawing("0 0 9 9 re f", entries="/MediaBox[0 0 595 842]/Rotate 17")


# --- drawings that take long ---


def drawings():
    tiny = "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep .0001/YStep .0001"
    yield "tiles_of_a_ten_thousandth", drawing(
        "/Pattern cs /P scn 0 0 595 842 re f",
        "/Pattern<</P 5 0 R>>",
        [pdf.stream("0 0 1 1 re f", f"{tiny}/Resources<<>>")],
    )
    yield "dashes_of_a_ten_thousandth", drawing("[.0001] 0 d 1 w 0 0 m 100000 100000 l S")
    yield "a_million_lines", drawing("0 0 m " + "595 842 l 0 1 l " * 500_000 + " S")
    yield "a_million_curves", drawing(
        "9 w 0 0 m " + "595 842 1 1 300 300 c " * 300_000 + " S"
    )
    yield "lines_a_million_wide", drawing("1000000 w [1 2] 0 d 0 0 m 1e30 1e30 l S")
    font = "/Font<</F 5 0 R>>"
    yield "a_million_glyphs", drawing(
        f"BT /F 5 Tf 9 TL 9 800 Td {'(abcdefghijklmnopqrst) Tj T* ' * 50_000} ET",
        font,
        [pdf.HELVETICA],
    )
    yield "glyphs_as_large_as_the_page", drawing(
        f"BT /F 900 Tf 0 0 Td {'1 0 0 1 0 0 Tm (M) Tj ' * 20_000} ET", font, [pdf.HELVETICA]
    )
    yield "glyphs_of_a_million_points", drawing(
        f"BT /F 1000000 Tf 0 0 Td {'(M) Tj ' * 5000} ET", font, [pdf.HELVETICA]
    )
    yield "lines_of_text_without_number", drawing(
        f"BT /F 2 Tf {''.join(f'1 0 0 1 {n % 590} {n % 840} Tm (ab) Tj ' for n in range(40_000))} ET",
        font,
        [pdf.HELVETICA],
    )
    loop = "{ " + "dup mul " * 10_000 + "}"
    yield "shading_by_a_long_programme", drawing(
        "/S sh",
        "/Shading<</S<</ShadingType 1/ColorSpace/DeviceGray/Matrix[595 0 0 842 0 0]"
        "/Function 5 0 R>>>>",
        [pdf.stream(loop, "/FunctionType 4/Domain[0 1 0 1]/Range[0 1]")],
    )
    yield "function_of_a_billion_samples", drawing(
        "/S sh",
        "/Shading<</S<</ShadingType 1/ColorSpace/DeviceGray/Function 5 0 R>>>>",
        [
            pdf.stream(
                "0",
                "/FunctionType 0/Domain[0 1 0 1]/Range[0 1]/Size[100000 100000]/BitsPerSample 32",
            )
        ],
    )


def files():
    """Name and bytes of each, made one at a time."""
    for kind in (cycles, bombs, depths, sizes, drawings):
        for name, data in kind():
            yield f"{name}.pdf", data
