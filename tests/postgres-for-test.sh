#!/usr/bin/env bash
# Runs a command beside a PostgreSQL cluster of its own, which is gone afterwards.
#
#     tests/postgres-for-test.sh [--role ROLE] COMMAND [ARGUMENT ...]
#
# The cluster has the roles and schemas of tools/database.sql, listens on a Unix socket alone, and
# survives a crash of the server, but not of the machine. COMMAND finds in its environment
#   DATABASE_URL         the database, as ROLE (default: postgres, the superuser)
#   TEST_POSTGRES        tests/postgres-for-test-ctl.sh start|stop|kill: the server of this cluster
# Ends with COMMAND's exit status.
set -euo pipefail

tests=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
tools=$tests/../tools
role=postgres
if [[ ${1:-} == --role ]]; then
    role=$2
    shift 2
fi

TEST_POSTGRES_FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/ocrmesh-pg.XXXXXX")
TEST_POSTGRES=$tests/postgres-for-test-ctl.sh
export TEST_POSTGRES TEST_POSTGRES_FOLDER
chmod 0711 "$TEST_POSTGRES_FOLDER" # the server's user passes through, and sees nothing

clean_up() {
    "$TEST_POSTGRES" kill || true
    rm -rf "$TEST_POSTGRES_FOLDER"
}
trap clean_up EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

if ! "$tools/postgres-init.sh" "$TEST_POSTGRES_FOLDER" "fsync = off" \
    "full_page_writes = off" "shared_buffers = 32MB" "max_connections = 150" \
    >"$TEST_POSTGRES_FOLDER/init.log" 2>&1; then
    cat "$TEST_POSTGRES_FOLDER/init.log" >&2
    exit 1
fi
"$TEST_POSTGRES" start
socket=$TEST_POSTGRES_FOLDER/socket
/usr/lib/postgresql/15/bin/psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --host "$socket" \
    --username postgres --dbname postgres --file "$tools/database.sql" >/dev/null

export DATABASE_URL="postgresql://$role@/ocrmesh?host=${socket//\//%2F}"
# In the background, so that a signal to us is seen while it runs.
"$@" &
child=$!
trap 'kill -TERM "$child" 2>/dev/null; wait "$child" || true; exit 143' TERM INT
status=0
wait "$child" || status=$?
exit "$status"
