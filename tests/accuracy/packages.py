"""Packages that carry documents: fetched by their registries' own clients, pinned by SHA-256.

tests/data/accuracy/packages.tsv lists them. Nothing of theirs is kept in the project.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from . import table

KINDS = ("pypi", "npm", "debian-source", "debian")
FETCH_SECONDS = 600


class Packages:
    def __init__(self, folder):
        """`folder`: where they are kept between runs."""
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.known = {row["name"]: row for row in table.rows("packages.tsv")}
        self.members = {}

    def path(self, name):
        """The package's file, fetched when it is not there."""
        row = self.known[name]
        path = self.folder / row["file"]
        with open(self.folder / ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                self._fetch(row, path)
        return path

    def _fetch(self, row, path):
        with tempfile.TemporaryDirectory(dir=self.folder) as temporary:
            folder = Path(temporary)
            fetch = {
                "pypi": fetch_pypi,
                "npm": fetch_npm,
                "debian-source": fetch_debian_source,
                "debian": fetch_debian,
            }[row["kind"]]
            fetch(row, folder)
            came = folder / row["file"]
            if not came.exists():
                raise SystemExit(
                    f"{row['package']} {row['version']} came without {row['file']}:"
                    f" {sorted(entry.name for entry in folder.iterdir())}"
                )
            found = hashlib.sha256(came.read_bytes()).hexdigest()
            if found != row["sha256"]:
                raise SystemExit(f"{row['file']} is not the one that we pinned: SHA-256 {found}")
            came.rename(path)

    def read(self, name, member):
        """One file of a package; the first folder of a source archive is left out of `member`."""
        path = self.path(name)
        if path.suffix == ".deb":
            return read_deb(path, member)
        if path.suffix in (".zip", ".whl"):
            with zipfile.ZipFile(path) as archive:
                return archive.read(self._member(path, member, archive.namelist()))
        with tarfile.open(path) as archive:
            return archive.extractfile(self._member(path, member, archive.getnames())).read()

    def _member(self, path, member, names):
        if path not in self.members:
            self.members[path] = {name.split("/", 1)[-1]: name for name in names} | {
                name: name for name in names
            }
        if member not in self.members[path]:
            raise SystemExit(f"{path.name} has no {member}")
        return self.members[path][member]


def run(*command, **options):
    done = subprocess.run(
        command, check=False, capture_output=True, timeout=FETCH_SECONDS, **options
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).decode(errors="replace")[-2000:]
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{said}")
    return done.stdout


def fetch_pypi(row, folder):
    """A source archive is wanted as it is, without building it, which pip cannot do: unearth."""
    program = Path(sys.executable).parent / "unearth"
    index = [f"--index-url={os.environ['PIP_INDEX_URL']}"] if "PIP_INDEX_URL" in os.environ else []
    binary = [] if row["file"].endswith(".whl") else ["--no-binary"]
    wanted = f"{row['package']}=={row['version']}"
    run(program, *index, *binary, "--download", folder, wanted)


def fetch_npm(row, folder):
    run("npm", "pack", "--ignore-scripts", "--silent", f"{row['package']}@{row['version']}", cwd=folder)


def fetch_debian(row, folder):
    run("apt-get", "download", f"{row['package']}={row['version']}", cwd=folder)


def fetch_debian_source(row, folder):
    """With the machine's own archives, and lists of their sources that stay in `folder`."""
    form = "$(CREATED_BY)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)"
    said = run("apt-get", "indextargets", "--format", form).decode()
    targets = sorted({line for line in said.splitlines() if line.startswith("Packages|")})
    sources = [
        f"deb-src {uri} {release} {component}"
        for _, uri, release, component in (line.split("|") for line in targets)
        if "debian" in uri
    ]
    (folder / "sources.list").write_text("\n".join(sources) + "\n")
    state = folder / "state"
    (state / "lists/partial").mkdir(parents=True)
    (state / "cache/archives/partial").mkdir(parents=True)
    options = [
        f"--option=Dir::Etc::sourcelist={folder / 'sources.list'}",
        "--option=Dir::Etc::sourceparts=/dev/null",
        f"--option=Dir::State::lists={state / 'lists'}",
        f"--option=Dir::Cache={state / 'cache'}",
        "--option=APT::Sandbox::User=",
    ]
    run("apt-get", *options, "--quiet", "update")
    wanted = f"{row['package']}={row['version']}"
    run("apt-get", *options, "--quiet", "--download-only", "--tar-only", "source", wanted, cwd=folder)


def read_deb(path, member):
    data = subprocess.run(
        ["dpkg-deb", "--fsys-tarfile", path], check=True, capture_output=True
    ).stdout
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        with tarfile.open(fileobj=file) as archive:
            return archive.extractfile(f"./{member}").read()
