#!/bin/sh
# Compiles OpenTelemetry's .proto files, of which there is a FileDescriptorSet, for the build.
#
#   compile-otlp.sh OUT_DIR DESCRIPTOR_SET MAIN_C MAIN_H PROTO...
#
# Writes <proto>.pb-c.[ch] below OUT_DIR; MAIN_C and MAIN_H, which include all of them.
set -eu

out=$1 set_bin=$2 main_c=$3 main_h=$4
shift 4

protoc --descriptor_set_in="$set_bin" --c_out="$out" "$@"
for proto in "$@"; do
    echo "#include \"${proto%.proto}.pb-c.c\""
done >"$main_c"
for proto in "$@"; do
    echo "#include \"${proto%.proto}.pb-c.h\""
done >"$main_h"
