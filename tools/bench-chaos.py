"""Users at work while hosts, links, processes, disks and PostgreSQL fail at random; then an audit of what became of it.

    ./ocrmesh bench chaos [--minutes N] [--seed N] [--replicas N] [--users N] [--events NAME,...] [--rolling] [--json FILE]

Each replica of each service is a host of its own (network namespaces: needs root), and PostgreSQL is another. What happens
follows from the seed, as far as processes at the same time let it. With --rolling every replica is first restarted in turn, as
an orchestrator does it, and no request at all may fail. Ends with 1 when anything was lost, charged twice, left without an
answer or left behind: the table says what.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from harness import network

network.enter()

from harness import rolling, settled, vision_server  # noqa: E402
from harness.chaos import Chaos  # noqa: E402
from harness.replica_hosts import ReplicaMesh  # noqa: E402
from harness.traffic import DEADLINE_SECONDS, HookReceiver, Traffic  # noqa: E402
from harness.vision_server import VisionServer  # noqa: E402

BUILD = Path(os.environ["OCRMESH_BUILD"])
CALM_SECONDS = (0.5, 4)  # between two events
# Pictures of the pages that users keep: some 25 MiB a minute. The disk is full when an event fills it, and never else.
BLOB_DISK_MIB, BLOB_DISK_MIB_A_MINUTE = 256, 64
READERS = 3


def arguments():
    parser = argparse.ArgumentParser(prog="./ocrmesh bench chaos")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--users", type=int, default=5)
    parser.add_argument("--events", help="these, in this order, once; default: any, at random, for --minutes")
    parser.add_argument("--rolling", action="store_true", help="first restart every replica in turn")
    parser.add_argument("--longest", type=float, help="seconds that one event lasts at most")
    parser.add_argument("--json", type=Path, help="writes what was counted and found there")
    parser.add_argument("--logs", type=Path, help="keeps the logs of all processes there")
    return parser.parse_args()


def say(text=""):
    print(text, flush=True)


def storm(chaos, wanted):
    if wanted.events is not None:
        for what in filter(None, wanted.events.split(",")):
            chaos.run(what, wanted.longest)
        return
    end = time.monotonic() + 60 * wanted.minutes
    while time.monotonic() < end:
        first = threading.Thread(target=chaos.run, args=(chaos.random_event(), wanted.longest))
        first.start()
        if chaos.chance.random() < 0.2:  # now and then two at once
            chaos.run("kill worker")
        first.join()
        time.sleep(chaos.chance.uniform(*CALM_SECONDS))


def roll(mesh, traffic):
    """Findings of a restart of everything under load."""
    begin = time.monotonic()
    faults = rolling.restart_all(mesh, traffic.endpoints, say)
    sent = list(traffic.attempts)
    say(f"everything restarted in {time.monotonic() - begin:.0f} s, {len(sent)} requests meanwhile")
    return faults + rolling.failed_requests(sent)


def counted(traffic, chaos):
    """What the table tells."""
    kinds = {}
    for attempt in traffic.attempts:
        kind = kinds.setdefault(attempt.kind, {"requests": 0, "answered": 0, "later": 0, "none": 0, "seconds": []})
        kind["requests"] += 1
        kind["none" if attempt.status == 0 else "later" if attempt.status >= 400 else "answered"] += 1
        if attempt.status != 0:
            kind["seconds"].append(attempt.seconds)
    faults = {}
    for fault in chaos.faults:
        faults[fault.what] = faults.get(fault.what, 0) + 1
    states = {}
    for errand in traffic.errands:
        states[errand.status] = states.get(errand.status, 0) + 1
    return kinds, faults, states


def show(kinds, faults, states, findings, left, seconds):
    say(f"\n{sum(faults.values())} events in {seconds:.0f} s: " + ", ".join(f"{n} {w}" for w, n in sorted(faults.items())))
    say("documents: " + ", ".join(f"{n} {s}" for s, n in sorted(states.items())))
    say(f"\n{'requests':12} {'sent':>7} {'done':>7} {'later':>7} {'broken':>7} {'p50 s':>7} {'p99 s':>7} {'max s':>7}")
    for name, kind in sorted(kinds.items()):
        took = sorted(kind["seconds"]) or [0.0]
        say(
            f"{name:12} {kind['requests']:7} {kind['answered']:7} {kind['later']:7} {kind['none']:7}"
            f" {took[len(took) // 2]:7.2f} {took[len(took) * 99 // 100]:7.2f} {took[-1]:7.2f}"
        )
    say(f"\nblobs that waited for the housekeeping: {left}")
    for name, found in findings.items():
        say(f"{name:28} {'clean' if not found else f'{len(found)} FOUND'}")
        for line in found[:20]:
            say(f"    {line}")


def run(wanted, logs):
    began = time.monotonic()
    settings = {
        "OCR_LEASE": "5s",
        "MESH_RECONNECT_MAX": rolling.RECONNECT_MAX,
        "OCR_URL_ALLOW": network.NETWORK + ".0/24",
        "OCR_WEBHOOK_PAUSE": "1s",
        "BILLING_RESERVATION_LIFETIME": "1m",
        "BILLING_SIGN_UPS_PER_ADDRESS": "0",
        "BRIDGE_INLINE_TIMEOUT": "20s",
        "CHAT_LLM_MODEL": vision_server.MODEL,
        "CHAT_LLM_FIRST_BYTE_TIMEOUT": "5s",
        "CHAT_LLM_STALL_TIMEOUT": "5s",
        "CHAT_LLM_TIMEOUT": "15s",
    }
    mesh = ReplicaMesh(BUILD, logs, wanted.replicas, settings, int(BLOB_DISK_MIB + BLOB_DISK_MIB_A_MINUTE * wanted.minutes))
    llm = VisionServer(mesh.network.address)
    llm.play(vision_server.stream("The harbour office opens at eight [1]."))
    hooks = HookReceiver(mesh.network.address)
    for replica in mesh.replicas["chat"]:
        replica.process.environment["CHAT_LLM_URL"] = llm.url
    try:
        mesh.start()
        mesh.raise_plan_caps()
        traffic = Traffic(mesh.bridges, wanted.users, wanted.seed, hooks, READERS)
        chaos = Chaos(mesh, wanted.seed, llm)
        chaos.log = say
        say(f"{wanted.replicas} replicas, {wanted.users} users, seed {wanted.seed}; ready in {time.monotonic() - began:.0f} s")
        traffic.start()
        findings = {}
        if wanted.rolling:
            findings["rolling restart"] = roll(mesh, traffic)
        begin = time.monotonic()
        storm(chaos, wanted)
        seconds = time.monotonic() - begin
        say("calm again: users finish what they began")
        traffic.stop()
        findings |= {
            "jobs lost": settled.jobs_of(mesh, traffic),
            "charges": settled.charges(mesh),
            "requests without an answer": settled.requests_of(traffic, chaos, DEADLINE_SECONDS),
            "events": [f"{fault.what} {fault.target}: {fault.error}" for fault in chaos.faults if fault.error],
        }
        left, findings["blobs left behind"] = settled.orphans(mesh)
        findings["processes"] = mesh.stop()
        kinds, faults, states = counted(traffic, chaos)
        show(kinds, faults, states, findings, left, seconds)
        if wanted.json:
            wanted.json.write_text(json.dumps({"findings": findings, "faults": faults, "documents": states}))
        return 1 if any(findings.values()) else 0
    finally:
        hooks.close()
        llm.close()
        mesh.close()


def main():
    wanted = arguments()
    if wanted.logs:
        wanted.logs.mkdir(parents=True, exist_ok=True)
        sys.exit(run(wanted, wanted.logs))
    with tempfile.TemporaryDirectory(prefix="ocrmesh-chaos.") as folder:
        os.chmod(folder, 0o755)
        sys.exit(run(wanted, Path(folder)))


if __name__ == "__main__":
    main()
