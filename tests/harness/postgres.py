"""A throw-away PostgreSQL cluster, made the way `./ocrmesh up` makes its own."""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from . import wait
from .process import Process

SOURCE = Path(__file__).resolve().parents[2]
BIN = Path("/usr/lib/postgresql/15/bin")
START_SECONDS = 180  # a guard: it recovers first where it was killed

# Nothing in it outlives the tests; what must survive a kill of the server still does, since the
# machine itself stays up.
SETTINGS = [
    "fsync = off",
    "full_page_writes = off",
    "shared_buffers = 32MB",
    "max_connections = 200",
]


class Cluster:
    def __init__(self, logs, settings=SETTINGS):
        # The user postgres, who runs the server when we are root, must be able to look in.
        self.folder = Path(tempfile.mkdtemp(prefix="ocrmesh-test-"))
        self.folder.chmod(0o755)
        self.socket = self.folder / "socket"
        subprocess.run(
            [SOURCE / "tools/postgres-init.sh", self.folder, *settings],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        as_owner = []
        if os.geteuid() == 0:
            as_owner = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups"]
        self.process = Process(
            "postgres",
            [*as_owner, BIN / "postgres", "-D", self.folder / "data"],
            dict(os.environ),
            logs / "postgres.log",
            directory="/",
        )

    def start(self):
        wait.until(self._starts, START_SECONDS, "PostgreSQL is ready")

    def _starts(self):
        """Again when it ended: a killed server's backends outlive it for a moment, and while they
        do no other one starts on their data."""
        if not self.process.is_running:
            self.process.start()
        return self.is_ready()

    def prepare(self):
        """Roles, schemas and the database."""
        self._psql("postgres", "postgres", "--file", SOURCE / "tools/database.sql")

    def is_ready(self):
        command = [BIN / "pg_isready", "--quiet", "--host", self.socket]
        return subprocess.run(command, check=False).returncode == 0

    def url(self, role):
        return f"postgresql://{role}@/ocrmesh?host={quote(str(self.socket), safe='')}"

    def sql(self, statement, role="postgres"):
        """Runs a statement and returns its rows as lists of text."""
        out = self._psql(role, "ocrmesh", "--command", statement)
        return [line.split("\t") for line in out.splitlines()]

    @contextmanager
    def locked(self, table, mode="SHARE ROW EXCLUSIVE"):
        """Nobody writes to the table for a while: who would, waits. ACCESS EXCLUSIVE: nor reads it."""
        psql = subprocess.Popen(
            self._command("postgres", "ocrmesh"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            psql.stdin.write(f"BEGIN; LOCK TABLE {table} IN {mode} MODE;\n\\echo locked\n")
            psql.stdin.flush()
            assert psql.stdout.readline() == "locked\n"
            yield
        finally:
            psql.communicate("COMMIT;\n")
        assert psql.returncode == 0

    def run_file(self, path):
        """Runs a script of psql, for more than fits into a statement."""
        self._psql("postgres", "ocrmesh", "--file", path)

    def _command(self, role, database):
        command = [BIN / "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]
        command += ["--field-separator", "\t", "--set", "ON_ERROR_STOP=1"]
        return command + ["--host", self.socket, "--username", role, "--dbname", database]

    def _psql(self, role, database, *arguments):
        command = [*self._command(role, database), *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, f"psql: {done.stderr}"
        return done.stdout

    def remove(self):
        if self.process.is_running:
            self.process.stop(with_signal=signal.SIGINT)  # fast shutdown
        shutil.rmtree(self.folder)
