# Paths, messages and steps: what every other part of ./ocrmesh stands on.
#
# A step is one thing that takes time. It is announced with its number, runs with its output in a
# log of its own, and is reported with the time it took:
#
#     steps_begin 3
#     step "building" build.log ninja -C "$BUILD"
#
# A step that fails ends the program: it names the step, the log, the log's last lines and what to
# do next. `step` must stand alone, never in a condition: bash ignores `set -e` in there.
# shellcheck shell=bash

OCRMESH_HOME=${OCRMESH_HOME:-$SOURCE/.ocrmesh}
mkdir -p "$OCRMESH_HOME"
OCRMESH_HOME=$(cd -- "$OCRMESH_HOME" && pwd)

DEPS=$OCRMESH_HOME/deps         # unpacked third-party files that the build reads
TOOLS_BIN=$OCRMESH_HOME/tools/bin # programs that the tests use
VENV=$OCRMESH_HOME/venv         # Python packages that the tests use
LOGS=$OCRMESH_HOME/logs         # one file a step, one a process
RUN=$OCRMESH_HOME/run           # what runs: process ids, ports
BUILD=$OCRMESH_HOME/build/plain
BUILD_SANITIZED=$OCRMESH_HOME/build/sanitized
PYTHON=/usr/bin/python3 # Debian's; another one first on PATH knows nothing of our packages

LOG_TAIL_LINES=20    # of a failed step's log, on the terminal
LOG_TAIL_COLUMNS=400 # of each of them; a linker's command has thousands
DISK_LOW_MIB=200     # free space below which a failed step's reason is probably that
HEARTBEAT_SECONDS=30 # between two signs of life where the output is no terminal
TRIES_MAX=5          # of what comes over the network, or waits for another program's lock
TRY_PAUSE_SECONDS=5  # before the second one; twice as long before each further one

STEP_NUMBER=0
STEP_TOTAL=0
STEP_HINT=
STEP_TICKER=
STEP_FAILED= # the text of the one that ended the program

cores() { nproc; }

if [[ -t 1 && ${TERM:-dumb} != dumb ]]; then
    IS_TERMINAL=1 BOLD=$'\e[1m' RED=$'\e[31m' GREEN=$'\e[32m' DIM=$'\e[2m' PLAIN=$'\e[0m'
    CLEAR_LINE=$'\r\e[K'
else
    IS_TERMINAL='' BOLD='' RED='' GREEN='' DIM='' PLAIN='' CLEAR_LINE=''
fi

say() { printf '%s\n' "$*"; }
warn() { printf '%sWarning:%s %s\n' "$BOLD" "$PLAIN" "$*" >&2; }

# fail MESSAGE [NEXT]: ends the program.
fail() {
    printf '%socrmesh: %s%s\n' "$RED" "$1" "$PLAIN" >&2
    [[ -z ${2:-} ]] || printf '  Next: %s\n' "$2" >&2
    exit 1
}

# misuse MESSAGE [NEXT]: ends the program, which was called in a way that it does not know.
misuse() {
    (fail "$1" "${2:-see ./ocrmesh help}") || exit 2
}

asks_for_help() { [[ " $* " == *" -h "* || " $* " == *" --help "* ]]; }

# no_arguments COMMAND ARGUMENT...: of commands that take none.
no_arguments() {
    (($# == 1)) || misuse "$1 takes no '$2'"
}

# as_root COMMAND...: through sudo unless we are root already.
as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "this needs root: run as root, or install sudo" >&2
        return 1
    fi
}

# again COMMAND...: until it succeeds, TRIES_MAX times at most. For what may fail for a moment without
# anybody's fault. Bash ignores `set -e` in the command.
again() {
    local try pause=$TRY_PAUSE_SECONDS
    for ((try = 1; try < TRIES_MAX; try++)); do
        if "$@"; then
            return 0
        fi
        echo "That failed; it is tried again in $pause s ($try of $TRIES_MAX)." >&2
        sleep "$pause"
        pause=$((pause * 2))
    done
    "$@"
}

# The path as a person would type it from the checkout.
short_path() { printf '%s' "${1#"$SOURCE"/}"; }

steps_begin() {
    STEP_NUMBER=0
    STEP_TOTAL=$1
    mkdir -p "$LOGS"
}

# step TEXT LOG COMMAND...: see the top of this file. STEP_HINT may be set before it.
step() {
    local text=$1 log=$LOGS/$2 status=0 started=$SECONDS
    shift 2
    STEP_NUMBER=$((STEP_NUMBER + 1))
    local label="[$STEP_NUMBER/$STEP_TOTAL] $text"

    if [[ -n $IS_TERMINAL ]]; then
        printf '%s ...' "$label"
    else
        printf '%s ... (log: %s)\n' "$label" "$(short_path "$log")"
    fi
    : >"$log"
    step_ticker "$label" "$log" $$ &
    STEP_TICKER=$!
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1 </dev/null
    status=$?
    set -e
    step_silence
    if ((status != 0)); then
        STEP_FAILED=$text
        printf '%s%s: %sfailed%s\n' "$CLEAR_LINE" "$label" "$RED" "$PLAIN"
        step_explain "$text" "$log" "$status" $((SECONDS - started))
        exit 1
    fi
    printf '%s%s: %sdone%s in %d s\n' "$CLEAR_LINE" "$label" "$GREEN" "$PLAIN" \
        $((SECONDS - started))
    STEP_HINT=
}

# Ends the running step's progress line.
step_silence() {
    [[ -n $STEP_TICKER ]] || return 0
    kill "$STEP_TICKER" 2>/dev/null || true
    wait "$STEP_TICKER" 2>/dev/null || true
    STEP_TICKER=
}

# job_begin LOG COMMAND...: in the background, in a process group of its own, so that all of it can be
# ended; sets JOB, for `wait`.
JOB=
JOBS=()
job_begin() {
    local log=$1
    shift
    set -m
    (
        set -e
        "$@"
    ) >"$log" 2>&1 </dev/null &
    JOB=$!
    set +m
    JOBS+=("$JOB")
}

# Interrupts those that still run, and waits for them to put away what they made.
jobs_end() {
    local job
    for job in "${JOBS[@]}"; do
        kill -INT -- "-$job" 2>/dev/null || true
        wait "$job" 2>/dev/null || true
    done
    JOBS=()
}

# step_skip TEXT REASON: a step that has nothing to do.
step_skip() {
    STEP_NUMBER=$((STEP_NUMBER + 1))
    printf '[%d/%d] %s: %s\n' "$STEP_NUMBER" "$STEP_TOTAL" "$1" "$2"
}

# Shows that a step goes on: the seconds and the log's last line on a terminal, one line every
# HEARTBEAT_SECONDS elsewhere. Ends with its parent.
step_ticker() {
    local label=$1 log=$2 parent=$3 started=$SECONDS line width quiet=0

    trap 'exit 0' TERM
    trap '' INT
    # `read -t` on a pipe that nobody writes to waits without a process that could be left behind.
    exec {never}<> <(:)
    while kill -0 "$parent" 2>/dev/null; do
        read -r -t 1 -u "$never" || true
        quiet=$((quiet + 1))
        if [[ -n $IS_TERMINAL ]]; then
            width=$((${COLUMNS:-80} - ${#label} - 14))
            line=$(tail -c 400 "$log" 2>/dev/null | tr '\r' '\n' | tr -cd '[:print:]\n' | tail -n 1)
            ((width > 10)) || line=
            printf '%s%s ... %d s %s%s%s' "$CLEAR_LINE" "$label" $((SECONDS - started)) "$DIM" \
                "${line:0:$((width > 0 ? width : 0))}" "$PLAIN"
        elif ((quiet % HEARTBEAT_SECONDS == 0)); then
            printf '      ... %d s\n' $((SECONDS - started))
        fi
    done
}

step_explain() {
    local next=${STEP_HINT:-read the log, mend the cause, and run the same command again; what is done already is not done twice.}
    local free_mib
    free_mib=$(df --block-size=1M --output=avail "$OCRMESH_HOME" | tail -n 1)
    if ((free_mib < DISK_LOW_MIB)); then
        next="make room for $OCRMESH_HOME, which has $((free_mib)) MiB left, then run the same command again."
    fi
    {
        printf '\nThe step "%s" failed with status %d after %d s.\n' "$1" "$3" "$4"
        printf '  Log:  %s; its last lines:\n' "$2"
        tail -n "$LOG_TAIL_LINES" "$2" | cut -c "1-$LOG_TAIL_COLUMNS" | sed 's/^/    | /'
        printf '  Next: %s\n' "$next"
    } >&2
}

# On Ctrl-C; of `up`, once its processes start, see up_interrupted.
interrupted() {
    trap '' INT
    step_silence
    printf '%sInterrupted. The same command goes on where this one was.\n' "$CLEAR_LINE" >&2
    exit 130
}
