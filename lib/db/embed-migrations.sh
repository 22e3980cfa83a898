#!/bin/sh
# Makes a C file out of SQL migrations, for db_migrate().
#
#   embed-migrations.sh OUT_C SYMBOL FILE.sql...
#
# OUT_C defines `const struct db_migration SYMBOL[]` in the order of the files' names, and
# `const size_t SYMBOL_count`. In meson:
#
#   migrations = custom_target(
#       'ocr-migrations',
#       input: files('migrations/0001_create_job.sql'),
#       output: 'migrations.c',
#       command: [embed_migrations, '@OUTPUT@', 'ocr_migrations', '@INPUT@'],
#   )
set -eu
LC_ALL=C
export LC_ALL

out=$1 symbol=$2
shift 2

for file in "$@"; do
    name=$(basename "$file" .sql)
    case $name in
    *[!a-z0-9_]* | [!0-9]*)
        echo "$file: a migration is named NNNN_verb_noun.sql" >&2
        exit 1
        ;;
    esac
    printf '%s\t%s\n' "$name" "$file"
done | sort >"$out.list"

{
    printf '#include "lib/db/db.h"\n\n'
    printf 'extern const struct db_migration %s[];\nextern const size_t %s_count;\n\n' \
        "$symbol" "$symbol"
    printf 'const struct db_migration %s[] = {\n' "$symbol"
    while IFS='	' read -r name file; do
        # Every byte as a three-digit octal escape: nothing in the file can end the literal.
        printf '    {"%s",\n' "$name"
        od -A n -v -t o1 "$file" | sed 's/ /\\/g; s/.*/     "&"/'
        printf '    },\n'
    done <"$out.list"
    printf '};\n\nconst size_t %s_count = ARRAY_LENGTH(%s);\n' "$symbol" "$symbol"
} >"$out.part"
rm "$out.list"
mv "$out.part" "$out"
