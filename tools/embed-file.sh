#!/bin/sh
# Makes a C file out of a file, for a program that serves it.
#
#   embed-file.sh OUT_C SYMBOL FILE
#
# OUT_C defines `const unsigned char SYMBOL[]` and `const size_t SYMBOL_size`.
set -eu
LC_ALL=C
export LC_ALL

out=$1 symbol=$2 file=$3

{
    echo '#include <stddef.h>'
    echo "extern const unsigned char ${symbol}[];"
    echo "extern const size_t ${symbol}_size;"
    echo "const unsigned char ${symbol}[] = {"
    od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    echo '};'
    echo "const size_t ${symbol}_size = sizeof($symbol);"
} >"$out"
