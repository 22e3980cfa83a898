#!/bin/sh
# Compiles .proto files for the build.
#
#   generate.sh OUT_DIR INCLUDE_DIRS(colon separated) MAIN_C MAIN_H SET_C SET_BIN SYMBOL -- PROTO...
#
# Writes <proto>.pb-c.[ch] below OUT_DIR, MAIN_C (which includes all the .pb-c.c files), MAIN_H
# (which all the .pb-c.h files include), SET_BIN (a FileDescriptorSet of all of them with their
# imports, for server reflection) and SET_C (which holds those bytes as SYMBOL).
set -eu

out=$1 includes=$2 main_c=$3 main_h=$4 set_c=$5 set_bin=$6 symbol=$7
shift 8

flags=
old_ifs=$IFS
IFS=:
for dir in $includes; do
    flags="$flags -I$dir"
done
IFS=$old_ifs

# shellcheck disable=SC2086 # one word a flag
protoc $flags --c_out="$out" "$@"
# shellcheck disable=SC2086
protoc $flags --include_imports --descriptor_set_out="$set_bin" "$@"

for proto in "$@"; do
    echo "#include \"${proto%.proto}.pb-c.c\""
done >"$main_c"

# Meson takes no outputs in folders, so that the build knows of none of the headers. Of this one it
# does, and whatever includes one of them is compiled anew with it.
echo "/* Made with the .pb-c.h files, which include it. */" >"$main_h"
for proto in "$@"; do
    echo "#include \"${main_h##*/}\"" >>"$out/${proto%.proto}.pb-c.h"
done

cat >"$set_c" <<C
#include <stddef.h>
extern const unsigned char ${symbol}_start[];
extern const size_t ${symbol}_size;
__asm__(".section .rodata\n"
        ".global ${symbol}_start\n"
        "${symbol}_start:\n"
        ".incbin \"$set_bin\"\n"
        "${symbol}_end:\n"
        ".balign 8\n"
        ".global ${symbol}_size\n"
        "${symbol}_size:\n"
        ".quad ${symbol}_end - ${symbol}_start\n"
        ".previous\n");
C
