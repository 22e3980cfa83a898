"""The Containerfile, as far as it can be without an engine for containers: the root that it makes of itself, and the programs
started from inside of it, as nobody, with nothing else of this machine but /dev, /proc and /sys."""

import json
import os
import shutil
import subprocess

import pytest
from harness import chart, pages
from harness.api import create_account
from harness.image import ImageMesh, container_environment, make_root

NEURAL = "opt/ocrmesh/neural"


@pytest.fixture(scope="module")
def root(build, tmp_path_factory):
    folder = tmp_path_factory.mktemp("image") / "root"
    (option,) = [
        each["value"]
        for each in json.loads((build / "meson-info/intro-buildoptions.json").read_text())
        if each["name"] == "neural"
    ]
    make_root(build, option, folder, "eng")
    yield folder
    shutil.rmtree(folder)  # half a gigabyte, which pytest would keep


@pytest.fixture(scope="module")
def image(build, logs, root):
    if os.geteuid() != 0:
        pytest.skip("only root makes a root of its own")
    folder = logs / "image"
    folder.mkdir(exist_ok=True)
    with ImageMesh(build, folder, root).running() as mesh:
        yield mesh


def test_hadolint_finds_nothing_in_the_containerfile(tools_bin):
    done = subprocess.run(
        [tools_bin / "hadolint", "--failure-threshold", "style", chart.CHART.parents[2] / "Containerfile"],
        check=False,
        capture_output=True,
        text=True,
        timeout=chart.TIMEOUT_SECONDS,
    )
    assert done.returncode == 0, done.stdout


def test_all_that_can_be_executed_is_known(root):
    found = {
        path.name
        for folder in ("usr/bin", "usr/sbin", "usr/local/bin", "usr/libexec", "opt", "sbin")
        for path in (root / folder).rglob("*")
        if path.is_file() and os.access(path, os.X_OK) and ".so" not in path.name
    }
    ours = {name for name in found if name.startswith("ocrmesh-")}
    assert ours == {
        f"ocrmesh-{name}"
        for name in ("bridge", "ocr", "ocr-worker", "ocr-apertium", "billing", "admin", "chat", "export")
    }
    for name in found - ours:  # the translators' pipelines
        assert name.startswith(("apertium-", "lt-", "lrx-", "lsx-", "rtx-", "cg-")), name


def test_nothing_in_it_is_a_script_or_has_more_rights_than_its_caller(root):
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink() and os.access(path, os.X_OK):
            assert not path.stat().st_mode & 0o6000, path
            assert path.open("rb").read(2) != b"#!", path


def test_what_the_chart_starts_is_there(root, helm4):
    for _, container in chart.containers(helm4.resources("external-postgres")):
        if container["image"].startswith("registry.internal/ocrmesh"):
            assert (root / container["command"][0].lstrip("/")).is_file()
    for variable in ("OCR_NEURAL_PATH", "CHAT_NEURAL_PATH"):
        assert container_environment()[variable] == f"/{NEURAL}"


def test_licences_of_what_is_packed_are_there(root):
    packages = dict(line.split() for line in (root / "usr/share/doc/packages").read_text().splitlines())
    assert {"libc6", "libgrpc29", "libtesseract5", "libpq5"} <= set(packages)
    for name in packages:
        assert (root / f"usr/share/doc/{name}/copyright").stat().st_size > 0


def test_pages_are_read_translated_asked_and_exported_in_it(image, root):
    account = create_account(image.url)
    lines = ["The house is red.", "The dog is big.", "The total is 215 dollars."]
    job = account.read(
        pages.png(lines), tool="translate", translate_to="es", language="en", tier="cpu"
    )
    assert lines[0] in job["text"]
    assert "La casa es roja." in job["translated_text"]
    assert account.download(job["uuid"], "pdf").content.startswith(b"%PDF")
    assert account.download(job["uuid"], "docx").content.startswith(b"PK")
    answer = account.ask(job["uuid"], "How much is the total?")
    assert answer.status_code == 200 and "215" in answer.text
    if (root / NEURAL).is_dir():
        assert lines[0] in account.read(pages.png(lines), tier="vlm")["text"]


def test_what_helm_test_runs_passes_against_it(image, helm4, tmp_path):
    (pod,) = chart.of_kind(helm4.resources("default"), "Pod")
    shell, _, script = pod["spec"]["initContainers"][0]["command"]
    bridge = f"http://{chart.RELEASE}-ocrmesh-bridge.{chart.NAMESPACE}.svc.cluster.local:8080"
    assert shell == "sh" and bridge in script
    script = script.replace(bridge, image.url).replace("/tmp/", f"{tmp_path}/")
    done = subprocess.run(["sh", "-euc", script], check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    image.operate(*pod["spec"]["containers"][0]["command"][1:])


def test_workers_keep_their_sandbox_in_it(image):
    create_account(image.url).read(pages.png(["in a sandbox"]))
    assert "runs without" not in image.services["ocr"].log.read_text()


def test_programs_in_it_are_nobody_and_cannot_write(image):
    for service in image.services.values():
        facts = dict(
            line.split(":\t", 1) for line in open(f"/proc/{service.pid}/status").read().splitlines() if ":\t" in line
        )
        assert facts["Uid"].split() == ["65532"] * 4
        assert int(facts["CapBnd"], 16) == int(facts["CapEff"], 16) == 0 and facts["NoNewPrivs"] == "1"
        assert facts["Seccomp"] == "2"  # a filter
        mounts = open(f"/proc/{service.pid}/mountinfo").read().splitlines()
        assert [line.split()[5].split(",")[0] for line in mounts if line.split()[4] == "/"][-1:] == ["ro"]
