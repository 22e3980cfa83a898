# `./ocrmesh bench [NAME]`: each bench is a program tools/bench-NAME.py that prints its own table.
# shellcheck shell=bash

BENCH_VENV=$OCRMESH_HOME/venv-bench # Python packages of the benches that compare engines

bench_venv_stamp() { sha256sum <"$SOURCE/tests/accuracy/requirements.txt" | cut -c 1-16; }

bench_venv_make() {
    rm -rf "$BENCH_VENV"
    "$PYTHON" -m venv "$BENCH_VENV"
    "$BENCH_VENV/bin/pip" install --quiet --disable-pip-version-check \
        -r "$SOURCE/tests/accuracy/requirements.txt"
    bench_venv_stamp >"$BENCH_VENV/.requirements"
}

bench_venv_step() {
    local text="RapidOCR, rank_bm25 and what the bench needs"
    if [[ -e $BENCH_VENV/.requirements && $(cat "$BENCH_VENV/.requirements") == "$(bench_venv_stamp)" ]]; then
        step_skip "$text" "all there"
        return
    fi
    STEP_HINT="check that this machine reaches the Python package index, then run the same command again."
    step "$text" venv-bench.log bench_venv_make
}

# Prepares what a bench needs; leaves the Python that runs it in BENCH_PYTHON.
bench_prepare() {
    local name=$1
    case $name in
    accuracy | calibration | chat | exports | speed | structure)
        steps_begin 6
        test_packages_steps
        packages_step "Debian packages of the bench" packages-bench.log "$SOURCE/tools/packages-bench.txt"
        bench_venv_step
        command -v npm >/dev/null || fail "this bench fetches a package of texts with npm" \
            "install npm: as root, apt-get install npm"
        BENCH_PYTHON=$BENCH_VENV/bin/python
        ;;
    bridge | rpc)
        steps_begin 5
        test_packages_steps
        packages_step "Debian packages of the bench" packages-bench.log "$SOURCE/tools/packages-bench.txt"
        BENCH_PYTHON=$VENV/bin/python
        OCRMESH_GO=$(go_program)
        export OCRMESH_GO OCRMESH_THIRD_PARTY_PROTOS=$DEPS/protos
        ;;
    export-speed | uploads)
        steps_begin 5
        test_packages_steps
        packages_step "Debian packages of the bench" packages-bench.log "$SOURCE/tools/packages-bench.txt"
        BENCH_PYTHON=$VENV/bin/python
        ;;
    *)
        steps_begin 4
        test_packages_steps
        BENCH_PYTHON=$VENV/bin/python
        ;;
    esac
    build_step
}

bench_names() { (cd "$SOURCE/tools" && echo bench-*.py | sed 's/bench-//g; s/\.py//g'); }

# bench_about NAME: what its program says of itself, without what running it needs.
bench_about() { sed -n '/^"""$/q; s/^"""//; p' "$SOURCE/tools/bench-$1.py"; }

bench_help() {
    local name
    say "Usage: ./ocrmesh bench [NAME] [OPTION...]     ./ocrmesh bench NAME --help: its options"
    say ""
    for name in $(bench_names); do
        printf '  %-12s %s\n' "$name" "$(bench_about "$name" | head -n 1)"
    done
}

cmd_bench() {
    local name=${1:-speed}
    (($# == 0)) || shift
    if [[ $name == @(-h|--help) ]]; then
        bench_help
        return
    fi
    local program=$SOURCE/tools/bench-$name.py
    [[ -e $program ]] || misuse "there is no bench '$name'" "choose one of: $(bench_names)"
    if asks_for_help "$@"; then
        bench_about "$name"
        return
    fi
    bench_prepare "$name"
    OCRMESH_HOME=$OCRMESH_HOME OCRMESH_BUILD=$BUILD PYTHONDONTWRITEBYTECODE=1 \
        PYTHONPATH=$SOURCE/tests "$BENCH_PYTHON" "$program" "$@"
}
