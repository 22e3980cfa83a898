#!/bin/bash
# gRPC's interoperability cases between this project's runtime and the official Go programs.
#
#   run-interop.sh server OUR_SERVER OUR_CLIENT   the official client calls our server
#   run-interop.sh client OUR_SERVER OUR_CLIENT   our client calls the official server
#
# The official programs are looked for in $OCRMESH_TOOLS_BIN, then on PATH. Ends with 77 (skipped)
# where they are missing. Prints one line a case and a summary like cmocka's.
set -u

side=$1 our_server=$2 our_client=$3
START_SECONDS=20
CASE_SECONDS=30
SKIPPED=77

if [[ $side == server ]]; then
    official=interop-client
else
    official=interop-server
fi
if [[ -n ${OCRMESH_TOOLS_BIN:-} && -x $OCRMESH_TOOLS_BIN/$official ]]; then
    official=$OCRMESH_TOOLS_BIN/$official
elif ! official=$(command -v "$official"); then
    echo "skipped: the official program for our $side is neither in OCRMESH_TOOLS_BIN nor on PATH"
    exit $SKIPPED
fi

folder=$(mktemp -d)
server=
stop_all() {
    if [[ -n $server ]]; then
        kill -KILL "$server"
        wait "$server"
    fi 2>/dev/null
    rm -rf "$folder"
}
trap stop_all EXIT

# start_server PATTERN COMMAND...: sets `server` and `port`, which PATTERN takes from its output.
start_server() {
    local pattern=$1 deadline=$((SECONDS + START_SECONDS))
    shift
    GRPC_GO_LOG_SEVERITY_LEVEL=info "$@" >"$folder/server.log" 2>&1 &
    server=$!
    port=
    while [[ -z $port ]]; do
        port=$(sed -n "s/$pattern/\1/p" "$folder/server.log" | head -n 1)
        if [[ -z $port ]]; then
            if ((SECONDS > deadline)) || ! kill -0 "$server" 2>/dev/null; then
                echo "the server did not start:"
                cat "$folder/server.log"
                exit 1
            fi
            sleep 0.05
        fi
    done
}

run_case() {
    if [[ $side == server ]]; then
        timeout "$CASE_SECONDS" "$official" -server_host 127.0.0.1 -server_port "$port" \
            -test_case "$1"
    else
        timeout "$CASE_SECONDS" "$our_client" "$port" "$1"
    fi
}

if [[ $side == server ]]; then
    start_server '^port \([0-9]*\)$' "$our_server"
else
    start_server '.* interop server listening on .*:\([0-9]*\)$' "$official" -port 0
fi

passed=0 failed=0
while read -r name; do
    if run_case "$name" >"$folder/case.log" 2>&1; then
        echo "[       OK ] $name"
        passed=$((passed + 1))
    else
        echo "$name failed with status $?:"
        cat "$folder/case.log"
        failed=$((failed + 1))
    fi
done < <("$our_client")

# Our server ends well: it drains, and a sanitizer has nothing to say.
if [[ $side == server ]]; then
    kill -TERM "$server"
    if wait "$server"; then
        passed=$((passed + 1))
    else
        echo "the server ended with status $?"
        failed=$((failed + 1))
    fi
    server=
    cat "$folder/server.log"
fi
echo "[  PASSED  ] $passed test(s)."
echo "[  FAILED  ] $failed test(s)."
((failed == 0 && passed > 0))
