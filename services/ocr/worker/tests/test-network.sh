#!/bin/sh
# The layers that the worker computes itself (engine/tesseract/network_*.c) give what the library's
# give: the same words, boxes and confidences to the last bit, with networks of several kinds.
#
#     test-network.sh WITH_SHORTCUTS WITHOUT IMAGE
set -u
with=$1 without=$2 image=$3
failed=0

for models in eng deu ara hin chi_sim tha Cyrillic; do
    expected=$("$without" "$image" "$models" 2>/dev/null) || expected=
    found=$("$with" "$image" "$models" 2>/dev/null)
    if [ -n "$expected" ] && [ "$found" = "$expected" ]; then
        echo "[  PASSED  ] 1 test: $models"
    else
        echo "[  FAILED  ] 1 test: $models"
        failed=$((failed + 1))
    fi
done
[ "$failed" -eq 0 ]
