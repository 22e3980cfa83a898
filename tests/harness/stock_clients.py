"""Stubs and programs of gRPC clients in other languages, generated from protos/released.binpb: what a caller has who built
against the newest release. The Go ones are built with the tools: tools/test-tools.sh."""

import subprocess
import sys
from pathlib import Path

import google.rpc
from grpc_tools import protoc

SOURCE = Path(__file__).resolve().parents[2]
RELEASED = SOURCE / "protos/released.binpb"
INTEROP = SOURCE / "tests/conformance/interop"
PROTOS = [
    "ocrmesh/document/v1/document.proto",
    "ocrmesh/document/v1/page_image.proto",
    "ocrmesh/ocr/v1/extraction.proto",
    "ocrmesh/ocr/v1/job.proto",
    "ocrmesh/ocr/v1/ocr_service.proto",
    "ocrmesh/export/v1/export_service.proto",
    "ocrmesh/chat/v1/chat_service.proto",
]
API_PROTOS = ["google/api/annotations.proto", "google/api/http.proto"]
ERROR_PROTOS = ["google/rpc/status.proto", "google/rpc/error_details.proto"]
# Debian's libgrpc-java and what it needs.
JARS = [
    *(f"grpc-{name}" for name in ("api", "context", "core", "netty", "protobuf", "protobuf-lite", "stub")),
    *("failureaccess", "guava", "perfmark-api", "protobuf"),
    *(f"netty-{name}" for name in ("buffer", "codec", "codec-http", "codec-http2", "codec-socks", "common", "handler")),
    *(f"netty-{name}" for name in ("handler-proxy", "resolver", "transport", "transport-native-unix-common")),
]
CLASS_PATH = ":".join(f"/usr/share/java/{name}.jar" for name in JARS)
# The generated code names it, and no Java since 9 has it.
GENERATED = 'package javax.annotation; public @interface Generated { String value(); String comments() default ""; }'
# They run for a moment: that is not worth compiling them further.
JAVA = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]


def python_stubs(folder):
    arguments = [f"--descriptor_set_in={RELEASED}", f"--python_out={folder}", f"--grpc_python_out={folder}"]
    assert protoc.main(["protoc", *arguments, *PROTOS]) == 0
    return folder


def python_command(stubs, program):
    """The program's own folder comes first on its path, the stubs second."""
    return [sys.executable, "-c", f"import sys, runpy; sys.path.insert(0, {str(stubs)!r}); sys.argv.pop(0); "
            "runpy.run_path(sys.argv[0], run_name='__main__')", program]


def _java(folder, program, *generations):
    """Compiles the program with what protoc makes for each list of its arguments; gives the command that runs it."""
    code, classes = folder / "code", folder / "classes"
    code.mkdir()
    (code / "Generated.java").write_text(GENERATED)
    plugin = ["--plugin=protoc-gen-grpc-java=/usr/bin/grpc_java_plugin", f"--java_out={code}", f"--grpc-java_out={code}"]
    for arguments in generations:
        subprocess.run(["protoc", *plugin, *arguments], check=True)
    options = [f"-J{option}" for option in JAVA]
    command = ["javac", *options, "-g:none", "-nowarn", "-proc:none", "-cp", CLASS_PATH, "-d", classes]
    subprocess.run([*command, *code.rglob("*.java"), program], check=True)
    return ["java", *JAVA, "-cp", f"{classes}:{CLASS_PATH}", program.stem]


def java_document(folder):
    errors = [f"-I{Path(list(google.rpc.__path__)[0]).parents[1]}", *ERROR_PROTOS]
    ours = [f"--descriptor_set_in={RELEASED}", *PROTOS, *API_PROTOS]
    return _java(folder, SOURCE / "docs/examples/java/Document.java", errors, ours)


def java_stock_client(folder):
    protos = sorted(path.relative_to(INTEROP) for path in INTEROP.rglob("*.proto"))
    return _java(folder, SOURCE / "tests/conformance/clients/StockClient.java", [f"-I{INTEROP}", *protos])
