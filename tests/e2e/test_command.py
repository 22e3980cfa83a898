"""`./ocrmesh up`, `status` and `down`, as a person calls them, on a home of their own."""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness import pages, wait
from harness.mesh import SERVICES, free_ports

pytestmark = pytest.mark.once_plain

SOURCE = Path(__file__).resolve().parents[2]
SECOND_UP_SECONDS = 120  # two to three, but on a machine at full load; to build again takes minutes
COMMAND_SECONDS = 600
END_SECONDS = 60  # of what was told to end
# Who runs the tests in the background may have them ignore an interruption, and all that they start.
HEARING_INTERRUPTIONS = ["env", "--default-signal=INT"]


class Home:
    """A folder for what `./ocrmesh` makes, with the build and the fetched files of this one."""

    def __init__(self, folder, made):
        self.folder = folder
        for name in ("build", "deps"):
            (folder / name).symlink_to(made / name)
        ports = free_ports(2 * len(SERVICES))
        self.environment = {
            **os.environ,
            "OCRMESH_HOME": str(folder),
            "OCRMESH_POSTGRES": str(folder / "pg"),
        }
        for name in SERVICES:
            self.environment[f"{name.upper()}_LISTEN"] = f"127.0.0.1:{ports.pop()}"
            self.environment[f"{name.upper()}_ADMIN_LISTEN"] = f"127.0.0.1:{ports.pop()}"

    def put_program(self, name, script):
        """A program of that name that is found before the machine's."""
        folder = self.folder / "bin"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
        self.environment["PATH"] = f"{folder}:{os.environ['PATH']}"

    def run(self, *arguments, expect=0, **settings):
        done = subprocess.run(
            [SOURCE / "ocrmesh", *arguments],
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env={**self.environment, **settings},
            timeout=COMMAND_SECONDS,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    def processes(self):
        """Command lines of what runs out of this home, or serves its cluster."""
        found = []
        for process in Path("/proc").iterdir():
            if not process.name.isdigit() or int(process.name) == os.getpid():
                continue
            try:
                environment = (process / "environ").read_bytes()
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            # One that has ended, and whose parent has not looked yet, has neither.
            if str(self.folder).encode() in environment + command:
                found.append(command.replace(b"\0", b" ").decode(errors="replace"))
        return found


    def assert_nothing_is_left(self):
        wait.until(lambda: not self.processes(), END_SECONDS, "all that ran has ended")

    def assert_nothing_was_built(self):
        assert "no work to do" in (self.folder / "logs/build.log").read_text()


@pytest.fixture
def home(build):
    # The server's user must be able to pass through; so not below pytest's own folder.
    folder = Path(f"/tmp/ocrmesh-home-{os.getpid()}")
    folder.mkdir(mode=0o755)
    made = Home(folder, build.parents[1])
    yield made
    try:
        made.run("down")
    finally:
        shutil.rmtree(folder)


def lines_of_table(status):
    return {line.split()[0]: line.split() for line in status.splitlines()[1:]}


@pytest.mark.slow
def test_up_reads_the_sample_again_in_seconds_and_down_leaves_nothing(home, tmp_path):
    said = home.run("up", "--detach")
    assert "INVOICE 2041" in said
    assert re.search(r"mean confidence 0\.[6-9]", said)
    pids = {name: row[1] for name, row in lines_of_table(home.run("status")).items()}

    started = time.monotonic()
    said = home.run("up", "--detach")
    assert time.monotonic() - started < SECOND_UP_SECONDS
    assert "INVOICE 2041" in said
    home.assert_nothing_was_built()
    assert {name: row[1] for name, row in lines_of_table(home.run("status")).items()} == pids

    file = tmp_path / 'a "long" letter.pdf'
    file.write_bytes(pages.scanned_pdf(6))
    assert "page number 6" in home.run("up", "--detach", str(file))

    table = lines_of_table(home.run("status"))
    assert set(table) == {"postgres", *SERVICES}
    assert all(row[2] == "yes" for row in table.values())

    home.run("down")
    home.assert_nothing_is_left()
    assert "Not running" in home.run("status", expect=1)
    assert "Nothing runs" in home.run("down")


@pytest.mark.slow
def test_up_after_down_starts_in_seconds(home):
    home.run("up", "--detach")
    home.run("down")
    started = time.monotonic()
    home.run("up", "--detach")
    assert time.monotonic() - started < SECOND_UP_SECONDS
    home.assert_nothing_was_built()


@pytest.mark.slow
def test_up_has_the_services_use_tls_between_them(home):
    assert "INVOICE 2041" in home.run("up", "--detach", OCRMESH_MESH_TLS="true")
    for name in SERVICES:
        assert "certificates read" in (home.folder / f"logs/{name}.log").read_text()
    # An operator's command knows from the running mesh that it needs a certificate, and says no more than it is asked.
    accounts = home.run("accounts")
    assert "@ocrmesh.example" in accounts
    assert "certificates" not in accounts


@pytest.mark.slow
def test_interrupt_ends_up_and_all_it_started(home, tmp_path):
    said = tmp_path / "said"
    with open(said, "wb") as out:
        up = subprocess.Popen(
            [*HEARING_INTERRUPTIONS, SOURCE / "ocrmesh", "up"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=home.environment,
        )
        wait.until(lambda: b"Ctrl-C stops it" in said.read_bytes(), COMMAND_SECONDS, "it serves")
        up.send_signal(signal.SIGINT)
        assert up.wait(COMMAND_SECONDS) == 130, said.read_text()
    home.assert_nothing_is_left()


def test_failed_step_names_itself_its_log_and_the_next_thing_to_do(home):
    elsewhere = "192.0.2.1:50052"  # an address that no machine has (RFC 5737)
    said = home.run("up", "--detach", expect=1, BILLING_LISTEN=elsewhere, MESH_PLAINTEXT="true")
    assert re.search(r'The step "starting .*" failed', said)
    assert str(home.folder / "logs/start.log") in said
    assert "Next:" in said
    home.assert_nothing_is_left()


def ids_of(home):
    return {name: row[1] for name, row in lines_of_table(home.run("status")).items()}


def test_what_cannot_start_is_refused_in_a_line_and_what_runs_goes_on(home, mesh, tmp_path):
    taken, file = mesh.address["bridge"], tmp_path / "file"
    file.touch()
    home.run("up", "--detach")
    before = ids_of(home)
    for name, value, status, line in [
        ("OCR_WORKERS", "many", 2, "OCR_WORKERS must be a whole number, 0 to 256, not 'many'"),
        ("LOG_LEVEL", "loud", 2, "LOG_LEVEL must be debug, info, warning or error, not 'loud'"),
        ("CHAT_LISTEN", "here", 2, "CHAT_LISTEN must be an address such as 127.0.0.1:50051, .* or unix:/path, not 'here'"),
        ("OCR_WORK_DIR", f"{file}/x", 2, f"OCR_WORK_DIR must be a folder, or where one can be made, not '{file}/x'"),
        ("OCRMESH_MESH_TLS", "perhaps", 2, "OCRMESH_MESH_TLS must be true or false, not 'perhaps'"),
        ("BRIDGE_LISTEN", taken, 1, f"{taken} is taken by another program"),
    ]:
        said = home.run("up", "--detach", expect=status, **{name: value}).splitlines()
        refusal = [place for place, text in enumerate(said) if re.fullmatch(f"ocrmesh: {line}", text)]
        assert len(refusal) == 1, said
        assert said[refusal[0] + 1].startswith("  Next: ")
        assert len(said) == refusal[0] + 2, said
        assert not any(text.startswith("{") for text in said)
    assert ids_of(home) == before


def test_taken_address_is_told_with_its_variable(home, mesh):
    address = mesh.address["bridge"]
    said = home.run("up", "--detach", expect=1, BRIDGE_LISTEN=address)
    assert f"{address} is taken by another program" in said
    assert "BRIDGE_LISTEN=127.0.0.1:PORT ./ocrmesh up" in said
    assert "building" not in said


WRONG_CALLS = {
    ("fly",): "there is no command 'fly'",
    ("up", "--fly"): "up has no option '--fly'",
    ("up", "a.png", "b.png"): "up takes one file",
    ("down", "now"): "down takes no 'now'",
    ("logs", "fly"): "there is no log of 'fly'",
    ("grant", "ada@example.com"): "grant takes an e-mail address and a number",
    ("refund", "ada@example.com"): "refund takes an e-mail address and a job",
    ("plan",): "plan takes an e-mail address and a plan",
    ("suspend",): "suspend takes an e-mail address",
    ("audit", "now"): "audit takes nothing",
    ("test", "--suite", "fly"): "there is no suite 'fly'",
    ("bench", "fly"): "there is no bench 'fly'",
}


@pytest.mark.parametrize("arguments", WRONG_CALLS)
def test_wrong_call_ends_with_2_and_names_the_next_thing_to_do(arguments, home):
    said = home.run(*arguments, expect=2)
    assert WRONG_CALLS[arguments] in said
    assert "Next:" in said


@pytest.mark.parametrize("arguments", [("up", "--help"), ("test", "-h"), ("down", "--help"), ()])
def test_help_is_given_to_who_asks_for_it(arguments, home):
    assert "Usage: ./ocrmesh COMMAND" in home.run(*arguments)


def test_help_of_benches_needs_nothing_installed(home):
    assert "hostile" in home.run("bench", "--help")
    assert "[--drawn]" in home.run("bench", "speed", "--help")
    assert not (home.folder / "venv").exists()


def test_logs_before_the_first_start_are_told_as_such(home):
    assert "has not run yet" in home.run("logs", "bridge", expect=1)


@pytest.mark.parametrize("kind", ["missing", "folder", "empty"])
def test_what_is_no_file_is_told_before_anything_is_done(kind, home, tmp_path):
    file = tmp_path / "page.png"
    if kind == "folder":
        file.mkdir()
    elif kind == "empty":
        file.touch()
    said = home.run("up", str(file), expect=1)
    assert str(file) in said
    assert "Next: name a PNG" in said
    assert "building" not in said


def test_interrupt_while_it_builds_is_no_failure(home, tmp_path):
    started, never = home.folder / "started", home.folder / "never"
    os.mkfifo(never)
    home.put_program("ninja", f": >{started}\nread -r line <{never}")
    said = tmp_path / "said"
    with open(said, "wb") as out:
        up = subprocess.Popen(
            [*HEARING_INTERRUPTIONS, SOURCE / "ocrmesh", "up"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=home.environment,
            start_new_session=True,
        )
    wait.until(started.exists, COMMAND_SECONDS, "it builds")
    os.killpg(up.pid, signal.SIGINT)  # as a terminal does
    assert up.wait(COMMAND_SECONDS) == 130, said.read_text()
    assert "Interrupted. The same command goes on" in said.read_text()
    assert "failed" not in said.read_text()
    home.assert_nothing_is_left()


def test_full_disk_is_named_as_what_to_mend(home):
    home.put_program("ninja", "exit 1")
    home.put_program("df", "echo Avail; echo 3")
    said = home.run("up", expect=1)
    assert f"Next: make room for {home.folder}, which has 3 MiB left" in said


def test_file_that_is_no_document_is_told_as_the_api_tells_it(home, tmp_path):
    file = tmp_path / "letter.png"
    file.write_text("This is no picture.\n" * 50)
    said = home.run("up", "--detach", str(file), expect=1)
    assert "HTTP 400" in said
    assert "unsupported_type" in said
    assert "The service runs on" in said


@pytest.mark.parametrize(("failures", "status"), [(0, 0), (2, 0), (4, 0), (9, 1)])
def test_what_fails_for_a_moment_is_tried_again_and_not_for_ever(failures, status, tmp_path):
    """As downloads are: five times at most."""
    script = f"""
        SOURCE={SOURCE} OCRMESH_HOME={tmp_path}
        . {SOURCE}/tools/lib.sh
        TRY_PAUSE_SECONDS=0
        download() {{ echo >>{tmp_path}/tries; (($(wc -l <{tmp_path}/tries) > {failures})); }}
        again download
        echo done
    """
    done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, timeout=COMMAND_SECONDS)
    assert done.returncode == status, done.stderr
    assert done.stdout == ("done\n" if status == 0 else "")
    assert len((tmp_path / "tries").read_text()) == min(failures + 1, 5)


@pytest.mark.parametrize("left", ["", "create_main_cluster = false", "create_main_cluster = true"])
def test_setting_of_debians_default_cluster_is_as_before_even_after_an_interruption(left, tmp_path):
    """What says no to a cluster named "main" while packages are installed is ours to take back."""
    setting = tmp_path / "createcluster.conf"
    if left:
        setting.write_text(left + "\n")
    script = f"""
        . {SOURCE}/tools/packages.sh
        as_root() {{ "$@"; }}
        CREATECLUSTER_CONF={setting}
        packages_forbid_default_cluster
        packages_restore_cluster_defaults
    """
    subprocess.run(["bash", "-euc", script], check=True, timeout=COMMAND_SECONDS)
    after = setting.read_text() if setting.exists() else ""
    assert "create_main_cluster = false" not in after.splitlines()
    assert left != "create_main_cluster = true" or after == left + "\n"
