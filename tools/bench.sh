# `./ocrmesh bench [NAME]`: each bench is a program tools/bench-NAME.py that prints its own table.
# shellcheck shell=bash

cmd_bench() {
    local name=${1:-cpu}
    (($# == 0)) || shift
    local program=$SOURCE/tools/bench-$name.py
    [[ -e $program ]] || fail "there is no bench '$name'" \
        "choose one of: $(cd "$SOURCE/tools" && echo bench-*.py | sed 's/bench-//g; s/\.py//g')"
    steps_begin 4
    test_packages_steps
    build_step
    OCRMESH_HOME=$OCRMESH_HOME OCRMESH_BUILD=$BUILD PYTHONDONTWRITEBYTECODE=1 \
        PYTHONPATH=$SOURCE/tests "$VENV/bin/python" "$program" "$@"
}
