# What operators look at (top) and do with accounts, through billing's operator API: accounts, grant, refund, plan, suspend, resume, audit.
# shellcheck shell=bash

# operator_needs MINIMUM MAXIMUM WHAT EXAMPLE COMMAND ARGUMENT...: whether the arguments are as many as they must be.
operator_needs() {
    local minimum=$1 maximum=$2 what=$3 example=$4 command=$5
    shift 5
    (($# >= minimum && $# <= maximum)) || misuse "$command takes $what" "./ocrmesh $command${example:+ $example}"
}

# cmd_operator COMMAND ARGUMENT...: ends as ocrmesh-admin does; 3: the audit found something.
cmd_operator() {
    case $1 in
    accounts) operator_needs 0 1 "at most a part of an e-mail address" "@example.com" "$@" ;;
    grant) operator_needs 2 3 "an e-mail address and a number of credits" "ada@example.com 500" "$@" ;;
    refund) operator_needs 2 3 "an e-mail address and a job" "ada@example.com 9f2c1b7e4a" "$@" ;;
    plan) operator_needs 2 2 "an e-mail address and a plan" "ada@example.com pro" "$@" ;;
    suspend | resume) operator_needs 1 1 "an e-mail address" "ada@example.com" "$@" ;;
    audit) operator_needs 0 0 "nothing" "" "$@" ;;
    esac
    services_configure
    # shellcheck source=/dev/null
    [[ ! -e $RUN/settings ]] || . "$RUN/settings"
    process_is_ready billing || fail "billing does not run" "start it with ./ocrmesh up --detach."
    operator_program "$@"
}

# operator_program ARGUMENT...: ocrmesh-admin, with the operators' certificate where the mesh has one.
operator_program() {
    (
        mesh_tls_export operator
        exec "$BUILD/services/billing/ocrmesh-admin" "$@"
    )
}

# cmd_top [--once | NAME=HOST:PORT]...: a live view of what runs; one snapshot where it is piped.
cmd_top() {
    services_configure
    # shellcheck source=/dev/null
    [[ ! -e $RUN/settings ]] || . "$RUN/settings"
    [[ -x $BUILD/services/top/ocrmesh-top ]] || fail "nothing is built" "build it with ./ocrmesh build."
    trap - INT
    exec "$BUILD/services/top/ocrmesh-top" "$@"
}
