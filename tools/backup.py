#!/usr/bin/env python3
"""The file of `./ocrmesh backup`: a tar with the database's dump, the settings, the files that they name, and checksums of all.

    tools/backup.py write FILE FOLDER -- DUMP [-- BLOBS]
                                          FOLDER's files, then what the command DUMP writes, as database.dump, then what BLOBS
                                          writes, as blobs.tar: what is in S3, not in the database
    tools/backup.py verify FILE           whether it is whole; ends with status 1 and what is wrong
    tools/backup.py extract FILE FOLDER   all but the dump and the blobs
    tools/backup.py dump FILE             the dump, to stdout
    tools/backup.py blobs FILE            the blobs, if it has any, as a script of psql that puts them into the database

Dump and blobs go straight into the tar: their sizes, which a tar has before the bytes, are filled in afterwards, so that no
second copy of them is needed. The manifest, the last member, has the SHA-256 of the others.
"""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

TOP = "ocrmesh-backup/"
DUMP = "database.dump"
BLOBS = "blobs.tar"
MANIFEST = "manifest.json"
FORMAT = 1
CHUNK_BYTES = 1 << 20
BLOB_CHUNK_BYTES = 512 * 1024  # of a row of ocr.blob_chunk: BLOB_CHUNK_BYTES of lib/blob/blob.h


class Hashed:
    """A reader that knows the SHA-256 of what went through it."""

    def __init__(self, source):
        self.source = source
        self.hash = hashlib.sha256()
        self.size = 0

    def read(self, size):
        data = self.source.read(size)
        self.hash.update(data)
        self.size += len(data)
        return data


def member(name, size):
    info = tarfile.TarInfo(TOP + name)
    info.size, info.mode, info.mtime = size, 0o600, int(time.time())
    return info


def header(info):
    return info.tobuf(tarfile.GNU_FORMAT)


def pad(out):
    out.write(b"\0" * (-out.tell() % tarfile.BLOCKSIZE))


def add(out, name, source, size):
    hashed = Hashed(source)
    out.write(header(member(name, size)))
    shutil.copyfileobj(hashed, out, CHUNK_BYTES)
    if hashed.size != size:
        sys.exit(f"{name} changed while it was read")
    pad(out)
    return hashed.hash.hexdigest()


def add_output(out, name, command):
    start = out.tell()
    out.write(header(member(name, 0)))
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        hashed = Hashed(process.stdout)
        shutil.copyfileobj(hashed, out, CHUNK_BYTES)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with status {process.returncode}")
    pad(out)
    end = out.tell()
    out.seek(start)
    out.write(header(member(name, hashed.size)))
    out.seek(end)
    return hashed.hash.hexdigest()


def write(path, folder, dump_command, blobs_command):
    part = path.with_name(path.name + ".part")
    sums = {}
    try:
        with open(part, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
            for file in sorted(file for file in folder.rglob("*") if file.is_file()):
                name = str(file.relative_to(folder))
                with open(file, "rb") as source:
                    sums[name] = add(out, name, source, file.stat().st_size)
            sums[DUMP] = add_output(out, DUMP, dump_command)
            if blobs_command:
                sums[BLOBS] = add_output(out, BLOBS, blobs_command)
            text = json.dumps({"format": FORMAT, "time": int(time.time()), "sha256": sums}, indent=2).encode()
            add(out, MANIFEST, io.BytesIO(text), len(text))
            out.write(b"\0" * tarfile.BLOCKSIZE * 2)
            out.flush()
            os.fsync(out.fileno())
        os.link(part, path)  # not over another file
    finally:
        part.unlink(missing_ok=True)


def read(path):
    """Yields (name, reader) of each member, in order."""
    with tarfile.open(path, "r|") as archive:
        for info in archive:
            name = info.name.removeprefix(TOP)
            parts = Path(name).parts
            if not info.isfile() or name == info.name or not parts or ".." in parts or Path(name).is_absolute():
                sys.exit(f"{path} is no backup of ocrmesh: it has '{info.name}'")
            yield name, archive.extractfile(info)


def verify(path):
    sums, manifest = {}, None
    try:
        for name, source in read(path):
            if name == MANIFEST:
                manifest = json.load(source)
                continue
            hashed = Hashed(source)
            while hashed.read(CHUNK_BYTES):
                pass
            sums[name] = hashed.hash.hexdigest()
    except (tarfile.TarError, ValueError, OSError) as error:
        sys.exit(f"{path} cannot be read as a backup: {error}")
    if manifest is None or manifest.get("format") != FORMAT:
        sys.exit(f"{path} is no whole backup of this version: it has no manifest of format {FORMAT}")
    for name in sorted({*sums, *manifest["sha256"]}):
        if sums.get(name) != manifest["sha256"].get(name):
            sys.exit(f"{path} is damaged: {name} is not what was backed up")


def extract(path, folder):
    for name, source in read(path):
        if name not in (DUMP, BLOBS, MANIFEST):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(target, "wb", opener=lambda file, flags: os.open(file, flags, 0o600)) as out:
                shutil.copyfileobj(source, out, CHUNK_BYTES)


def dump(path):
    for name, source in read(path):
        if name == DUMP:
            shutil.copyfileobj(source, sys.stdout.buffer, CHUNK_BYTES)
            return


def blobs(path):
    for name, source in read(path):
        if name == BLOBS:
            with tarfile.open(fileobj=source, mode="r|") as archive:
                for info in archive:
                    write_blob(info, archive.extractfile(info), sys.stdout)


def write_blob(info, source, out):
    """As COPY reads it (PostgreSQL, "COPY", text format); keys have nothing in them that it would take for its own."""
    if not re.fullmatch("[a-z0-9/-]+", info.name):
        sys.exit(f"'{info.name}' is no key of a blob")
    out.write(f"COPY ocr.blob (key, size_bytes) FROM stdin;\n{info.name}\t{info.size}\n\\.\n")
    out.write("COPY ocr.blob_chunk (blob_key, position, data) FROM stdin;\n")
    position = 0
    while chunk := source.read(BLOB_CHUNK_BYTES):
        out.write(f"{info.name}\t{position}\t\\\\x{chunk.hex()}\n")
        position += 1
    out.write("\\.\n")


def main(arguments):
    if arguments[:1] == ["write"] and arguments[3:4] == ["--"] and len(arguments) > 4:
        commands = arguments[4:]
        end = commands.index("--") if "--" in commands else len(commands)
        write(Path(arguments[1]), Path(arguments[2]), commands[:end], commands[end + 1 :])
    elif arguments[:1] == ["verify"] and len(arguments) == 2:
        verify(Path(arguments[1]))
    elif arguments[:1] == ["extract"] and len(arguments) == 3:
        extract(Path(arguments[1]), Path(arguments[2]))
    elif arguments[:1] == ["dump"] and len(arguments) == 2:
        dump(Path(arguments[1]))
    elif arguments[:1] == ["blobs"] and len(arguments) == 2:
        blobs(Path(arguments[1]))
    else:
        sys.exit(__doc__)


main(sys.argv[1:])
