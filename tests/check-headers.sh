#!/bin/sh
# Compiles each of our headers alone: a header includes what it needs and nothing is left to luck.
#
#     check-headers.sh SOURCE BUILD COMPILER...
set -u
source=$1 build=$2
shift 2
cd "$source" || exit 1

failed=0
passed=0
flags=$(pkg-config --cflags tesseract lept libpq libsodium jansson libuv libnghttp2) || exit 1
for header in $(find lib services bridge -name '*.h' | sort); do
    # shellcheck disable=SC2086 # one word a flag
    if printf '#include "%s"\n' "$header" |
        "$@" -std=gnu17 -D_GNU_SOURCE -Wall -Werror -fsyntax-only -I. -I"$build" -I"$build/protos" $flags -x c -; then
        passed=$((passed + 1))
    else
        echo "$header does not compile alone" >&2
        failed=$((failed + 1))
    fi
done
echo "$passed headers compile alone, $failed do not"
[ "$failed" -eq 0 ]
