"""A job of ten pages through the bridge, beside a Go grpc-gateway and nginx: requests, p99, CPU, memory.

    ./ocrmesh bench bridge [--rounds N] [--seconds N] [--connections N]

All three answer `GET /api/v1/ocr/ten` to h2load (nghttp2), over HTTP/1.1 and HTTP/2 in the clear, in rounds that
alternate. Behind bridge and gateway are the same services of fixed answers in C; the gateway is what
protoc-gen-grpc-gateway makes of our protos, with net/http, and writes the document down as it comes. nginx serves the
bridge's answer as a file, with one worker process; it asks no service. CPU is user and system time of each server's
processes, without the services'.
"""

import argparse
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness import wait
from harness.mesh import free_ports
from harness.process import Process, memory_bytes

SOURCE = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ["OCRMESH_BUILD"])
PROTOS = Path(os.environ["OCRMESH_THIRD_PARTY_PROTOS"])
GATEWAY = SOURCE / "tools/bench-gateway"
PATH = "/api/v1/ocr/ten"
GATEWAY_PATH = "/api/v1/ocr/ten/document"  # tools/bench-gateway/gateway.yaml
GOAL_GATEWAY, GOAL_NGINX = 2.0, 0.5  # requests a second, of theirs
READY_SECONDS = 30
TICKS = os.sysconf("SC_CLK_TCK")
PROTO_FILES = [
    "ocrmesh/document/v1/document.proto",
    "ocrmesh/document/v1/page_image.proto",
    "ocrmesh/ocr/v1/extraction.proto",
    "ocrmesh/ocr/v1/job.proto",
    "ocrmesh/ocr/v1/ocr_service.proto",
]


def arguments():
    parser = argparse.ArgumentParser(prog="./ocrmesh bench bridge")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    parser.add_argument("--connections", type=int, default=64)
    return parser.parse_args()


def build_gateway(folder):
    """The gateway's program; its generated code is made here, for no generated code is kept."""
    code = folder / "gateway"
    shutil.copytree(GATEWAY, code)
    environment = {**os.environ, "GOBIN": str(folder / "bin"), "GOFLAGS": "-buildvcs=false -mod=readonly"}
    environment |= {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    go = os.environ.get("OCRMESH_GO", "go")
    (folder / "bin").mkdir()
    subprocess.run([go, "build", "-o", folder / "bin", "tool"], cwd=code, env=environment, check=True)
    command = ["protoc", f"-I{SOURCE / 'protos'}", f"-I{PROTOS}"]
    for plugin in ("go", "go-grpc", "grpc-gateway"):
        command += [f"--{plugin}_out={code}", f"--{plugin}_opt=module=ocrmesh/bench/gateway"]
        for name in PROTO_FILES:
            command.append(f"--{plugin}_opt=M{name}=ocrmesh/bench/gateway/gen/{Path(name).parent}")
    command.append(f"--grpc-gateway_opt=grpc_api_configuration={code / 'gateway.yaml'}")
    subprocess.run([*command, *PROTO_FILES], env=environment, check=True)
    subprocess.run([go, "build", "-o", folder / "bin/gateway", "."], cwd=code, env=environment, check=True)
    return folder / "bin/gateway"


def unpack_nginx(folder):
    """nginx's program out of its package: installing that would start a server on port 80."""
    installed = shutil.which("nginx")
    if installed:
        return Path(installed)
    subprocess.run(["apt-get", "download", "-qq", "nginx"], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    (package,) = folder.glob("nginx_*.deb")
    subprocess.run(["dpkg-deb", "--extract", package, folder / "nginx"], check=True)
    return folder / "nginx/usr/sbin/nginx"


def nginx_configuration(folder, http1, http2, body):
    site = folder / "site"
    file = site / PATH.strip("/")
    file.parent.mkdir(parents=True)
    file.write_bytes(body)
    for name in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
        (folder / name).mkdir()
    user = "user root;" if os.geteuid() == 0 else ""  # its worker has to read the folder
    text = f"""
    {user} daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
    events {{ worker_connections 1024; }}
    http {{
        access_log {folder}/access.log; default_type application/json; sendfile on; tcp_nopush on;
        keepalive_requests 1000000000;
        client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
        uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
        server {{ listen {http1}; listen {http2} http2; root {site}; }}
    }}
    """
    path = folder / "nginx.conf"
    path.write_text(text)
    return path


class Server:
    def __init__(self, name, process, http1, http2):
        self.name = name
        self.process = process
        self.addresses = {"HTTP/1.1": http1, "HTTP/2": http2}
        self.path = GATEWAY_PATH if name == "gateway" else PATH

    def pids(self):
        """The process and, of nginx, its worker."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        children = [child for task in tasks for child in (task / "children").read_text().split()]
        return [self.process.pid, *map(int, children)]

    def cpu_seconds(self):
        total = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def memory_mib(self):
        return sum(memory_bytes(pid) for pid in self.pids()) / 2**20

    def get(self):
        with urllib.request.urlopen(f"http://{self.addresses['HTTP/1.1']}{self.path}", timeout=10) as answer:
            return answer.read()

    def answers(self):
        try:
            return bool(self.get())
        except OSError:
            return False


@contextmanager
def running(name, command, environment, log, http1, http2):
    process = Process(name, command, environment, log)
    process.start()
    server = Server(name, process, http1, http2)
    try:
        wait.until(server.answers, READY_SECONDS, f"{name} answers")
        yield server
    finally:
        process.stop(with_signal=signal.SIGTERM if name != "gateway" else signal.SIGKILL)


@contextmanager
def services():
    """The services' address; their process, to see what they take."""
    program = BUILD / "bridge/bench-bridge-mesh"
    child = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield f"127.0.0.1:{child.stdout.readline().strip()}"
    finally:
        child.stdin.close()
        child.wait(READY_SECONDS)


def measure(server, protocol, options, folder):
    """{"rate", "p99_ms", "cpu_us", "memory_mib"} of one turn."""
    log = folder / "h2load.log"
    log.unlink(missing_ok=True)
    command = ["h2load", f"--duration={options.seconds}", "--warm-up-time=1", f"--clients={options.connections}"]
    command += ["--threads=1", f"--log-file={log}"] + (["--h1"] if protocol == "HTTP/1.1" else [])
    before = server.cpu_seconds()
    run = subprocess.run([*command, f"http://{server.addresses[protocol]}{server.path}"], capture_output=True, text=True)
    cpu = server.cpu_seconds() - before
    counts = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", run.stdout)
    if not counts or int(counts[3]) + int(counts[4]):
        sys.exit(f"h2load failed against {server.name}:\n{run.stdout}{run.stderr}")
    times = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    all_requests = len(times)  # the warm-up's too, as the CPU time is
    return {
        "rate": int(counts[1]) / options.seconds,
        "p99_ms": times[int(len(times) * 0.99)] / 1000,
        "cpu_us": cpu / max(all_requests, int(counts[1])) * 1e6,
        "memory_mib": server.memory_mib(),
    }


def show(results, body):
    print(f"\nGET {PATH}: {len(body):,} bytes\n")
    print(f"{'server':<10}{'protocol':<10}{'requests/s':>12}{'p99 ms':>10}{'CPU us/request':>16}{'memory MiB':>12}")
    for (name, protocol), turns in results.items():
        middle = {key: statistics.median(turn[key] for turn in turns) for key in turns[0]}
        print(
            f"{name:<10}{protocol:<10}{middle['rate']:>12,.0f}{middle['p99_ms']:>10.1f}"
            f"{middle['cpu_us']:>16,.0f}{middle['memory_mib']:>12.1f}"
        )
    print()
    for other, goal in (("gateway", GOAL_GATEWAY), ("nginx", GOAL_NGINX)):
        for protocol in ("HTTP/1.1", "HTTP/2"):
            pairs = zip(results["bridge", protocol], results[other, protocol])
            ratio = statistics.median(ours["rate"] / theirs["rate"] for ours, theirs in pairs)
            verdict = "reached" if ratio >= goal else "missed"
            print(f"bridge / {other}, {protocol}: {ratio:.2f} (goal {goal}: {verdict})")


def main():
    options = arguments()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        gateway = build_gateway(folder)
        nginx = unpack_nginx(folder)
        bridge_at, admin_at, gateway_at, nginx_at, nginx_http2_at = (f"127.0.0.1:{port}" for port in free_ports(5))
        mesh = stack.enter_context(services())
        environment = {**os.environ, "BRIDGE_LISTEN": bridge_at, "BRIDGE_ADMIN_LISTEN": admin_at}
        environment |= {f"{name}_TARGET": f"dns:///{mesh}" for name in ("OCR", "BILLING", "EXPORT", "CHAT")}
        command = [BUILD / "bridge/ocrmesh-bridge"]
        log = folder / "log"
        servers = [
            stack.enter_context(running("bridge", command, environment, log, bridge_at, bridge_at)),
            stack.enter_context(
                running("gateway", [gateway, gateway_at, mesh], dict(os.environ), log, gateway_at, gateway_at)
            ),
        ]
        body = servers[0].get()
        nginx_folder = folder / "run"
        nginx_folder.mkdir()
        configuration = nginx_configuration(nginx_folder, nginx_at, nginx_http2_at, body)
        command = [nginx, "-e", nginx_folder / "error.log", "-p", nginx_folder, "-c", configuration]
        servers.append(stack.enter_context(running("nginx", command, dict(os.environ), log, nginx_at, nginx_http2_at)))
        results = {(server.name, protocol): [] for protocol in ("HTTP/1.1", "HTTP/2") for server in servers}
        started = time.monotonic()
        for turn in range(options.rounds):
            for server in servers:
                for protocol in server.addresses:
                    results[server.name, protocol].append(measure(server, protocol, options, folder))
            print(f"round {turn + 1} of {options.rounds}, {time.monotonic() - started:.0f} s", flush=True)
        show(results, body)


if __name__ == "__main__":
    main()
