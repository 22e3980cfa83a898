"""What `bench speed` says of processes."""

import subprocess
import sys
import threading

from accuracy import speed

MIB = 1 << 20


class Child:
    """A process that needs memory until it is told to end."""

    def __init__(self, size):
        program = f"b = bytearray({size}); print(flush=True); input()"
        self.child = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.child.stdout.readline()
        self.looks = 0
        self.is_seen = threading.Event()

    def workers(self):
        self.looks += 1
        if self.looks > 1:
            self.is_seen.set()  # what the first look found is counted
        return [self.child.pid]

    def end(self):
        self.child.communicate(b"\n")


def test_processor_seconds_count_a_child_that_has_ended():
    before = speed.processor_seconds()
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", burn], check=True)
    assert speed.processor_seconds() - before >= 0.25  # in ticks of 10 ms


def test_processor_seconds_do_not_count_this_process():
    before = speed.processor_seconds()
    sum(number * number for number in range(1_000_000))
    assert speed.processor_seconds() == before


def test_memory_is_that_of_the_process_that_reads():
    child = Child(64 * MIB)
    with speed.Memory(child) as memory:
        assert child.is_seen.wait(300)
    child.end()
    assert 64 * MIB <= memory.resident < 256 * MIB
    assert 64 * MIB <= memory.proportional <= memory.resident
