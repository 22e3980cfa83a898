"""The RPC runtime (lib/rpc) beside grpc-go and gRPC C++ on the same echo service: calls, p99, CPU, memory.

    ./ocrmesh bench rpc [--rounds N] [--seconds N] [--calls N] [--connections N] [--bytes N]

Servers: each on one core of its own, loaded from another one by the same client, which speaks HTTP/2 by nghttp2 and
takes a fraction of what they take (lib/rpc/tests/bench_load.c). `lib/rpc` answers streams message by message, `blocking`
with a thread for each; gRPC C++ by its asynchronous API with one completion queue and one thread, and by its callback API.
Clients: each runtime's own on one core, against the asynchronous C++ server on the other. `unary`: calls; `stream`:
messages there and back on streams that stay open. All take turns, round by round, and ratios are of one round. CPU is
user and system time of the process under test, memory its highest resident size, with the libraries' pages that it touches.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.process import memory_bytes

SOURCE = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ["OCRMESH_BUILD"])
PEERS = SOURCE / "tools/bench-rpc"
PROTO = SOURCE / "lib/rpc/tests/echo.proto"
GO_PACKAGE = "ocrmesh/bench/rpc/gen"
KINDS = ("unary", "stream")
OURS, OURS_BLOCKING = "lib/rpc", "lib/rpc blocking"
GO = "grpc-go"
CPP = ("C++ async", "C++ callback")
GOAL_GO, GOAL_CPP = 1.0, 0.9  # calls a second, of theirs
STOP_SECONDS = 30
TICKS = os.sysconf("SC_CLK_TCK")


def arguments():
    parser = argparse.ArgumentParser(prog="./ocrmesh bench rpc")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement")
    parser.add_argument("--calls", type=int, default=64, help="at once")
    parser.add_argument("--connections", type=int, default=4, help="of the client that loads the servers")
    parser.add_argument("--bytes", type=int, default=100, help="in each message")
    return parser.parse_args()


def protoc(*options):
    subprocess.run(["protoc", f"-I{PROTO.parent}", *options, PROTO], check=True)


def build_go(folder):
    """grpc-go's program; its generated code is made here, for no generated code is kept."""
    code, programs = folder / "go", folder / "go-bin"
    shutil.copytree(PEERS, code)
    programs.mkdir()
    environment = {**os.environ, "GOFLAGS": "-buildvcs=false -mod=readonly", "GOTOOLCHAIN": "local"}
    environment |= {"CGO_ENABLED": "0"}
    go = [os.environ.get("OCRMESH_GO", "go"), "build"]
    subprocess.run([*go, "-o", programs, "tool"], cwd=code, env=environment, check=True)
    options = [f"--plugin={programs}/protoc-gen-go", f"--plugin={programs}/protoc-gen-go-grpc"]
    for plugin in ("go", "go-grpc"):
        options += [f"--{plugin}_out={code}", f"--{plugin}_opt=module=ocrmesh/bench/rpc"]
        options += [f"--{plugin}_opt=M{PROTO.name}={GO_PACKAGE}"]
    protoc(*options)
    subprocess.run([*go, "-o", programs / "bench-rpc", "."], cwd=code, env=environment, check=True)
    return programs / "bench-rpc"


def build_cpp(folder):
    code = folder / "cpp"
    code.mkdir()
    plugin = shutil.which("grpc_cpp_plugin")
    protoc(f"--cpp_out={code}", f"--grpc_out={code}", f"--plugin=protoc-gen-grpc={plugin}")
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "grpc++", "protobuf"], capture_output=True, text=True, check=True
    ).stdout.split()
    sources = [PEERS / "echo.cc", code / "echo.pb.cc", code / "echo.grpc.pb.cc"]
    program = code / "bench-rpc"
    subprocess.run(["g++", "-std=c++17", "-O2", f"-I{code}", *sources, "-o", program, *flags], check=True)
    return program


def pinned(core, command):
    return ["taskset", "--cpu-list", str(core), *map(str, command)]


class Server:
    def __init__(self, name, child):
        self.name = name
        self.pid = child.pid
        self.port = child.stdout.readline().strip()

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_peak_mib(self):
        return memory_bytes(self.pid, "VmHWM") / 2**20


@contextmanager
def serving(name, command, core):
    child = subprocess.Popen(pinned(core, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Server(name, child)
    finally:
        child.stdin.close()
        child.wait(STOP_SECONDS)


def run_client(command, core):
    """(its line of JSON, CPU seconds, peak memory in MiB)"""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(pinned(core, command), stdout=output, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if child.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))} failed: {errors.read()}")
        return json.load(output), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def turn(counts, seconds, cpu_seconds, memory_mib):
    return {
        "rate": counts["calls"] / seconds,
        "p50_us": counts["p50_us"],
        "p99_us": counts["p99_us"],
        "cpu_us": cpu_seconds / counts["all"] * 1e6,
        "memory_mib": memory_mib,
    }


def measure_server(server, kind, options, core):
    load = BUILD / "lib/rpc/tests/bench-rpc-load"
    command = [load, server.port, kind, options.calls, options.seconds, options.bytes, options.connections]
    before = server.cpu_seconds()
    counts, _, _ = run_client(command, core)
    return turn(counts, options.seconds, server.cpu_seconds() - before, server.memory_peak_mib())


def measure_client(program, server, kind, options, core):
    command = [program, "call", server.port, kind, options.calls, options.seconds, options.bytes]
    counts, cpu_seconds, memory_mib = run_client(command, core)
    return turn(counts, options.seconds, cpu_seconds, memory_mib)


def show(title, results):
    print(f"\n{title}\n")
    print(f"{'':<18}{'':<8}{'calls/s':>10}{'p50 us':>10}{'p99 us':>10}{'CPU us/call':>13}{'memory MiB':>12}")
    for (name, kind), turns in results.items():
        middle = {key: statistics.median(one[key] for one in turns) for key in turns[0]}
        middle["memory_mib"] = max(one["memory_mib"] for one in turns)
        print(
            f"{name:<18}{kind:<8}{middle['rate']:>10,.0f}{middle['p50_us']:>10,.0f}{middle['p99_us']:>10,.0f}"
            f"{middle['cpu_us']:>13.1f}{middle['memory_mib']:>12.1f}"
        )


def verdict(what, value, goal, is_reached):
    print(f"{what}: {value:.2f} (goal {goal}: {'reached' if is_reached else 'missed'})")


def judge(results):
    names = {name for name, _ in results}
    print()
    for other in [GO, *CPP]:
        if other not in names:
            continue
        goal = GOAL_GO if other == GO else GOAL_CPP
        for kind in KINDS:
            pairs = list(zip(results[OURS, kind], results[other, kind], strict=True))
            rate = statistics.median(ours["rate"] / theirs["rate"] for ours, theirs in pairs)
            verdict(f"{OURS} / {other}, {kind}, calls a second", rate, goal, rate >= goal)
            cpu = statistics.median(ours["cpu_us"] / theirs["cpu_us"] for ours, theirs in pairs)
            print(f"{OURS} / {other}, {kind}, CPU a call: {cpu:.2f}")
            memory = pairs[-1][0]["memory_mib"] / pairs[-1][1]["memory_mib"]
            verdict(f"{OURS} / {other}, {kind}, memory", memory, "below 1", memory < 1)


def main():
    options = arguments()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("this bench needs two cores: one for the server, one for the client")
    client_core, server_core = cores[0], cores[-1]
    ours = BUILD / "lib/rpc/tests/bench-rpc"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        go, cpp = build_go(folder), build_cpp(folder)
        commands = {OURS: [ours, "serve"], OURS_BLOCKING: [ours, "serve-blocking"], GO: [go, "serve"]}
        commands |= {CPP[0]: [cpp, "serve-async"], CPP[1]: [cpp, "serve-callback"]}
        servers = [stack.enter_context(serving(name, command, server_core)) for name, command in commands.items()]
        called = next(server for server in servers if server.name == CPP[0])
        clients = {OURS: ours, GO: go, CPP[0]: cpp}
        by_server = {(name, kind): [] for kind in KINDS for name in commands}
        by_client = {(name, kind): [] for kind in KINDS for name in clients}
        started = time.monotonic()
        for number in range(options.rounds):
            for kind in KINDS:
                for server in servers:
                    by_server[server.name, kind].append(measure_server(server, kind, options, client_core))
                for name, program in clients.items():
                    by_client[name, kind].append(measure_client(program, called, kind, options, client_core))
            print(f"round {number + 1} of {options.rounds}, {time.monotonic() - started:.0f} s", flush=True)
        what = f"{options.calls} calls at once, {options.bytes} bytes each way"
        show(f"servers: {what}, {options.connections} connections", by_server)
        judge(by_server)
        show(f"clients: {what}, against {called.name}", by_client)
        judge(by_client)


if __name__ == "__main__":
    main()
