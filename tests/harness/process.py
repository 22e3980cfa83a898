"""One child process: started in a session of its own, logged, and ended with all it started."""

import contextlib
import os
import re
import signal
import subprocess
import tempfile
from pathlib import Path


# A guard: a service lets calls under way finish for up to 20, and LeakSanitizer takes its time at the end of a process.
STOP_SECONDS = 180
REPORT_SHOWN = 4000
SANITIZER_REPORT = re.compile(
    r"ERROR: AddressSanitizer|ERROR: LeakSanitizer|: runtime error: |SUMMARY: \w+Sanitizer"
)


def memory_bytes(pid, key="VmRSS"):
    """Resident memory now; `VmHWM` for the highest so far (proc(5), status)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"{key} is not in /proc/{pid}/status")


def program_of(pid):
    """The path of what it executes, or None when it has ended."""
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except (FileNotFoundError, ProcessLookupError):
        return None


class Process:
    def __init__(self, name, command, environment, log, directory=None):
        self.name = name
        self.command = command
        self.environment = environment
        self.log = Path(log)
        self.directory = directory or tempfile.gettempdir()
        self.child = None

    @property
    def pid(self):
        return self.child.pid

    @property
    def is_running(self):
        return self.child is not None and self.child.poll() is None

    def start(self):
        assert not self.is_running, f"{self.name} runs already"
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                self.command,
                cwd=self.directory,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self):
        """SIGKILL to the process alone, as the kernel's memory killer would; then its session."""
        self.child.kill()
        self.child.wait()
        self._sweep()

    def stop(self, seconds=STOP_SECONDS, with_signal=signal.SIGTERM):
        """Asks it to end and returns its exit status."""
        self.child.send_signal(with_signal)
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {seconds} s") from error
        finally:
            self._sweep()

    def end(self):
        """Stops it where it was started, and returns what was wrong with how it ended."""
        if self.child is None:
            return []
        if not self.is_running:
            return [f"{self.name} had ended with status {self.child.returncode}"]
        try:
            status = self.stop()
        except AssertionError as error:
            return [str(error)]
        return [f"{self.name} ended with status {status}:\n{self.log_tail()}"] if status != 0 else []

    def sanitizer_report(self):
        """The first one in its log, or None."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        found = SANITIZER_REPORT.search(text)
        return text[found.start() : found.start() + REPORT_SHOWN] if found else None

    def _sweep(self):
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def children(self):
        """Process ids of its direct children that run a program of their own by now.

        Until its exec, a child that is being spawned shows its parent's program, memory and environment.
        """
        own = os.readlink(f"/proc/{self.pid}/exe")
        found = []
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended
                found += [int(child) for child in (task / "children").read_text().split()]
        return [child for child in found if program_of(child) not in (None, own)]

    def children_memory_bytes(self, key="VmRSS"):
        """Of each of its children; those that end meanwhile are left out."""
        found = []
        for child in self.children():
            # One that has ended has no such line any more, or no such file.
            with contextlib.suppress(AssertionError, FileNotFoundError, ProcessLookupError):
                found.append(memory_bytes(child, key))
        return found

    def memory_bytes(self, key="VmRSS"):
        return memory_bytes(self.pid, key)

    def forget_memory_peak(self):
        """`VmHWM` starts anew from the memory in use now (proc(5), clear_refs)."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def log_tail(self, lines=30):
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
