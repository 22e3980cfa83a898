"""The end of `./ocrmesh test` names what has failed, right before its numbers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once_plain

SOURCE = Path(__file__).resolve().parents[2]
SECONDS = 120

FAILING = """
import pytest

@pytest.fixture
def broken():
    raise OSError("no such place")

def test_one_is_two():
    assert 1 == 2, "it is not"

@pytest.mark.parametrize("number", range(30))
def test_odd(number):
    assert number % 2

def test_of_what_is_broken(broken):
    pass
"""
# As meson 1.0 and cmocka 1.1 write them.
CMOCKA = """[  ERROR   ] --- 0x1 != 0x2
[   LINE   ] --- ../lib/rpc/tests/test-calls.c:51: error: Failure!
[  FAILED  ] test_call_is_answered
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] test_call_is_answered
"""
LEAK = "==7==ERROR: LeakSanitizer: detected memory leaks\nSUMMARY: AddressSanitizer: 8 byte(s) leaked\n"
RUNS = [
    {"name": "base-str", "result": "OK", "duration": 0.1, "returncode": 0, "stdout": "[  PASSED  ] 3 test(s).\n"},
    {"name": "rpc-calls", "result": "FAIL", "duration": 0.25, "returncode": 1, "stderr": CMOCKA,
     "stdout": "[  PASSED  ] 5 test(s).\n"},
    {"name": "db-query", "result": "FAIL", "duration": 1, "returncode": 23, "stderr": LEAK,
     "stdout": "[  PASSED  ] 2 test(s).\n"},
    {"name": "db-failure", "result": "TIMEOUT", "duration": 120, "returncode": -15, "stdout": "[ RUN      ] test_x\n"},
]  # fmt: skip


@pytest.fixture
def end_of_run(tmp_path):
    """What `./ocrmesh test` says at its end, after commands of tools/test.sh."""

    def run(commands, expect=1):
        script = f"""
            SOURCE={SOURCE} OCRMESH_HOME={tmp_path}
            . {SOURCE}/tools/lib.sh
            . {SOURCE}/tools/test.sh
            mkdir -p "$LOGS"
            trap test_on_exit EXIT
            {commands}
            test_summary
        """
        done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, timeout=SECONDS)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout.splitlines()

    return run


def test_failed_tests_are_named_with_their_error_before_the_numbers(end_of_run, tmp_path):
    tests = tmp_path / "test_numbers.py"
    tests.write_text(FAILING)
    record = tmp_path / "test-e2e-plain.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path]
    subprocess.run([*command, tests, f"--junit-xml={record}"], capture_output=True, timeout=SECONDS)
    (tmp_path / "meson-logs").mkdir()
    (tmp_path / "meson-logs/testlog.json").write_text("".join(json.dumps(run) + "\n" for run in RUNS))
    said = end_of_run(f"""
        test_one "style: format" eval 'echo lib/base/str.c; exit 1' >/dev/null
        test_count_meson plain {tmp_path}
        test_count_pytest e2e plain
    """)
    assert said[-1] == "25 passed, 21 failed"
    told = said[said.index("Failed:") + 1 : -1]
    assert told[:4] == [
        "  style: format: lib/base/str.c",
        "  unit (plain) rpc-calls: test_call_is_answered (0.2 s): 0x1 != 0x2"
        " | ../lib/rpc/tests/test-calls.c:51: error: Failure!",
        "  unit (plain) db-query (1.0 s): FAIL, status 23 | ==7==ERROR: LeakSanitizer: detected memory leaks",
        "  unit (plain) db-failure (120.0 s): TIMEOUT, status -15 | [ RUN      ] test_x",
    ]
    assert told[4].startswith("  e2e (plain) test_numbers.py::test_one_is_two (")
    assert told[4].endswith("s): AssertionError: it is not | assert 1 == 2")
    assert "test_numbers.py::test_odd[0] (" in told[5]
    assert told[20:] == ["  and 1 more, each shown above."]
    assert len(told) == 21


def test_a_run_without_failures_names_none(end_of_run):
    said = end_of_run("test_count 3 0 1", expect=0)
    assert "Failed:" not in said
    assert said[-1] == "3 passed, 0 failed"


def test_a_step_that_ends_the_run_is_named(end_of_run):
    said = end_of_run('steps_begin 1; step "building" build.log false')
    assert said[-3:] == ["Failed:", '  the run: stopped before its end: the step "building" failed', "0 passed, 1 failed"]


def test_c_tests_that_could_not_run_count_as_a_failure(end_of_run, tmp_path):
    said = end_of_run(f"test_count_meson plain {tmp_path}")
    assert said[-2:] == ["  unit (plain): meson ended without a record", "0 passed, 1 failed"]


def test_tests_that_could_not_run_are_told_with_what_is_known(end_of_run, tmp_path):
    (tmp_path / "test-e2e-plain.xml.broken").write_text(
        '<testsuites><testsuite><testcase classname="" name="e2e.test_x" time="0.1">'
        '<error message="collection failure">ImportError: no x</error></testcase></testsuite></testsuites>'
    )
    assert end_of_run("test_count_pytest e2e plain")[-3:] == [
        "  e2e (plain): pytest did not come to its end",
        "  e2e (plain) e2e.test_x (0.1 s): at set-up or at the end: collection failure",
        "0 passed, 1 failed",
    ]
