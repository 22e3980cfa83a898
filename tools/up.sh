# `./ocrmesh up`, `down`, `status` and `logs`.
# shellcheck shell=bash

READY_SECONDS=90    # for all processes together, migrations included
SUPERVISOR_END_SECONDS=120
CRASHES_MAX=4       # of one process while we wait for it
SAMPLE=$SOURCE/tests/data/sample.png
SAMPLE_WAIT_SECONDS=600
SAMPLE_LINES=40     # of its text, on the terminal

# One `up` or `down` of this checkout at a time. The lock goes with this process.
up_lock() {
    mkdir -p "$RUN"
    chmod 700 "$RUN" # the settings in it may have keys and passwords
    exec {UP_LOCK}>"$RUN/lock"
    if ! flock --nonblock "$UP_LOCK"; then
        say "Another ./ocrmesh is at work in this checkout; waiting for it."
        flock "$UP_LOCK"
    fi
}
up_unlock() { exec {UP_LOCK}>&-; }

address_is_taken() { (exec 3<>"/dev/tcp/${1%:*}/${1##*:}") 2>/dev/null; }

# An address that answers belongs to somebody else, but for those of the mesh that runs.
check_addresses() {
    local name variable variables=() own=''
    ! pid_of supervisor >/dev/null || own=$(own_addresses)
    for name in "${SERVICES[@]}"; do
        variables+=("${name^^}_LISTEN" "${name^^}_ADMIN_LISTEN")
    done
    [[ -z ${BRIDGE_TLS_CERTIFICATE:-} ]] || variables+=(BRIDGE_TLS_LISTEN)
    for variable in "${variables[@]}"; do
        [[ $own == *" ${!variable} "* ]] || ! address_is_taken "${!variable}" ||
            fail "${!variable} is taken by another program" \
                "end that program, or choose another address: $variable=127.0.0.1:PORT ./ocrmesh up"
    done
}

# own_addresses: those that the mesh which runs serves on, each between spaces.
own_addresses() (
    unset BRIDGE_TLS_CERTIFICATE
    # shellcheck source=/dev/null
    . "$RUN/settings"
    for name in "${SERVICES[@]}"; do
        printf ' %s  %s ' "$(service_listen "$name")" "$(service_admin "$name")"
    done
    [[ -z ${BRIDGE_TLS_CERTIFICATE:-} ]] || printf ' %s ' "$BRIDGE_TLS_LISTEN"
)

# Whether what is to run could: before anything that runs is ended. Each program looks at its own
# settings; several refuse one that they share.
check_settings() {
    local name refusals='' next="set it right, or unset it for its default: docs/configuration.md"
    mkdir -p "$OCR_WORK_DIR" 2>/dev/null ||
        misuse "OCR_WORK_DIR must be a folder, or where one can be made, not '$OCR_WORK_DIR'" "$next"
    mesh_tls_is_on || true # ends where it is neither
    for name in "${SERVICES[@]}"; do
        refusals+=$(settings_refusal "$name")$'\n'
    done
    refusals=$(sort --unique <<<"$refusals" | sed '/^$/d')
    [[ -z $refusals ]] || misuse "${refusals//$'\n'/$'\nocrmesh: '}" "$next"
}

# Processes that a killed supervisor left behind.
end_orphans() {
    local name pid
    for name in bridge export chat ocr billing postgres; do
        pid=$(pid_of "$name") || continue
        say "$name (pid $pid) was left running: ending it"
        if [[ $name == postgres ]]; then kill -INT "$pid"; else kill -TERM "$pid"; fi
        pid_wait "$pid" 20 || kill -KILL "$pid"
        [[ $name == postgres ]] || kill -KILL -- "-$pid" 2>/dev/null || true
        rm -f "$RUN/$name.pid"
    done
}

start_processes() {
    mkdir -p "$RUN" "$LOGS"
    ! mesh_tls_is_on || certs_ensure
    services_fingerprint >"$RUN/fingerprint"
    declare -p "${!OCR_@}" "${!BILLING_@}" "${!EXPORT_@}" "${!CHAT_@}" "${!BRIDGE_@}" "${!MESH_@}" \
        OCRMESH_MESH_TLS \
        >"$RUN/settings"
    rm -f "$RUN/failure" "$RUN"/*.restarts
    export SOURCE OCRMESH_HOME
    setsid "$SOURCE/tools/supervisor.sh" \
        </dev/null >>"$LOGS/supervisor.log" 2>&1 {UP_LOCK}>&- &
    wait_ready $!
}

# last_error PROCESS: ": OCR_WORKERS must be a whole number, ...", where its log ends with what it failed with.
last_error() {
    tail -n 1 "$(service_log "$1")" |
        jq --raw-output 'select(.level == "error" and .error) | ": \(.error)"' 2>/dev/null || true
}

# wait_ready SUPERVISOR-PID: until each process answers that it can do its work.
wait_ready() {
    local supervisor=$1 deadline=$((SECONDS + READY_SECONDS)) name
    for name in "${PROCESSES[@]}"; do
        until process_is_ready "$name"; do
            if ! kill -0 "$supervisor" 2>/dev/null; then
                echo "the supervisor ended: $(cat "$RUN/failure" 2>/dev/null)"
                tail -n 5 "$LOGS/supervisor.log"
                return 1
            fi
            if (($(cat "$RUN/$name.restarts" 2>/dev/null || echo 0) >= CRASHES_MAX)); then
                echo "$name keeps ending$(last_error "$name"); the last lines of $(service_log "$name"):"
                tail -n 10 "$(service_log "$name")"
                end_supervisor "$supervisor"
                return 1
            fi
            if ((SECONDS >= deadline)); then
                echo "$name is not ready after $READY_SECONDS s; it answers:"
                [[ $name == postgres ]] ||
                    curl --silent --show-error --max-time 2 "http://$(service_admin "$name")/readyz" || true
                echo
                echo "the last lines of $(service_log "$name"):"
                tail -n 10 "$(service_log "$name")"
                end_supervisor "$supervisor"
                return 1
            fi
            pause 0.05
        done
        echo "$name is ready"
    done
}

# end_supervisor PID: and with it everything that it runs.
end_supervisor() {
    kill -TERM "$1"
    pid_wait "$1" "$SUPERVISOR_END_SECONDS"
}

stop_processes() {
    local pid
    if pid=$(pid_of supervisor); then
        end_supervisor "$pid" || fail "the supervisor (pid $pid) does not end" \
            "look into $LOGS/supervisor.log, then kill it and run ./ocrmesh down again."
    fi
    end_orphans
}

processes_step() {
    local text="starting PostgreSQL, billing, ocr, export, chat, bridge"
    if pid_of supervisor >/dev/null; then
        if [[ $(services_fingerprint) == "$(cat "$RUN/fingerprint" 2>/dev/null)" ]]; then
            UP_STARTED=
            STEP_HINT="see ./ocrmesh status and ./ocrmesh logs; ./ocrmesh down starts afresh."
            step "checking the processes, which run already" start.log \
                wait_ready "$(pid_of supervisor)"
            return
        fi
        text="starting anew, since programs or settings changed"
        check_addresses
        stop_processes
    fi
    end_orphans
    check_addresses
    UP_STARTED=1
    STEP_HINT="read what the log says of the process; ./ocrmesh logs NAME shows its own log."
    step "$text" start.log start_processes
}

check_file() {
    local next="name a PNG, JPEG, TIFF, WEBP, GIF, BMP or PDF file."
    [[ -e $1 ]] || fail "there is no file $1" "$next"
    [[ -f $1 ]] || fail "$1 is not a file" "$next"
    [[ -r $1 ]] || fail "the file $1 cannot be read" "$next"
    [[ -s $1 ]] || fail "the file $1 is empty" "$next"
}

cmd_up() {
    local detach='' file=''
    while (($# > 0)); do
        case $1 in
        --detach | -d) detach=1 ;;
        -*) misuse "up has no option '$1'" ;;
        *)
            [[ -z $file ]] || misuse "up takes one file" "./ocrmesh up '$file'"
            file=$1
            ;;
        esac
        shift
    done
    file=${file:-$SAMPLE}
    check_file "$file"
    file=$(readlink -f -- "$file")

    up_lock
    services_configure
    if ! pid_of supervisor >/dev/null; then # sooner than after a long build
        end_orphans
        check_addresses
    fi
    steps_begin 6
    packages_step "Debian packages" packages.log "$SOURCE/tools/packages-debian.txt"
    deps_step
    build_step programs
    check_settings
    pg_step
    UP_STARTED=
    # From here on a Ctrl-C ends what we started.
    [[ -n $detach ]] || trap up_interrupted INT TERM HUP
    processes_step
    STEP_HINT="where the file is at fault, ./ocrmesh up ANOTHER-FILE; else see ./ocrmesh logs ocr and ./ocrmesh logs bridge.
        The service runs on; ./ocrmesh down stops it."
    sample_step "$file"
    up_unlock
    up_farewell "$detach"
}

up_interrupted() {
    trap '' INT TERM HUP
    step_silence
    printf '%sStopping.\n' "$CLEAR_LINE"
    [[ -z ${UP_STARTED:-} ]] || stop_processes
    exit 130
}

up_farewell() {
    local supervisor
    say ""
    say "ocrmesh serves on ${BOLD}http://$BRIDGE_LISTEN${PLAIN}; a browser finds a playground there. Or try:"
    say "  curl -F file=@$(short_path "$SAMPLE") http://$BRIDGE_LISTEN/api/v1/ocr/"
    [[ -z ${BRIDGE_TLS_CERTIFICATE:-} ]] ||
        say "The same under TLS: port ${BRIDGE_TLS_LISTEN##*:} of the name in the certificate."
    say "That is an anonymous call, a few pages a day; $(short_path "$SAMPLE_TOKEN") has an account's token."
    if [[ -n $1 || -z $UP_STARTED ]]; then
        say "It runs in the background: ./ocrmesh status, ./ocrmesh logs, ./ocrmesh down."
        return
    fi
    say "Ctrl-C stops it. (./ocrmesh up --detach leaves it running.)"
    supervisor=$(pid_of supervisor) || fail "the supervisor has ended" "see $LOGS/supervisor.log"
    while kill -0 "$supervisor" 2>/dev/null; do
        pause 0.5
    done
    say "The processes have been stopped."
}

cmd_down() {
    up_lock
    if ! pid_of supervisor >/dev/null; then
        end_orphans
        say "Nothing runs."
        return
    fi
    say "Stopping: requests in flight are finished first."
    stop_processes
    say "Stopped."
}

cmd_status() {
    local name pid restarts ready missing=0
    services_configure
    # shellcheck source=/dev/null
    [[ ! -e $RUN/settings ]] || . "$RUN/settings"
    if ! pid_of supervisor >/dev/null; then
        say "Not running. ./ocrmesh up starts it."
        return 1
    fi
    printf '%-10s %-8s %-9s %-18s %-18s %s\n' PROCESS PID READY SERVES ADMIN RESTARTS
    for name in "${PROCESSES[@]}"; do
        pid=$(pid_of "$name") || pid=-
        ready=no
        if process_is_ready "$name"; then ready=yes; else missing=1; fi
        restarts=$(cat "$RUN/$name.restarts" 2>/dev/null || echo 0)
        if [[ $name == postgres ]]; then
            printf '%-10s %-8s %-9s %-37s %s\n' "$name" "$pid" "$ready" "$PG_SOCKET" "$restarts"
        else
            printf '%-10s %-8s %-9s %-18s %-18s %s\n' "$name" "$pid" "$ready" \
                "$(service_listen "$name")" "$(service_admin "$name")" "$restarts"
        fi
    done
    return $missing
}

# logs [SERVICE]: follows one log, or all of them.
cmd_logs() {
    local known=(supervisor "${PROCESSES[@]}") names=("$@") files=() name
    ((${#names[@]} > 0)) || names=("${known[@]}")
    for name in "${names[@]}"; do
        [[ " ${known[*]} " == *" $name "* ]] ||
            misuse "there is no log of '$name'" "logs are kept of: ${known[*]}"
        [[ -e $(service_log "$name") ]] || fail "$name has not run yet" "./ocrmesh up starts it."
        files+=("$(service_log "$name")")
    done
    exec tail -n 50 -F "${files[@]}"
}
