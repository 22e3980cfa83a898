"""nginx in front of one gRPC server (grpc_pass)."""

import os
import socket
from contextlib import contextmanager

from . import wait
from .mesh import free_ports
from .process import Process

START_SECONDS = 180

# A call's own deadline holds, and streams may be silent; bodies are passed on as they come.
CONFIGURATION = """
daemon off;
master_process off;
error_log stderr warn;
pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream grpc_servers {{
        {servers}
        keepalive 16;
    }}
    server {{
        listen {listen} http2;
        client_max_body_size 0;
        client_body_timeout 1h;
        grpc_read_timeout 1h;
        grpc_send_timeout 1h;
        location / {{
            grpc_pass grpc://grpc_servers;
        }}
    }}
}}
"""


def _answers(process, listen):
    if not process.is_running:
        raise RuntimeError(f"nginx has ended:\n{process.log_tail()}")
    host, _, port = listen.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=5):
        return True


@contextmanager
def running(program, folder, upstreams):
    """An nginx that passes calls on to `upstreams`, addresses; its own address."""
    listen = f"127.0.0.1:{free_ports(1)[0]}"
    servers = "\n        ".join(f"server {upstream};" for upstream in upstreams)
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=folder, servers=servers, listen=listen))
    command = [program, "-p", folder, "-c", file, "-e", "stderr"]
    process = Process("nginx", command, dict(os.environ), folder / "nginx.log")
    process.start()
    try:
        wait.until(lambda: _answers(process, listen), START_SECONDS, "nginx listens")
        yield listen
    finally:
        process.stop(START_SECONDS)
