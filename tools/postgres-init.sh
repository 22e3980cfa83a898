#!/usr/bin/env bash
# Makes a private PostgreSQL cluster.
#
#     tools/postgres-init.sh FOLDER [SETTING=VALUE ...]
#
# FOLDER gets `data` (the cluster) and `socket` (where it listens; nothing listens on TCP). Both
# belong to the user that will run the server: ours, or `postgres` when we are root, since
# PostgreSQL refuses to run as root. Authentication is by the system user at the other end of the
# socket (peer): root, postgres and the user who made the cluster may be any of its roles, nobody
# else may connect.
set -euo pipefail

folder=$1
shift
bin=/usr/lib/postgresql/15/bin
socket_path_max=107 # bytes in sockaddr_un.sun_path, its final zero not counted

as_owner=()
owner=$(id -un)
if ((EUID == 0)); then
    owner=postgres
    as_owner=(setpriv --reuid postgres --regid postgres --init-groups)
fi

socket=$folder/socket
if ((${#socket} + 14 > socket_path_max)); then
    echo "the path $socket is too long for a socket: choose a shorter OCRMESH_HOME" >&2
    exit 1
fi

mkdir -p "$folder"
install -d -m 0700 -o "$owner" "$socket"
# A cluster is made under another name and moved, so that one half made is never used.
rm -rf "$folder/data.part"
install -d -m 0700 -o "$owner" "$folder/data.part"
(cd / && "${as_owner[@]}" "$bin/initdb" --pgdata "$folder/data.part" --username postgres \
    --encoding UTF8 --locale C.UTF-8 --data-checksums --auth peer --no-sync)

{
    printf "listen_addresses = ''\n"
    printf "unix_socket_directories = '%s'\n" "$socket"
    printf "timezone = 'UTC'\n"
    printf "log_line_prefix = '%%m [%%p] %%q%%u@%%d '\n"
    for setting in "$@"; do
        printf '%s\n' "$setting"
    done
} >>"$folder/data.part/postgresql.conf"

printf 'local all all peer map=ocrmesh\n' >"$folder/data.part/pg_hba.conf"
for user in root postgres "$owner" "$(id -un)"; do
    for role in postgres ocr billing chat; do
        printf 'ocrmesh %s %s\n' "$user" "$role"
    done
done | sort -u >"$folder/data.part/pg_ident.conf"

mv "$folder/data.part" "$folder/data"
