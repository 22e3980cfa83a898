"""Questions about a document of 2,000 pages: the first one, the next ones, memory.

    ./ocrmesh bench chat-long [--pages N] [--questions N] [--documents N] [--check]

The document is real prose with 100 facts that stand on one page each; it is put into the database of
ocr as recognised, so that no page is read here. Questions go over gRPC, one after the other: the first
one makes the index, the next ones are about other facts, and after a restart of chat the first one
reads the index back. Then as many documents of this size are asked about at once, more than the cache
of indexes has room for: what nobody uses any more must fit into it. --check ends with status 1 where a
goal is missed.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import long_document, pages
from harness.api import create_account
from harness.chat import Chat
from harness.mesh import Mesh
from harness.process import memory_bytes

BUILD = Path(os.environ["OCRMESH_BUILD"])
FACTS = 100
MIB = 1 << 20
CACHE_MIB = 16  # for the indexes of two of these documents, or less
GOAL_FIRST_SECONDS = 3
GOAL_NEXT_MS = 150
GOAL_MEMORY_MIB = 512


def arguments():
    parser = argparse.ArgumentParser(prog="./ocrmesh bench chat-long")
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--questions", type=int, default=100, help="after the first one")
    parser.add_argument("--documents", type=int, default=4, help="asked about at once")
    parser.add_argument("--check", action="store_true", help="fail where a goal is missed")
    return parser.parse_args()


def processor_seconds(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Asker:
    def __init__(self, mesh, chat, job_id, facts):
        self.mesh, self.chat, self.job_id, self.facts = mesh, chat, job_id, facts

    def ask(self, page_index):
        """(seconds, processor seconds of chat and ocr, whether the answer and its page are right)."""
        _, question, value = long_document.fact(self.facts[page_index])
        processes = [self.mesh.services[name] for name in ("chat", "ocr")]
        before = sum(map(processor_seconds, processes))
        start = time.monotonic()
        message = self.chat.ask(self.job_id, question).message
        seconds = time.monotonic() - start
        cited = [citation.page for citation in message.citations]
        is_right = cited[:1] == [page_index + 1] and value in message.content
        return seconds, sum(map(processor_seconds, processes)) - before, is_right


class Bench:
    def __init__(self, mesh, options):
        self.mesh, self.options = mesh, options
        self.account = create_account(mesh.url)
        mesh.cluster.sql("UPDATE billing.plan SET questions_per_day = 1000000")
        self.jobs = [self.account.read(pages.png())["uuid"] for _ in range(options.documents)]
        with self.chat() as chat:
            self.facts = long_document.put(
                mesh, chat.client.message, self.jobs, options.pages, FACTS
            )
        self.cited = list(self.facts)  # the pages that facts stand on

    def chat(self):
        return Chat(self.mesh.address["chat"], self.account.token)

    def ask(self, chat, number, job=0):
        return Asker(self.mesh, chat, self.jobs[job], self.facts).ask(self.cited[number % FACTS])

    def memory(self):
        return memory_bytes(self.mesh.services["chat"].pid, "VmHWM") / MIB

    def restart(self):
        self.mesh.kill("chat")
        self.mesh.start_again("chat")

    def one_document(self):
        """(the first question, the next ones, the first one after a restart)."""
        with self.chat() as chat:
            first = self.ask(chat, 0)
            next_ones = [self.ask(chat, i) for i in range(1, self.options.questions + 1)]
        self.restart()
        with self.chat() as chat:
            return first, next_ones, self.ask(chat, 1)

    def all_at_once(self):
        """Every document's first question at the same time, from nothing."""
        self.mesh.cluster.sql("TRUNCATE chat.document_index CASCADE")
        self.restart()
        with self.chat() as chat, ThreadPoolExecutor(len(self.jobs)) as threads:
            asked = [threads.submit(self.ask, chat, 2, job) for job in range(len(self.jobs))]
            return [answer.result() for answer in asked]


def print_table(options, first, next_ones, restarted, memory, several, sizes):
    """Whether the goals are met."""
    times = sorted(seconds * 1000 for seconds, _, _ in next_ones)
    processor = statistics.mean(used * 1000 for _, used, _ in next_ones)
    median, late = statistics.median(times), times[int(len(times) * 0.95) - 1]
    everything = [first, *next_ones, restarted, *several]
    right = sum(is_right for _, _, is_right in everything)
    rows = [
        (
            f"first question; {first[1]:.2f} s of processor time",
            f"{first[0]:.2f} s",
            f"< {GOAL_FIRST_SECONDS} s",
        ),
        ("next questions, median", f"{median:.0f} ms", f"< {GOAL_NEXT_MS} ms"),
        ("next questions, 95th percentile", f"{late:.0f} ms", ""),
        ("next questions, processor time of chat and ocr", f"{processor:.0f} ms", ""),
        ("first question after a restart", f"{restarted[0]:.2f} s", ""),
        ("answer and page right", f"{right} of {len(everything)}", "all"),
        ("most memory of chat", f"{memory[0]:.0f} MiB", f"< {GOAL_MEMORY_MIB} MiB"),
        (
            f"{options.documents} such documents at once: most memory, cache of {CACHE_MIB} MiB",
            f"{memory[1]:.0f} MiB",
            f"< {GOAL_MEMORY_MIB} MiB",
        ),
        ("an index in the database", f"{sizes[0]:.1f} MiB", ""),
        ("indexes in memory afterwards", f"{sizes[1]:.1f} MiB", f"<= {CACHE_MIB} MiB"),
        ("beside them: of the document that is being embedded", f"{sizes[2]:.1f} MiB", ""),
    ]
    print(f"| {options.pages} pages | measured | goal |")
    print("| --- | --- | --- |")
    for name, measured, goal in rows:
        print(f"| {name} | {measured} | {goal} |")
    return (
        first[0] < GOAL_FIRST_SECONDS
        and median < GOAL_NEXT_MS
        and max(memory) < GOAL_MEMORY_MIB
        and right == len(everything)
        and sizes[1] <= CACHE_MIB
    )


def main():
    options = arguments()
    settings = {"CHAT_INDEX_CACHE_BYTES": f"{CACHE_MIB}MiB", "CHAT_EMBEDDINGS": "true"}
    with tempfile.TemporaryDirectory() as logs:
        with Mesh(BUILD, Path(logs), settings).running() as mesh:
            bench = Bench(mesh, options)
            first, next_ones, restarted = bench.one_document()
            memory = [bench.memory()]
            several = bench.all_at_once()
            memory.append(bench.memory())
            stored = mesh.cluster.sql("SELECT max(size_bytes) FROM chat.document_index")[0][0]
            metrics = mesh.metrics("chat")
            cached, used = (metrics[f"ocrmesh_chat_cache_{name}"] for name in ("bytes", "used_bytes"))
    sizes = (int(stored) / MIB, (cached - used) / MIB, used / MIB)
    is_met = print_table(options, first, next_ones, restarted, memory, several, sizes)
    sys.exit(1 if options.check and not is_met else 0)


main()
