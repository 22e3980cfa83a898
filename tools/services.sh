# The processes of the mesh: their order, executables, addresses and environment.
#
# Every address can be set in the environment; the defaults stand here once.
# shellcheck shell=bash

# Started in this order; stopped in the reverse one.
SERVICES=(billing ocr export chat bridge)
PROCESSES=(postgres "${SERVICES[@]}")

services_configure() {
    export BILLING_LISTEN=${BILLING_LISTEN:-127.0.0.1:50052}
    export OCR_LISTEN=${OCR_LISTEN:-127.0.0.1:50051}
    export EXPORT_LISTEN=${EXPORT_LISTEN:-127.0.0.1:50054}
    export CHAT_LISTEN=${CHAT_LISTEN:-127.0.0.1:50053}
    export BRIDGE_LISTEN=${BRIDGE_LISTEN:-127.0.0.1:8080}

    export BRIDGE_TLS_LISTEN=${BRIDGE_TLS_LISTEN:-127.0.0.1:8443}
    local file
    for file in BRIDGE_TLS_CERTIFICATE BRIDGE_TLS_KEY; do # they may be named from where the caller is
        [[ -z ${!file:-} ]] || export "$file=$(realpath -m "${!file}")"
    done

    export BILLING_ADMIN_LISTEN=${BILLING_ADMIN_LISTEN:-127.0.0.1:9052}
    export OCR_ADMIN_LISTEN=${OCR_ADMIN_LISTEN:-127.0.0.1:9051}
    export EXPORT_ADMIN_LISTEN=${EXPORT_ADMIN_LISTEN:-127.0.0.1:9054}
    export CHAT_ADMIN_LISTEN=${CHAT_ADMIN_LISTEN:-127.0.0.1:9053}
    export BRIDGE_ADMIN_LISTEN=${BRIDGE_ADMIN_LISTEN:-127.0.0.1:9080}

    export BILLING_TARGET=${BILLING_TARGET:-dns:///$BILLING_LISTEN}
    export OCR_TARGET=${OCR_TARGET:-dns:///$OCR_LISTEN}
    export EXPORT_TARGET=${EXPORT_TARGET:-dns:///$EXPORT_LISTEN}
    export CHAT_TARGET=${CHAT_TARGET:-dns:///$CHAT_LISTEN}

    export OCRMESH_MESH_TLS=${OCRMESH_MESH_TLS:-false}
    for file in MESH_TLS_CERTIFICATE MESH_TLS_KEY MESH_TLS_CA OCR_S3_CREDENTIALS_FILE OCR_S3_CA_FILE; do
        [[ -z ${!file:-} ]] || export "$file=$(realpath -m "${!file}")"
    done

    export OCR_WORKERS=${OCR_WORKERS:-$(cores)}
    export OCR_WORK_DIR=${OCR_WORK_DIR:-$OCRMESH_HOME/spool}
}

service_program() {
    case $1 in
    bridge) echo "$BUILD/bridge/ocrmesh-bridge" ;;
    *) echo "$BUILD/services/$1/ocrmesh-$1" ;;
    esac
}

# The variable that holds an address, for example BRIDGE_ADMIN_LISTEN.
service_listen() { local name=${1^^}_LISTEN && printf '%s' "${!name}"; }
service_admin() { local name=${1^^}_ADMIN_LISTEN && printf '%s' "${!name}"; }

service_log() { printf '%s/%s.log' "$LOGS" "$1"; }

# process_exec NAME: replaces the shell by the process, in a session of its own, its output
# appended to its log.
process_exec() {
    exec </dev/null >>"$(service_log "$1")" 2>&1
    if [[ $1 == postgres ]]; then
        cd /
        exec setsid "${PG_AS_OWNER[@]}" "$PG_BIN/postgres" -D "$PG_HOME/data"
    fi
    mesh_tls_export "$1"
    service_export "$1"
    exec setsid "$(service_program "$1")"
}

# service_export NAME: the settings that this service alone has.
service_export() {
    [[ $1 == @(ocr|billing|chat) ]] || return 0
    DATABASE_URL=$(pg_url "$1")
    export DATABASE_URL
}

# settings_refusal NAME: the line by which the service refuses its settings; nothing when they are right.
# Certificates of ours may be missing, or for another name: they are made at the start.
settings_refusal() (
    service_export "$1"
    ! mesh_tls_is_ours || export MESH_PLAINTEXT=true
    "$(service_program "$1")" --check-config 2>&1 || true
)

# Ready means that the process can do its work: database and neighbours answer.
process_is_ready() {
    case $1 in
    postgres) pg_is_ready ;;
    *) curl --silent --fail --output /dev/null --max-time 2 "http://$(service_admin "$1")/readyz" ;;
    esac
}

# What runs now depends on these: the programs' bytes and the settings.
services_fingerprint() {
    local name programs=("$BUILD/services/ocr/ocrmesh-ocr-worker")
    for name in "${SERVICES[@]}"; do
        programs+=("$(service_program "$name")")
    done
    {
        stat -c '%n %i %Y %s' "${programs[@]}" 2>&1 || true
        env | grep -E '^(OCR|BILLING|EXPORT|CHAT|BRIDGE|LOG|OTEL|MESH|OCRMESH_MESH)_' | sort
    } | sha256sum | cut -c 1-32
}
