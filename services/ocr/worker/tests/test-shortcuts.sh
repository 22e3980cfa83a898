#!/bin/sh
# The libraries of the worker call the worker's own functions (engine/tesseract/shortcuts.c): the
# dynamic linker itself says what it binds each call to. Without that, pages are read as well, but
# more slowly.
#
#     test-shortcuts.sh WORKER SYMBOL...
set -u
worker=$1
shift
failed=0

# "binding file LIBRARY [0] to FILE [0]: normal symbol `SYMBOL'", for all symbols at the start.
bindings=$(LD_BIND_NOW=1 LD_DEBUG=bindings "$worker" --help 2>&1 </dev/null | grep 'binding file')

for symbol in "$@"; do
    bound=$(printf '%s\n' "$bindings" | grep -F "\`$symbol'" | sed 's/.*binding file //; s/ \[0\]/ /g')
    if [ -z "$bound" ]; then
        echo "no library calls $symbol"
    elif printf '%s\n' "$bound" | grep -vF " to $worker "; then
        echo "a call of $symbol does not reach the worker"
    else
        echo "[  PASSED  ] 1 test: $symbol"
        continue
    fi
    echo "[  FAILED  ] 1 test: $symbol"
    failed=$((failed + 1))
done
[ "$failed" -eq 0 ]
