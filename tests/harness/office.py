"""Referees of Office files: unzip, the schemas of ECMA-376, LibreOffice."""

import io
import re
import subprocess
import zipfile

from lxml import etree
from openxml_audit import OpenXmlValidator

CONVERT_SECONDS = 400
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

# Said of files that are right. Parts that Word always writes, but opens files without: ECMA-376 part
# 1, §11.3, asks for none. Inline strings, which Excel moves elsewhere when it saves.
NO_FAULTS = re.compile(
    r"A required relationship type '\S+/(fontTable|theme)' is missing|inline-string cell"
)


def parts(data):
    """{name: bytes} of a package, in its order; every checksum is right."""
    package = zipfile.ZipFile(io.BytesIO(data))
    names = package.namelist()
    assert len(set(names)) == len(names)
    assert names[0] == "[Content_Types].xml"
    return {name: package.read(name) for name in names}


def check(data, folder, suffix):
    """The file is well-formed and valid for programs that share no code with ours; its path."""
    path = folder / f"file{suffix}"
    path.write_bytes(data)
    subprocess.run(["unzip", "-tq", path], check=True, stdout=subprocess.DEVNULL)
    for name, content in parts(data).items():
        if not name.endswith((".png", ".jpeg")):
            etree.fromstring(content)
    faults = [
        f"{error.part_uri}: {error.description}"
        for error in OpenXmlValidator().validate(path).errors
        if not NO_FAULTS.search(error.description)
    ]
    assert not faults, faults[:5]
    return path


def convert_all(paths, target, folder):
    """What LibreOffice makes of each file: `target` is "txt:Text (encoded):UTF8", "pdf", ... One
    start, which takes most of the time, for all of them."""
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/libreoffice"]
        + ["--convert-to", target, "--outdir", folder, *paths],
        check=True,
        timeout=CONVERT_SECONDS,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return [(folder / f"{path.stem}.{target.split(':')[0]}").read_bytes() for path in paths]


def convert(path, target, folder):
    [converted] = convert_all([path], target, folder)
    return converted


def folded(text):
    """The text without white space and without hyphens at ends of lines."""
    return re.sub(r"\s+", "", re.sub(r"(?<=\w)[-\u2010]\n(?=[^\W\d_A-Z])", "", text))


def random_text(rng):
    """Characters of many scripts, controls and noncharacters among them."""
    ranges = [(0x20, 0x7F), (0, 0x20), (0x80, 0x600), (0x5D0, 0x700), (0x900, 0xE80)]
    ranges += [(0x2000, 0x2100), (0x3000, 0x9000), (0xFFF0, 0x10000), (0x1F300, 0x1F600)]
    return "".join(
        chr(rng.randrange(*rng.choice(ranges))) for _ in range(rng.choice([0, 1, 5, 40, 400]))
    )
