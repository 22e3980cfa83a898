#!/bin/sh
# Makes a C file out of any file.
#
#   embed-bytes.sh OUT_C SYMBOL FILE
#
# OUT_C defines `const unsigned char SYMBOL[]` and `const size_t SYMBOL_size`.
set -eu

out=$1 symbol=$2 file=$3

{
    printf '#include <stddef.h>\n\n'
    printf 'extern const unsigned char %s[];\nextern const size_t %s_size;\n\n' "$symbol" "$symbol"
    printf 'const unsigned char %s[] = {\n' "$symbol"
    od -A n -v -t x1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    printf '};\n\nconst size_t %s_size = sizeof(%s);\n' "$symbol" "$symbol"
} >"$out.part"
mv "$out.part" "$out"
