#!/usr/bin/env bash
# Keeps PostgreSQL and the services running until it gets SIGTERM; started by `./ocrmesh up`.
#
# A process that ends is started again: at once the first time, then with a pause that doubles up to
# RESTART_PAUSE_MAX, and that is forgotten once the process has run for STEADY_SECONDS. Each
# process is a session of its own, so that what it leaves behind (the workers of a killed ocr) can
# be ended with it.
set -uo pipefail

for part in lib process postgres certs services; do
    # shellcheck source=/dev/null
    . "$SOURCE/tools/$part.sh"
done

STEADY_SECONDS=30
RESTART_PAUSE_MAX=8                             # seconds
DRAIN_SECONDS=${OCRMESH_DRAIN_SECONDS:-30}      # from SIGTERM to SIGKILL; a service takes up to 20
POSTGRES_START_SECONDS=60                       # recovery after a crash included
LOG_BYTES_MAX=$((16 * 1024 * 1024))             # of a log at start; a longer one becomes NAME.log.1

declare -A name_of_pid=() pid_of_name=() started_at=() pause_of=() restarts=() timer_of_pid=()
stopping=

note() { printf '%(%Y-%m-%dT%H:%M:%S)T %s\n' -1 "$*"; }

start() {
    local name=$1
    process_exec "$name" &
    pid_of_name[$name]=$!
    name_of_pid[$!]=$name
    started_at[$name]=$SECONDS
    pid_record "$name" $!
    note "$name: started, pid $!"
}

# Ends what a dead process left in its session.
sweep() { kill -KILL -- "-$1" 2>/dev/null || true; }

restart_later() {
    local name=$1 pause
    if ((SECONDS - started_at[$name] >= STEADY_SECONDS)); then
        pause_of[$name]=0
    fi
    pause=${pause_of[$name]:-0}
    pause_of[$name]=$((pause == 0 ? 1 : pause * 2 > RESTART_PAUSE_MAX ? RESTART_PAUSE_MAX : pause * 2))
    restarts[$name]=$((${restarts[$name]:-0} + 1))
    echo "${restarts[$name]}" >"$RUN/$name.restarts"
    note "$name: to be started again in $pause s"
    sleep "$pause" &
    timer_of_pid[$!]=$name
}

on_end() {
    local pid=$1 status=$2 name
    if [[ -n ${timer_of_pid[$pid]:-} ]]; then
        name=${timer_of_pid[$pid]}
        unset "timer_of_pid[$pid]"
        [[ -n $stopping ]] || start "$name"
    elif [[ -n ${name_of_pid[$pid]:-} ]]; then
        name=${name_of_pid[$pid]}
        unset "name_of_pid[$pid]" "pid_of_name[$name]"
        sweep "$pid"
        note "$name: ended with status $status"
        [[ -n $stopping ]] || restart_later "$name"
    fi
}

# end NAME...: asks them to end, waits, and ends by force what has not by the deadline.
end() {
    local name pid timer status ended
    for name in "$@"; do
        pid=${pid_of_name[$name]:-}
        [[ -n $pid ]] || continue
        # PostgreSQL: SIGINT is "fast" shutdown; SIGTERM waits for every client to leave.
        if [[ $name == postgres ]]; then kill -INT "$pid"; else kill -TERM "$pid"; fi 2>/dev/null
    done
    sleep "$DRAIN_SECONDS" &
    timer=$!
    while true; do
        local left=()
        for name in "$@"; do
            [[ -z ${pid_of_name[$name]:-} ]] || left+=("${pid_of_name[$name]}")
        done
        ((${#left[@]} > 0)) || break
        ended=
        wait -n -p ended
        status=$?
        ((status != 127)) || break # no child left
        if [[ ${ended:-} == "$timer" ]]; then
            timer=
            note "not ended after $DRAIN_SECONDS s, killed: ${left[*]}"
            kill -KILL "${left[@]}" 2>/dev/null
        elif [[ -n ${ended:-} ]]; then
            on_end "$ended" "$status"
        fi
    done
    # It ignores SIGTERM, as we do while we stop.
    [[ -z $timer ]] || kill -KILL "$timer" 2>/dev/null
}

stop() {
    local name
    stopping=1
    trap '' TERM INT HUP
    note "stopping"
    ((${#timer_of_pid[@]} == 0)) || kill "${!timer_of_pid[@]}" 2>/dev/null
    end bridge # it lets its requests finish, and needs the others for that
    end ocr chat export
    end billing
    end postgres
    for name in "${PROCESSES[@]}"; do
        rm -f "$RUN/$name.pid" "$RUN/$name.restarts"
    done
    rm -f "$RUN/supervisor.pid" "$RUN/settings" "$RUN/fingerprint"
    note "stopped"
    exit "${1:-0}"
}

give_up() {
    note "$1"
    echo "$1" >"$RUN/failure"
    stop 1
}

rotate_logs() {
    local name log
    for name in "${PROCESSES[@]}"; do
        log=$(service_log "$name")
        if [[ -e $log ]] && (($(stat -c %s "$log") > LOG_BYTES_MAX)); then
            mv "$log" "$log.1"
        fi
    done
}

start_postgres() {
    local deadline=$((SECONDS + POSTGRES_START_SECONDS))
    start postgres
    until pg_is_ready; do
        [[ -n $(pid_of postgres) ]] || give_up "PostgreSQL did not start; see $(service_log postgres)"
        ((SECONDS < deadline)) || give_up "PostgreSQL was not ready after $POSTGRES_START_SECONDS s"
        pause 0.05
    done
    pg_prepare_database || give_up "the database could not be prepared"
}

trap stop TERM INT HUP
export SOURCE OCRMESH_HOME
mkdir -p "$RUN" "$LOGS"
rotate_logs
rm -f "$RUN/failure"
pid_record supervisor $$
start_postgres
for name in "${SERVICES[@]}"; do
    start "$name"
done
while true; do
    ended=
    wait -n -p ended
    status=$?
    [[ -z ${ended:-} ]] || on_end "$ended" "$status"
done
