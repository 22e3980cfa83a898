# `./ocrmesh backup FILE` and `restore FILE`: the database, in which all state is, uploads and results included, what is in S3
# where settings name one, the settings that the processes run with, the files that these name (certificates, keys), and the
# certificates that ./ocrmesh made.
# shellcheck shell=bash

BACKUP_POSTGRES_SECONDS=60 # until it is ready, recovery after a crash included
BACKUP_SETTINGS=settings.sh # in the file: a line a variable, for `set -a; . settings.sh`
PG_ALONE=                  # its process, where we have started it

# PostgreSQL for as long as this command lasts, where it does not run.
pg_alone_begin() {
    local deadline=$((SECONDS + BACKUP_POSTGRES_SECONDS))
    ! pg_is_ready || return 0
    mkdir -p "$RUN" "$LOGS"
    (process_exec postgres) &
    PG_ALONE=$!
    trap pg_alone_end EXIT
    until pg_is_ready; do
        kill -0 "$PG_ALONE" 2>/dev/null || fail "PostgreSQL did not start" "see $(service_log postgres)."
        ((SECONDS < deadline)) || fail "PostgreSQL was not ready after $BACKUP_POSTGRES_SECONDS s" "see $(service_log postgres)."
        pause 0.05
    done
}

pg_alone_end() {
    [[ -n $PG_ALONE ]] || return 0
    kill -INT "$PG_ALONE" 2>/dev/null || true
    wait "$PG_ALONE" || true
    PG_ALONE=
}

pg_sql() {
    "$PG_BIN/psql" --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --host "$PG_SOCKET" \
        --username postgres --dbname ocrmesh --command "$1"
}

# backup_settings FOLDER: what stands in the environment or, while the mesh runs, in its own, and the files that it names.
backup_settings() {
    local name
    services_configure
    # shellcheck source=/dev/null
    [[ ! -e $RUN/settings ]] || . "$RUN/settings"
    for name in "${!OCR_@}" "${!BILLING_@}" "${!EXPORT_@}" "${!CHAT_@}" "${!BRIDGE_@}" "${!LOG_LEVEL@}" "${!OTEL_@}" "${!MESH_@}" \
        "${!OCRMESH_MESH_@}"; do
        printf '%s=%q\n' "$name" "${!name}"
        if [[ $name == @(*_CERTIFICATE|*_KEY|*_CA_FILE|*_CREDENTIALS_FILE|*_CA) && ${!name} == */* && -f ${!name} ]]; then
            mkdir -p "$1/files"
            cp "${!name}" "$1/files/$name"
        fi
    done >"$1/$BACKUP_SETTINGS"
    [[ ! -d $OCRMESH_HOME/certs ]] || cp -r "$OCRMESH_HOME/certs" "$1/certs"
}

backup_write() ( # FILE FOLDER
    local blobs=()
    (
        umask 077
        backup_settings "$2"
    )
    set -a
    # shellcheck source=/dev/null
    . "$2/$BACKUP_SETTINGS"
    # After the dump: what the jobs in it need was there by then.
    [[ -z ${OCR_S3_URL:-} ]] || blobs=(-- "$BUILD/services/ocr/ocrmesh-ocr-blobs")
    DATABASE_URL=$(pg_url ocr)
    export DATABASE_URL
    # The pictures in it are compressed already.
    "$PYTHON" "$SOURCE/tools/backup.py" write "$1" "$2" -- "$PG_BIN/pg_dump" --host "$PG_SOCKET" --username postgres \
        --format custom --compress 1 ocrmesh "${blobs[@]}"
)

# The file is named from where the caller is.
backup_path() { # COMMAND ARGUMENT...
    (($# == 2)) || misuse "$1 takes one file" "./ocrmesh $1 ocrmesh.backup"
    realpath -m -- "$2"
}

cmd_backup() {
    local file folder
    file=$(backup_path backup "$@") || exit
    [[ ! -e $file ]] || fail "$file is there already" "name another file."
    [[ -d $(dirname "$file") && -w $(dirname "$file") ]] || fail "$(dirname "$file") cannot be written to" "name another folder."
    pg_exists || fail "there is nothing to back up: $PG_HOME has no database" "./ocrmesh up makes one."
    up_lock
    pg_alone_begin
    steps_begin 1
    folder=$(mktemp -d)
    STEP_HINT="make sure that there is room for the file, then run the same command again."
    step "backing up the database and the settings" backup.log backup_write "$file" "$folder"
    rm -rf "$folder"
    pg_alone_end
    say "$file has everything ($(du --human-readable "$file" | cut -f 1)). It holds secrets: keep it as you keep them."
}

# Tables, of which a place that is restored to has none.
restore_check_empty() {
    local tables
    tables=$(pg_sql "SELECT count(*) FROM pg_tables WHERE schemaname IN ('ocr', 'billing', 'chat')")
    ((tables == 0)) || fail "there is a database with accounts and jobs in $PG_HOME" \
        "restore to an empty place: OCRMESH_HOME=FOLDER ./ocrmesh restore FILE, or move that folder away."
}

# All or nothing, so that it can be done again.
restore_database() {
    pg_sql "DROP SCHEMA IF EXISTS ocr, billing, chat"
    "$PYTHON" "$SOURCE/tools/backup.py" dump "$1" | "$PG_BIN/pg_restore" --host "$PG_SOCKET" --username postgres \
        --dbname ocrmesh --single-transaction --exit-on-error
    # What was in S3 is in the database from now on, until it goes: nothing is written to a bucket, which may be another mesh's by
    # now. For the same reason the database gets a folder of its own there.
    "$PYTHON" "$SOURCE/tools/backup.py" blobs "$1" | "$PG_BIN/psql" --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
        --single-transaction --host "$PG_SOCKET" --username postgres --dbname ocrmesh
    if [[ -n $(pg_sql "SELECT to_regclass('ocr.blob_space')") ]]; then
        pg_sql "UPDATE ocr.blob_space SET id = replace(gen_random_uuid()::text, '-', '')"
    fi
    pg_sql "ANALYZE"
}

# The settings name the restored files, not those of the machine that they come from.
restore_settings() { # FILE FOLDER
    local kept name
    (
        umask 077
        mkdir -p "$2"
        "$PYTHON" "$SOURCE/tools/backup.py" extract "$1" "$2"
        for kept in "$2"/files/*; do
            [[ -e $kept ]] || continue
            name=$(basename "$kept")
            printf '%s=%q\n' "$name" "$kept" >>"$2/$BACKUP_SETTINGS"
        done
        # An authority of this place stays; the one of then is beside the settings.
        [[ ! -d $2/certs || -e $OCRMESH_HOME/certs ]] || mv "$2/certs" "$OCRMESH_HOME/certs"
    )
}

cmd_restore() {
    local file folder=$OCRMESH_HOME/restored
    file=$(backup_path restore "$@") || exit
    [[ -f $file ]] || fail "there is no file $file"
    up_lock
    ! pid_of supervisor >/dev/null || fail "the mesh runs" "./ocrmesh down stops it."
    [[ ! -e $folder ]] || fail "$folder is there already, of a restore before" "move it away."
    steps_begin 5
    STEP_HINT="take another copy of the file: nothing has been changed."
    step "checking the file" restore.log "$PYTHON" "$SOURCE/tools/backup.py" verify "$file"
    packages_step "Debian packages" packages.log "$SOURCE/tools/packages-debian.txt"
    pg_step
    pg_alone_begin
    pg_prepare_database
    restore_check_empty
    step "restoring the database" restore.log restore_database "$file"
    step "restoring the settings" restore.log restore_settings "$file" "$folder"
    say "Restored: $(pg_sql "SELECT count(*) FROM billing.account") accounts, $(pg_sql "SELECT count(*) FROM ocr.job") jobs."
    pg_alone_end
    say "The settings of then are in $folder/$BACKUP_SETTINGS. To go on with them:"
    say "  (set -a; . $folder/$BACKUP_SETTINGS; ./ocrmesh up --detach) && ./ocrmesh audit"
}
