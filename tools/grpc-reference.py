"""The reference of the gRPC services: docs/grpc-reference.md, from the comments of the protos.

    grpc-reference.py write|check IMAGE     IMAGE: a descriptor set with imports and source information
"""

import re
import sys
from pathlib import Path

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorSet

PAGE = Path(__file__).resolve().parents[1] / "docs/grpc-reference.md"
FILES = [
    "ocrmesh/ocr/v1/ocr_service.proto",
    "ocrmesh/ocr/v1/webhook_service.proto",
    "ocrmesh/ocr/v1/job.proto",
    "ocrmesh/ocr/v1/extraction.proto",
    "ocrmesh/document/v1/document.proto",
    "ocrmesh/document/v1/page_image.proto",
    "ocrmesh/export/v1/export_service.proto",
    "ocrmesh/chat/v1/chat_service.proto",
    "ocrmesh/billing/v1/billing_service.proto",
]
HEAD = """# gRPC reference

Made of the comments in `protos/` by `./ocrmesh format`; [grpc.md](grpc.md) tells how to call. A type without a link is Google's or a
plain one of protobuf. A field that is not set has the zero value of its type.
"""
# Numbers of the fields of FileDescriptorProto, ServiceDescriptorProto, DescriptorProto and EnumDescriptorProto
# (descriptor.proto), of which SourceCodeInfo makes its paths.
SYNTAX, MESSAGES, ENUMS, SERVICES = 12, 4, 5, 6
METHODS = FIELDS = VALUES = 2
NESTED_MESSAGES, NESTED_ENUMS, ONEOFS = 3, 4, 8


class Reference:
    def __init__(self, image):
        self.files = {file.name: file for file in FileDescriptorSet.FromString(image).file}
        self.pool = descriptor_pool.DescriptorPool()
        for file in self.files.values():
            self.pool.Add(file)
        options = self.pool.FindMessageTypeByName("google.protobuf.MethodOptions")
        self.method_options = message_factory.GetMessageClass(options)
        self.http = self.pool.FindExtensionByName("google.api.http")
        self.linked = {name for file in FILES for name in self.type_names(self.files[file])}
        self.lines = [HEAD]

    @staticmethod
    def type_names(file):
        def within(scope, messages, enums):
            for enum in enums:
                yield f"{scope}.{enum.name}"
            for message in messages:
                yield f"{scope}.{message.name}"
                yield from within(f"{scope}.{message.name}", message.nested_type, message.enum_type)

        return list(within(file.package, file.message_type, file.enum_type))

    def add(self, *lines):
        self.lines.extend(lines)

    def link(self, name):
        name = name.lstrip(".")
        if name not in self.linked:
            return f"`{name}`"
        return f"[{name.rpartition('.')[2]}](#{anchor(name)})"

    def type_of(self, field, entries):
        if field.type_name in entries:
            key, value = entries[field.type_name].field
            return f"map of {self.type_of(key, {})} to {self.type_of(value, {})}"
        if field.type_name:
            name = self.link(field.type_name)
        else:
            name = FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
        return f"repeated {name}" if field.label == FieldDescriptorProto.LABEL_REPEATED else name

    def http_of(self, method):
        options = self.method_options.FromString(method.options.SerializeToString())
        if not options.HasExtension(self.http):
            return ""
        rule = options.Extensions[self.http]
        verb = rule.WhichOneof("pattern")
        return f"`{verb.upper()} {getattr(rule, verb)}`"

    def service(self, service, comments, path):
        self.add(f"### {service.name}\n", *text(comments.get(path)))
        for number, method in enumerate(service.method):
            streams = ["stream " if is_stream else "" for is_stream in (method.client_streaming, method.server_streaming)]
            self.add(f"#### {method.name}\n")
            self.add(
                f"{streams[0]}{self.link(method.input_type)} → {streams[1]}{self.link(method.output_type)}"
                + (f", by JSON {self.http_of(method)}" if self.http_of(method) else "")
                + "\n"
            )
            self.add(*text(comments.get((*path, METHODS, number))))

    def enum(self, enum, scope, comments, path):
        self.add(*heading(f"{scope}.{enum.name}"), *text(comments.get(path)))
        self.add("| value | number | |", "| --- | --- | --- |")
        for number, value in enumerate(enum.value):
            self.add(f"| `{value.name}` | {value.number} | {cell(comments.get((*path, VALUES, number)))} |")
        self.add("")

    def message(self, message, scope, comments, path):
        name = f"{scope}.{message.name}"
        entries = {f".{name}.{nested.name}": nested for nested in message.nested_type if nested.options.map_entry}
        self.add(*heading(name), *text(comments.get(path)))
        if message.field:
            self.add("| field | number | type | |", "| --- | --- | --- | --- |")
        for number, field in enumerate(message.field):
            said = cell(comments.get((*path, FIELDS, number)))
            if field.HasField("oneof_index"):
                said = f"One of `{message.oneof_decl[field.oneof_index].name}`. {said}".rstrip()
            self.add(f"| `{field.name}` | {field.number} | {self.type_of(field, entries)} | {said} |")
        self.add("" if message.field else "It has no fields.\n")
        for number, nested in enumerate(message.nested_type):
            if not nested.options.map_entry:
                self.message(nested, name, comments, (*path, NESTED_MESSAGES, number))
        for number, enum in enumerate(message.enum_type):
            self.enum(enum, name, comments, (*path, NESTED_ENUMS, number))

    def file(self, name):
        file = self.files[name]
        comments = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}
        self.add(f"## {name.removeprefix('ocrmesh/')}\n", f"Package `{file.package}`.\n")
        self.add(*text(comments.get((SYNTAX,))))
        for number, service in enumerate(file.service):
            self.service(service, comments, (SERVICES, number))
        for number, enum in enumerate(file.enum_type):
            self.enum(enum, file.package, comments, (ENUMS, number))
        for number, message in enumerate(file.message_type):
            self.message(message, file.package, comments, (MESSAGES, number))

    def page(self):
        for name in FILES:
            self.file(name)
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self.lines).rstrip()) + "\n"


def anchor(name):
    return name.replace(".", "-").lower()


def heading(name):
    return [f'<a id="{anchor(name)}"></a>\n', f"### {name.rpartition('.')[2]}\n"]


def text(comment):
    """Paragraphs as they are; tables of reasons, which are indented, as they are set."""
    if not comment:
        return []
    lines = [line.removeprefix(" ") for line in comment.rstrip().split("\n")]
    out, is_code = [], False
    for line in lines:
        if line.startswith("  ") != is_code:
            out.append("```" if is_code else "\n```text")
            is_code = not is_code
        out.append(line)
    return [*out, "```\n" if is_code else ""]


def cell(comment):
    return " ".join((comment or "").split()).replace("|", "\\|")


def main(command, image):
    page = Reference(Path(image).read_bytes()).page()
    if command == "write":
        PAGE.write_text(page)
    elif not PAGE.exists() or PAGE.read_text() != page:
        sys.exit("docs/grpc-reference.md is not what the protos say: run ./ocrmesh format")


if __name__ == "__main__":
    main(*sys.argv[1:])
