"""`ocrmesh-top`: what a mesh is at, in a terminal and piped."""

import os
import pty
import re
import signal
import subprocess

import pytest

from harness import wait
from harness.mesh import SERVICES

pytestmark = pytest.mark.once

SECONDS = 240


@pytest.fixture
def program(build):
    return build / "services/top/ocrmesh-top"


@pytest.fixture
def environment(mesh):
    return os.environ | {f"{name.upper()}_ADMIN_LISTEN": mesh.admin[name] for name in SERVICES}


def snapshot(*command, shows, **options):
    """Once it has that line: who does not answer within a second is away, as anybody may be for a moment at full load."""

    def look():
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, **options)
        assert done.returncode == 0, done.stderr
        assert re.search(shows, done.stdout, re.M | re.S), done.stdout
        return done

    return wait.until(look, SECONDS, f"{shows} is shown")


def test_a_pipe_gets_one_snapshot(program, environment):
    all_ready = r"\A" + "".join(rf"(?=.*^{name} +\S+ +ready )" for name in SERVICES)
    done = snapshot(program, env=environment, shows=all_ready)
    assert "\x1b" not in done.stdout
    for name in SERVICES:
        assert re.search(rf"^{name} +{re.escape(environment[f'{name.upper()}_ADMIN_LISTEN'])} +ready ", done.stdout, re.M)
    assert re.search(rf"^workers +\d+ of {os.cpu_count()} at work", done.stdout, re.M)
    assert re.search(r"^cpu +\d+ +\d+ ", done.stdout, re.M)


def test_processes_are_named_as_arguments(program, mesh):
    arguments = [f"ocr={mesh.admin['ocr']}", "billing=127.0.0.1:9"]
    done = snapshot(program, "--once", *arguments, shows=r"^ocr +\S+ +ready ")
    assert re.search(r"^billing +127.0.0.1:9 +away$", done.stdout, re.M)
    assert not re.search(r"^bridge ", done.stdout, re.M)


def test_nobody_there_is_a_failure(program):
    done = subprocess.run(
        [program, "--once", "ocr=127.0.0.1:9"], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 1
    assert "away" in done.stdout


def test_what_it_does_not_know_is_refused(program):
    done = subprocess.run([program, "everything"], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 2
    assert "Usage:" in done.stderr


def test_a_terminal_is_drawn_anew_and_put_back(program, environment):
    master, slave = pty.openpty()
    with subprocess.Popen([program], env=environment, stdin=slave, stdout=slave, stderr=slave) as child:
        os.close(slave)
        os.set_blocking(master, False)
        seen = bytearray()

        def read():
            try:
                seen.extend(os.read(master, 65536))
            except BlockingIOError:
                pass
            except OSError:  # the other side is closed
                return True
            return False

        def is_drawn_twice():
            read()
            return seen.count(b"\x1b[H\x1b[J") >= 2

        wait.until(is_drawn_twice, SECONDS, "the view is drawn twice")
        child.send_signal(signal.SIGINT)
        wait.until(lambda: read() or child.poll() is not None, SECONDS, "it has ended")
        read()
        assert child.wait(SECONDS) == 0
    os.close(master)
    assert seen.startswith(b"\x1b[?1049h")
    assert seen.endswith(b"\x1b[?1049l")
