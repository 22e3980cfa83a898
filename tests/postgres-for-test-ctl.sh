#!/usr/bin/env bash
# Starts and stops the server of tests/postgres-for-test.sh, for tests that take it away.
#
#     postgres-for-test-ctl.sh start    and wait until it answers
#     postgres-for-test-ctl.sh stop     as an operator would, clients disconnected
#     postgres-for-test-ctl.sh kill     as a crash would
set -euo pipefail

bin=/usr/lib/postgresql/15/bin
as_owner=()
((EUID != 0)) || as_owner=(setpriv --reuid postgres --regid postgres --init-groups)

control() {
    (cd / && "${as_owner[@]}" "$bin/pg_ctl" --silent --pgdata "$TEST_POSTGRES_FOLDER/data" "$@" \
        </dev/null >/dev/null)
}

case ${1:-} in
start) control --log "$TEST_POSTGRES_FOLDER/data/server.log" --wait start ;;
stop) control --mode fast --wait stop ;;
kill) control --mode immediate --wait stop ;;
*)
    echo "usage: $0 start|stop|kill" >&2
    exit 2
    ;;
esac
