#!/usr/bin/env python3
"""Makes a C file out of the web pages, for the bridge to serve: what bridge/site.h declares.

    embed-site.py FOLDER OUT_C BROTLI FILE...

FOLDER is bridge/web, BROTLI the program that compresses. A FILE is below FOLDER, or NAME=FILE: it is elsewhere, and
served under that name. FOLDER/pages has templates, in which

    {{name}}       is a text of messages/LANGUAGE.json, as text of HTML
    {{>name}}      is the template pages/name.html
    {{@version}}   is the site's version, {{@language}} and {{@direction}} the page's language and its direction,
                   {{@languages}} the options of a choice of language, {{@name}} the page's

Each is made once a language; templates that begin with "_" are parts of others alone. All other files are served as they
are, below a path with the site's version.
"""

import gzip
import hashlib
import html
import json
import re
import subprocess
import sys
from pathlib import Path

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
RIGHT_TO_LEFT = {"he"}
LINE_BYTES = 64


def fill(templates, name, messages, values):
    def replaced(match):
        key = match[1]
        if key.startswith(">"):
            return fill(templates, key[1:], messages, values)
        if key.startswith("@"):
            return values[key[1:]]
        return html.escape(messages[key])

    return re.sub(r"\{\{([^}]+)\}\}", replaced, templates[name])


def options(catalogues, chosen):
    return "".join(
        f'<option value="{language}" lang="{language}"{" selected" if language == chosen else ""}>'
        f"{html.escape(messages['language.name'])}</option>"
        for language, messages in catalogues.items()
    )


def page_path(name):
    return "/" if name == "index" else f"/{name}/"


def make_pages(templates, catalogues, version):
    """{(path, language): bytes}"""
    made = {}
    for language, messages in catalogues.items():
        for name in templates:
            if name.startswith("_"):
                continue
            values = {
                "version": version,
                "language": language,
                "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
                "languages": options(catalogues, language),
                "name": name,
            }
            made[page_path(name), language] = fill(templates, name, messages, values).encode()
    return made


def compressed(data, brotli):
    """[plain, gzip, brotli]; those that are not smaller are empty."""
    made = [
        gzip.compress(data, 9, mtime=0),
        subprocess.run([brotli, "--stdout", "--quality=11"], input=data, capture_output=True, check=True).stdout,
    ]
    return [data, *(other if len(other) < len(data) else b"" for other in made)]


def c_string(text):
    return json.dumps(text)  # of ASCII without controls: the same in both languages


def c_bytes(data):
    """A string literal: compilers read those many times faster than lists of numbers."""
    for start in range(0, len(data), LINE_BYTES):
        yield '    "' + "".join(f"\\{byte:03o}" for byte in data[start : start + LINE_BYTES]) + '"'
    if not data:
        yield '    ""'


def write_file(out, path, language, media_type, bodies):
    out.append(f"    {{{c_string(path)}, {c_string(language)}, {c_string(media_type)}, {{")
    for data in bodies:
        tag = '"' + hashlib.sha256(data).hexdigest()[:32] + '"'
        out.append("    {{")
        out.extend(c_bytes(data))
        out.append(f"    , {len(data)}}}, {c_string(tag)}}},")
    out.append("    }},")


def read(folder, argument):
    name, is_named, path = argument.rpartition("=")
    name = Path(name) if is_named else Path(path).resolve().relative_to(folder.resolve())
    return name, Path(path).read_bytes()


def main():
    folder, target, brotli = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    files = dict(read(folder, argument) for argument in sys.argv[4:])
    version = hashlib.sha256(
        b"".join(str(name).encode() + b"\0" + hashlib.sha256(data).digest() for name, data in sorted(files.items()))
    ).hexdigest()[:12]
    templates = {name.stem: data.decode() for name, data in files.items() if name.parts[0] == "pages"}
    catalogues = {name.stem: json.loads(data) for name, data in files.items() if name.parts[0] == "messages"}
    catalogues = dict(sorted(catalogues.items(), key=lambda entry: (entry[0] != "en", entry[0])))

    served = [
        (*key, "text/html; charset=utf-8", data) for key, data in make_pages(templates, catalogues, version).items()
    ]
    served += [
        (str(name), "", MEDIA_TYPES[name.suffix], data) for name, data in files.items() if name.parts[0] != "pages"
    ]
    out = ['#include "bridge/site.h"', "", "#include <stddef.h>", ""]
    out.append(f"const char site_version[] = {c_string(version)};")
    out.append(f"const char *const site_languages[] = {{{', '.join(map(c_string, catalogues))}, NULL}};")
    out.append("const struct site_file site_files[] = {")
    for path, language, media_type, data in sorted(served):
        write_file(out, path, language, media_type, compressed(data, brotli))
    out.append("};")
    out.append(f"const size_t site_file_count = {len(served)};")
    target.write_text("\n".join(out) + "\n")


main()
