#!/bin/bash
# test-apertium.sh PROGRAM: what ocrmesh-ocr-apertium gives up is refused to the programs that it
# starts. They stand in mode files of this test's own in place of Apertium's.
set -eu
program=$1
modes=$(mktemp -d)
trap 'rm -rf "$modes"' EXIT
failures=0

# run PIPELINE: standard output; the status is the pipeline's.
run() {
    printf '%s\n' "$1" >"$modes/aaa-bbb.mode"
    printf 'the text\n' | "$program" "$modes" aaa-bbb 2>"$modes/errors" | cat
    return "${PIPESTATUS[1]}"
}

# expect NAME WANTED PIPELINE: the output is WANTED and the status 0; or "refused".
expect() {
    local name=$1 wanted=$2 got status=0
    got=$(run "$3") || status=$?
    if [[ $wanted == refused ]]; then
        if ((status != 0)) && [[ -z $got ]]; then
            return
        fi
    elif ((status == 0)) && [[ $got == "$wanted" ]]; then
        return
    fi
    printf 'FAILED: %s: status %s, output "%s"\n' "$name" "$status" "$got"
    failures=$((failures + 1))
}

expect "text goes through all programs" "THE TEXT" "cat | tr 'a-z' 'A-Z' | cat"
expect "a program that fails is told" refused "cat | false"
expect "a file outside /usr" refused "cat '/etc/passwd'"
expect "this test's own folder" refused "cat '$modes/aaa-bbb.mode'"
expect "writing a file" refused "cp '/usr/bin/true' '/tmp/ocrmesh-test-apertium'"
expect "a socket" refused "python3 -c 'import socket; socket.socket(); print(1)'"
expect "much memory" refused "python3 -c 'print(len(bytearray(2 << 30)))'"
expect "no such pair" refused "'"

if ((failures == 0)); then
    echo "all restrictions hold"
fi
exit "$((failures > 0))"
