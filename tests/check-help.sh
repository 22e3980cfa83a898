#!/bin/sh
# `--help` of a program names the environment variables that the rest of the project sets for it, and
# a start with a wrong argument or value is refused.
#
#     check-help.sh PROGRAM VARIABLE...    the first VARIABLE is the address that it serves on
set -u
program=$1
shift
failed=0

check() { # DESCRIPTION COMMAND...
    description=$1
    shift
    if "$@"; then
        echo "[  PASSED  ] 1 test: $description"
    else
        echo "[  FAILED  ] 1 test: $description"
        failed=$((failed + 1))
    fi
}

names_all() {
    for variable in "$@"; do
        printf '%s\n' "$help" | grep -qw "$variable" || {
            echo "$variable is not named"
            return 1
        }
    done
}

ends_with() { # STATUS COMMAND...
    expected=$1
    shift
    timeout 60 "$@" >/dev/null 2>&1 </dev/null
    status=$?
    [ "$status" -eq "$expected" ] || {
        echo "$* ended with $status, not $expected"
        return 1
    }
}

names_bad_value() {
    LOG_LEVEL=loud timeout 60 "$program" 2>&1 </dev/null | grep -q LOG_LEVEL
}

help=$("$program" --help)
check "--help ends well" [ $? -eq 0 ]
check "--help names $*" names_all "$@" LOG_LEVEL
check "an unknown argument is refused" ends_with 2 "$program" --no-such-option
check "a wrong value is refused" ends_with 78 env LOG_LEVEL=loud "$program"
check "the variable of a wrong value is named" names_bad_value
[ "$failed" -eq 0 ]
