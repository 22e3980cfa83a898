# `./ocrmesh test`: sets up, builds, runs every test and counts what ran.
# shellcheck shell=bash

TESTS_PASSED=0
TESTS_FAILED=0
TESTS_SKIPPED=0

# Adds up what meson wrote about its tests; one test of meson's is one program.
test_count_meson() {
    local json=$1/meson-logs/testlog.json
    [[ -s $json ]] || return 0
    TESTS_PASSED=$((TESTS_PASSED + $(jq -s '[.[] | select(.result == "OK" or .result == "EXPECTEDFAIL")] | length' "$json")))
    TESTS_SKIPPED=$((TESTS_SKIPPED + $(jq -s '[.[] | select(.result == "SKIP")] | length' "$json")))
    TESTS_FAILED=$((TESTS_FAILED + $(jq -s '[.[] | select(.result | IN("OK", "EXPECTEDFAIL", "SKIP") | not)] | length' "$json")))
}

# test_meson NAME BUILD-FOLDER: the C tests of one build; a failure is counted, not fatal.
test_meson() {
    local name=$1 folder=$2
    say "Running the C tests ($name)"
    rm -f "$folder/meson-logs/testlog.json"
    /usr/bin/meson test -C "$folder" --no-rebuild --print-errorlogs || true
    test_count_meson "$folder"
}

cmd_test() {
    steps_begin 4
    packages_step "Debian packages" packages.log "$SOURCE/tools/packages-debian.txt"
    deps_step
    build_step
    build_sanitized_step
    test_meson plain "$BUILD"
    test_meson sanitized "$BUILD_SANITIZED"
    test_summary
}

# The last line of the run; its numbers decide the exit status.
test_summary() {
    local skipped=
    ((TESTS_SKIPPED == 0)) || skipped=", $TESTS_SKIPPED skipped"
    say "$TESTS_PASSED passed, $TESTS_FAILED failed$skipped"
    ((TESTS_FAILED == 0))
}
