# `./ocrmesh test`: sets up, builds, runs every test and counts what ran.
#
# Suites: style (format, protos, scripts, data), unit (every C test), accuracy (what the benches of
# accuracy count with), chart (deploy/), integration and e2e (pytest). Those that run programs do so in both builds,
# whose tests run at once, for they wait much of their time.
# shellcheck shell=bash

TEST_SUITES=(style unit accuracy chart integration e2e)
TEST_PASSED=0
TEST_FAILED=0
TEST_SKIPPED=0
TEST_FAILURES=() # a line each
TEST_FAILURES_SHOWN=20
TEST_SUMMED_UP=

test_wants() { [[ " ${TEST_CHOSEN[*]} " == *" $1 "* ]]; }

test_packages_step() {
    packages_step "Debian packages" packages.log \
        "$SOURCE/tools/packages-debian.txt" "$SOURCE/tools/packages-test.txt"
}

test_packages_steps() {
    test_packages_step
    deps_step
    venv_step
}

# test_count PASSED FAILED SKIPPED
test_count() {
    TEST_PASSED=$((TEST_PASSED + $1))
    TEST_FAILED=$((TEST_FAILED + $2))
    TEST_SKIPPED=$((TEST_SKIPPED + $3))
}

# test_failure NAME ERROR: what the end of the run says of a failed test.
test_failure() { TEST_FAILURES+=("$(printf '%s: %.300s' "$1" "$2")"); }

# test_failures KIND NAME RECORD: those of a record of pytest or meson.
test_failures() {
    [[ -s $3 ]] || return 0
    mapfile -t -O "${#TEST_FAILURES[@]}" TEST_FAILURES < <("$PYTHON" "$SOURCE/tools/test-failures.py" "$@" ||
        echo "$2: $3 cannot be read")
}

# test_one NAME COMMAND...: a check that is one test.
test_one() {
    local name=$1 status log=$LOGS/test-one.log
    shift
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1 </dev/null
    status=$?
    set -e
    if ((status == 0)); then
        say "$name: passed"
        test_count 1 0 0
    else
        say "$name: ${RED}failed${PLAIN}"
        tail -n "$LOG_TAIL_LINES" "$log" | sed 's/^/    | /'
        test_count 0 1 0
        test_failure "$name" "$(grep -m 1 . "$log")"
    fi
}

# Counts the tests in meson's record: those that cmocka reports inside each program, else the
# program itself. A program that fails without a failed test (a crash, a leak) counts as one.
test_count_meson() { # NAME BUILD-FOLDER
    local record=$2/meson-logs/testlog.json counts
    if [[ ! -s $record ]]; then
        test_count 0 1 0
        test_failure "unit ($1)" "meson ended without a record"
        return
    fi
    test_failures meson "unit ($1)" "$record"
    counts=$(jq --slurp --raw-output '
        def sum_of(pattern): [scan(pattern)[0] | tonumber] | add // 0;
        [.[] | .result as $result
             | ((.stdout // "") + (.stderr // ""))
             | {passed: sum_of("\\[  PASSED  \\] ([0-9]+) test"),
                failed: sum_of("\\[  FAILED  \\] ([0-9]+) test"),
                skipped: sum_of("\\[  SKIPPED \\] ([0-9]+) test")}
             | if .passed + .failed + .skipped == 0 then
                   if $result == "OK" then .passed = 1
                   elif $result == "SKIP" then .skipped = 1
                   else .failed = 1 end
               elif .failed == 0 and ($result | IN("OK", "SKIP") | not) then .failed = 1
               else . end]
        | "\(map(.passed) | add // 0) \(map(.failed) | add // 0) \(map(.skipped) | add // 0)"' \
        "$record")
    # shellcheck disable=SC2086 # three numbers
    test_count $counts
}

# A test that hangs is ended after so many times what it may take: a guard, for a machine at full load.
TEST_PATIENCE=4

# test_meson NAME BUILD-FOLDER: the C tests of one build.
test_meson() {
    local name=$1 folder=$2 status=0
    say "C tests ($name)"
    rm -f "$folder/meson-logs/testlog.json"
    OCRMESH_TOOLS_BIN=$TOOLS_BIN \
        LSAN_OPTIONS=suppressions=$SOURCE/tests/leak-suppressions.txt:print_suppressions=0 \
        /usr/bin/meson test -C "$folder" --no-rebuild --print-errorlogs \
        --timeout-multiplier "$TEST_PATIENCE" || status=$?
    say "C tests ($name): meson ended with status $status."
}

# Workers of pytest-xdist for each build. Each has a mesh of its own, and takes the tests of a file as a whole.
TEST_WORKERS=2

# test_pytest SUITE NAME BUILD-FOLDER PORTS: leaves its record for test_count_pytest.
test_pytest() {
    local suite=$1 name=$2 folder=$3 ports=$4 record status=0 workers=()
    record=$OCRMESH_HOME/test-$suite-$name.xml
    rm -f "$record" "$record.broken"
    [[ $suite != @(integration|e2e) ]] ||
        workers=(--numprocesses "$TEST_WORKERS" --dist loadfile --no-loadscope-reorder)
    say "Tests of $suite ($name)"
    OCRMESH_HOME=$OCRMESH_HOME OCRMESH_BUILD=$folder OCRMESH_TOOLS_BIN=$TOOLS_BIN \
        OCRMESH_TEST_PORTS=$ports \
        OCRMESH_TEST_LOGS=$LOGS/test-$suite-$name PYTHONDONTWRITEBYTECODE=1 \
        "$VENV/bin/python" -m pytest "$SOURCE/tests/$suite" -c "$SOURCE/tests/pytest.ini" \
        --rootdir "$SOURCE/tests" "${workers[@]}" -q -rs --durations=5 --junit-xml="$record" || status=$?
    if ((status > 1)); then # it could not run at all, or not to its end
        mv "$record" "$record.broken" 2>/dev/null || true
    fi
}

test_count_pytest() { # SUITE NAME
    local record=$OCRMESH_HOME/test-$1-$2.xml head total failed skipped
    if [[ ! -s $record ]]; then
        test_count 0 1 0
        test_failure "$1 ($2)" "pytest did not come to its end"
        test_failures pytest "$1 ($2)" "$record.broken"
        return
    fi
    test_failures pytest "$1 ($2)" "$record"
    head=$(grep -o '<testsuite [^>]*>' "$record" | head -n 1)
    attribute() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$head"; }
    total=$(attribute tests) skipped=$(attribute skipped)
    failed=$(($(attribute failures) + $(attribute errors)))
    test_count $((total - failed - skipped > 0 ? total - failed - skipped : 0)) "$failed" "$skipped"
}

# Which suites are run in a build; chart and accuracy ask nothing of our C code.
test_suites_of() { # plain|sanitized
    local suite suites=(unit integration e2e)
    [[ $1 == sanitized ]] || suites=(unit accuracy chart integration e2e)
    for suite in "${suites[@]}"; do
        if test_wants "$suite"; then
            echo "$suite"
        fi
    done
}

# test_build NAME BUILD-FOLDER PORTS: all tests of one build, one suite after the other. Counts nothing, so that it may
# run in the background.
test_build() {
    local name=$1 folder=$2 ports=$3 suite
    for suite in $(test_suites_of "$name"); do
        if [[ $suite == unit ]]; then
            test_meson "$name" "$folder"
        else
            test_pytest "$suite" "$name" "$folder" "$ports"
        fi
    done
}

test_count_build() { # NAME BUILD-FOLDER
    local name=$1 folder=$2 suite
    for suite in $(test_suites_of "$name"); do
        if [[ $suite == unit ]]; then
            test_count_meson "$name" "$folder"
        else
            test_count_pytest "$suite" "$name"
        fi
    done
}

# In both builds at once; what the sanitized one says follows.
test_both_builds() {
    local log=$LOGS/test-sanitized.log
    export OCRMESH_TEST_BOTH_BUILDS=1 # what one of them is enough for is left out of the other
    job_begin "$log" test_build sanitized "$BUILD_SANITIZED" 26000-31999
    if test_wants style; then
        style_checks
    fi
    test_build plain "$BUILD" 20000-25999
    tail --pid="$JOB" --lines=+1 --follow "$log"
    wait "$JOB" || true
    test_count_build plain "$BUILD"
    test_count_build sanitized "$BUILD_SANITIZED"
}

cmd_test() {
    TEST_CHOSEN=("${TEST_SUITES[@]}")
    while (($# > 0)); do
        case $1 in
        --suite)
            [[ " ${TEST_SUITES[*]} " == *" ${2:-} "* ]] ||
                misuse "there is no suite '${2:-}'" "choose one of: ${TEST_SUITES[*]}"
            TEST_CHOSEN=("$2")
            shift
            ;;
        *) misuse "test has no option '$1'" ;;
        esac
        shift
    done

    trap test_on_exit EXIT
    steps_begin 7
    test_packages_step
    test_tools_begin
    deps_step
    build_step
    build_sanitized_step
    venv_step
    debian_programs_step
    go_tools_step
    test_both_builds
    test_summary
}

# A run that stops before its tests has failed, and says so in the same words.
test_on_exit() {
    local status=$?
    jobs_end
    if [[ -z $TEST_SUMMED_UP ]]; then
        test_count 0 1 0
        test_failure "the run" "stopped before its end${STEP_FAILED:+: the step \"$STEP_FAILED\" failed}"
        test_summary || true
    fi
    return "$status"
}

# The last lines of the run: what has failed, and the numbers, which decide the exit status.
test_summary() {
    local more=$((${#TEST_FAILURES[@]} - TEST_FAILURES_SHOWN))
    TEST_SUMMED_UP=1
    ((TEST_SKIPPED == 0)) || say "$TEST_SKIPPED skipped, each with its reason above."
    say "Took $((SECONDS / 60)) min $((SECONDS % 60)) s."
    if ((${#TEST_FAILURES[@]} > 0)); then
        say "Failed:"
        printf '  %s\n' "${TEST_FAILURES[@]:0:TEST_FAILURES_SHOWN}"
        ((more <= 0)) || say "  and $more more, each shown above."
    fi
    say "$TEST_PASSED passed, $TEST_FAILED failed"
    ((TEST_FAILED == 0))
}
