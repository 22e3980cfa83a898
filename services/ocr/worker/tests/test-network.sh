#!/bin/sh
# The layers that the worker computes itself (engine/tesseract/network_*.c) give what the library's
# give: the same words, boxes and confidences to the last bit, with networks of several kinds. So do
# its search for tables, its test for typewriters, its making of black and white (table_finder.c,
# fixed_pitch.c, threshold.c), and its detection of scripts (class_pruner.c).
#
#     test-network.sh WITH_SHORTCUTS WITHOUT IMAGE
set -u
with=$1 without=$2 image=$3
failed=0

compare() { # IMAGE MODELS
    expected=$("$without" "$1" "$2" 2>/dev/null) || expected=
    found=$("$with" "$1" "$2" 2>/dev/null)
    if [ -n "$expected" ] && [ "$found" = "$expected" ]; then
        echo "[  PASSED  ] 1 test: $2 $1"
    else
        echo "[  FAILED  ] 1 test: $2 $1"
        failed=$((failed + 1))
    fi
}

for models in eng deu ara hin chi_sim tha Cyrillic; do
    compare "$image" "$models"
done
compare table eng
compare typed eng
compare table osd
compare "$image" osd
[ "$failed" -eq 0 ]
