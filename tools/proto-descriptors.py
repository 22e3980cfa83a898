#!/usr/bin/env python3
"""The .proto files that a Python package holds in generated form, as one FileDescriptorSet for `protoc --descriptor_set_in`.

    proto-descriptors.py WHEEL OUT FILE_pb2.py...

A generated module gives the serialised FileDescriptorProto of its file to AddSerializedFile(); it is read here as text, so
that neither the package nor protobuf has to be installed. FILEs come after those that they import.
"""

import ast
import os
import sys
import zipfile


def descriptor(source, name):
    """The bytes in `AddSerializedFile(b'...')`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "AddSerializedFile":
            return ast.literal_eval(node.args[0])
    sys.exit(f"{name} holds no descriptor")


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def main():
    wheel, out, *files = sys.argv[1:]
    part = out + ".part"
    with zipfile.ZipFile(wheel) as archive, open(part, "wb") as file:
        for name in files:
            content = descriptor(archive.read(name), name)
            file.write(b"\x0a" + varint(len(content)) + content)  # FileDescriptorSet.file = 1
    os.replace(part, out)


main()
