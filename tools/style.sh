# What `format` does and `lint` checks: C format, protos, shell scripts, test data.
# shellcheck shell=bash

CLANG_FORMAT=clang-format-19

c_files() { find "$SOURCE"/{lib,services,bridge,tests} -name '*.[ch]' | sort; }

shell_files() {
    printf '%s\n' "$SOURCE/ocrmesh" "$SOURCE/.ci/run"
    find "$SOURCE"/{lib,services,bridge,protos,tests,tools} -name '*.sh' | sort
}

cmd_format() {
    command -v "$CLANG_FORMAT" >/dev/null ||
        fail "$CLANG_FORMAT is not installed" "run ./ocrmesh test once, or install it."
    c_files | xargs -r "$CLANG_FORMAT" -i
}

# Names the files; ./ocrmesh format mends them.
style_check_format() {
    local files
    files=$(c_files | xargs -r "$CLANG_FORMAT" --dry-run 2>&1 |
        sed -n 's/^\(.*\):[0-9]*:[0-9]*: warning: .*/\1/p' | sort -u)
    [[ -z $files ]] || {
        printf '%s\n' "$files" "run ./ocrmesh format"
        return 1
    }
}

# buf reads what protoc made, so that it needs none of the imports as modules of its own.
style_check_protos() {
    local set=$OCRMESH_HOME/protos-lint.binpb config protos
    mapfile -t protos < <(cd "$SOURCE/protos" && find . -name '*.proto' -printf '%P\n' | sort)
    protoc -I"$SOURCE/protos" -I"$DEPS/protos" -I/usr/include --include_imports \
        --include_source_info --descriptor_set_out="$set" "${protos[@]}"
    config=$(sed 's/^  ignore:$/&\n    - google/' "$SOURCE/protos/buf.yaml")
    "$VENV/bin/buf" lint "$set" --config "$config"
    rm -f "$set"
}

style_check_scripts() {
    local files
    mapfile -t files < <(shell_files)
    # SC2034: a variable that one part of ./ocrmesh sets is read by another.
    shellcheck --severity=warning --exclude=SC2034 "${files[@]}"
}

# tests/data/MANIFEST.tsv lists each file there, with its checksum; accuracy/ has tables of its own.
style_check_data() {
    cd "$SOURCE/tests/data" || return
    grep -v '^#' MANIFEST.tsv | awk -F '\t' '{print $2 "  " $1}' | sha256sum --check --quiet
    diff <(grep -v '^#' MANIFEST.tsv | cut -f 1 | sort) \
        <(find . -type f ! -name MANIFEST.tsv ! -name '*.py' ! -path './accuracy/*' -printf '%P\n' | sort)
}

# style_checks: runs each, prints its name and outcome, and counts.
style_checks() {
    local name
    for name in format protos scripts data; do
        test_one "style: $name" "style_check_$name"
    done
}

cmd_lint() {
    steps_begin 3
    test_packages_steps
    style_checks
    test_summary
}
