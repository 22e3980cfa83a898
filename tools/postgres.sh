# The private PostgreSQL cluster that `up` runs.
# shellcheck shell=bash

PG_BIN=/usr/lib/postgresql/15/bin

# The user `postgres` cannot look into /root; so root's clusters live where system data does, one
# folder a checkout.
if [[ -n ${OCRMESH_POSTGRES:-} ]]; then
    PG_HOME=$OCRMESH_POSTGRES
elif ((EUID == 0)); then
    PG_HOME=/var/lib/ocrmesh/$(printf '%s' "$OCRMESH_HOME" | sha256sum | cut -c 1-12)
else
    PG_HOME=$OCRMESH_HOME/postgres
fi
PG_SOCKET=$PG_HOME/socket

# What runs PostgreSQL's server: setpriv replaces itself, so that the process id stays.
PG_AS_OWNER=()
if ((EUID == 0)); then
    PG_AS_OWNER=(setpriv --reuid postgres --regid postgres --init-groups)
fi

pg_exists() { [[ -e $PG_HOME/data/PG_VERSION ]]; }

pg_create() {
    "$SOURCE/tools/postgres-init.sh" "$PG_HOME" "shared_buffers = 128MB" "max_connections = 200"
}

pg_step() {
    local text="preparing PostgreSQL"
    if pg_exists; then
        step_skip "$text" "there already ($PG_HOME)"
        return
    fi
    STEP_HINT="check that $PG_HOME can be written to (or set OCRMESH_POSTGRES to another folder)."
    step "$text" postgres-init.log pg_create
}

pg_is_ready() { "$PG_BIN/pg_isready" --quiet --host "$PG_SOCKET" --timeout 2; }

# Roles, schemas and the database; the server must be ready.
pg_prepare_database() {
    "$PG_BIN/psql" --no-psqlrc --quiet --set ON_ERROR_STOP=1 --host "$PG_SOCKET" \
        --username postgres --dbname postgres --file "$SOURCE/tools/database.sql" >/dev/null
}

# pg_url ROLE: libpq URI of a service's role.
pg_url() { printf 'postgresql://%s@/ocrmesh?host=%s' "$1" "${PG_SOCKET//\//%2F}"; }
