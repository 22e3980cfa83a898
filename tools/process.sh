# Process ids on disk: written with the start time, so that a reused id is never taken for ours.
# shellcheck shell=bash

# process_start_time PID: in clock ticks since boot, field 22 of /proc/PID/stat; fails when gone.
process_start_time() {
    local line fields
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The second field is a name in brackets, which may hold anything.
    read -r -a fields <<<"${line##*) }"
    [[ ${fields[0]} != Z ]] || return 1 # ended; its parent has not looked yet
    printf '%s' "${fields[19]}"
}

pid_record() { # NAME PID
    printf '%s %s\n' "$2" "$(process_start_time "$2" || echo 0)" >"$RUN/$1.pid.part"
    mv "$RUN/$1.pid.part" "$RUN/$1.pid"
}

# pid_of NAME: prints the id when that very process lives.
pid_of() {
    local pid started
    { read -r pid started <"$RUN/$1.pid"; } 2>/dev/null || return 1
    [[ $(process_start_time "$pid") == "$started" ]] || return 1
    printf '%s' "$pid"
}

# pid_wait PID SECONDS: until it has ended; fails when it has not by then.
pid_wait() {
    local started deadline=$((SECONDS + $2))
    started=$(process_start_time "$1") || return 0
    while [[ $(process_start_time "$1") == "$started" ]]; do
        ((SECONDS < deadline)) || return 1
        pause 0.05
    done
}

# pause SECONDS: without a process that could be left behind.
pause() {
    [[ -n ${PAUSE_FD:-} ]] || exec {PAUSE_FD}<> <(:)
    read -r -t "$1" -u "$PAUSE_FD" || true
}
