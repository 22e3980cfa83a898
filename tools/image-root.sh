#!/usr/bin/env bash
# Assembles the root of a container: the programs, the libraries that they load, models, fonts, and nothing else, no shell
# among it.
#
#     tools/image-root.sh BUILD NEURAL FOLDER [LANGUAGE...]
#
# BUILD is a build's folder, NEURAL the one of the models (.ocrmesh/deps/neural), FOLDER is made anew. LANGUAGE: names of
# tesseract's data (eng, deu, script/Latin) in place of all. The Containerfile runs it; tests/chart/test_image.py starts the
# programs from inside of such a folder.
set -euo pipefail

build=$1 neural=$2 root=$3
shift 3
languages=("$@")

USER_ID=65532 # nobody's on Debian
PROGRAMS=(bridge/ocrmesh-bridge services/{billing/ocrmesh-billing,billing/ocrmesh-admin,export/ocrmesh-export,chat/ocrmesh-chat}
    services/ocr/ocrmesh-{ocr,ocr-worker,ocr-apertium})
TESSDATA=/usr/share/tesseract-ocr/5/tessdata

[[ ! -e $root ]] || {
    echo "$root is there already" >&2
    exit 1
}

# copy PATH...: files as they are called here, links followed.
copy() {
    local path
    for path in "$@"; do
        mkdir -p "$root$(dirname "$path")"
        cp --recursive --dereference --preserve=mode "$path" "$root$path"
    done
}

# Debian's folders, /lib and so on being links into /usr.
lay_out() {
    local name
    mkdir -p "$root"/{usr/lib,usr/lib64,usr/bin,usr/local/bin,etc,dev,proc,sys,tmp,var/lib/ocrmesh/work}
    for name in lib lib64 bin; do
        ln -s "usr/$name" "$root/$name"
    done
    chmod 1777 "$root/tmp"
    chmod 0700 "$root/var/lib/ocrmesh/work"
    printf 'root:x:0:0:root:/:/nonexistent\nocrmesh:x:%d:%d:ocrmesh:/:/nonexistent\n' $USER_ID $USER_ID >"$root/etc/passwd"
    printf 'root:x:0:\nocrmesh:x:%d:\n' $USER_ID >"$root/etc/group"
    printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
    ((EUID != 0)) || chown "$USER_ID:$USER_ID" "$root/var/lib/ocrmesh/work"
}

add_programs() {
    local program
    for program in "${PROGRAMS[@]}"; do
        install -m 0755 "$build/$program" "$root/usr/local/bin/"
    done
}

add_models() {
    local language
    mkdir -p "$root/opt/ocrmesh"
    [[ ! -d $neural ]] || {
        cp --recursive "$neural" "$root/opt/ocrmesh/neural"
        rm -rf "$root/opt/ocrmesh/neural/openvino/include"
    }
    if ((${#languages[@]} == 0)); then
        copy "$TESSDATA"
    else
        for language in osd "${languages[@]}"; do
            copy "$TESSDATA/$language.traineddata"
        done
        copy "$TESSDATA/configs"
    fi
    copy /usr/share/fonts/truetype/dejavu
    [[ ! -d /usr/share/fonts/truetype/noto ]] || copy /usr/share/fonts/truetype/noto
}

# Apertium's pairs, and the programs that their pipelines name.
add_apertium() {
    local name
    copy /usr/share/apertium
    while read -r name; do
        ! command -v "$name" >/dev/null || copy "$(command -v "$name")" # some pairs want what no package of theirs brings
    done < <(sed 's/|/\n/g' /usr/share/apertium/modes/*.mode | awk 'NF { print $1 }' | sort -u)
}

# What libraries look up by themselves: authorities, the C.UTF-8 locale, converters of character sets.
add_lookups() {
    copy /etc/ssl/certs/ca-certificates.crt /etc/ssl/openssl.cnf /usr/lib/locale/C.utf8 \
        /usr/lib/x86_64-linux-gnu/gconv
    mkdir -p "$root/usr/lib/ssl"
    ln -s /etc/ssl/certs "$root/usr/lib/ssl/certs"
    ln -s /etc/ssl/openssl.cnf "$root/usr/lib/ssl/openssl.cnf"
    ln -s ca-certificates.crt "$root/etc/ssl/certs/ca-bundle.crt"
}

# All that the dynamic loader would load here, and what is asked for by name at run time. Converters need the C library alone.
add_libraries() {
    local library
    {
        find "$root/usr/local/bin" "$root/usr/bin" "$root/opt" -type f \( -perm -100 -o -name '*.so*' \) -print0 |
            { LD_LIBRARY_PATH=$root/opt/ocrmesh/neural/openvino/libs xargs -0 ldd 2>/dev/null || true; } |
            awk '/=> \// { print $3 } $1 ~ /^\/lib64\// { print $1 }'
        printf '/lib/x86_64-linux-gnu/%s\n' librt.so.1 libgcc_s.so.1
    } | sort -u | while read -r library; do
        case $library in
        "$root"/*) ;;
        *) copy "/usr${library#/usr}" ;;
        esac
    done
    ldconfig -r "$root"
}

# Licences, and which version of which package the files are of. Debian knows libraries by /lib or by /usr/lib.
add_licences() {
    local documents=$root/usr/share/doc package
    mkdir -p "$documents"
    find "$root/usr" -type f -printf '/usr/%P\n/%P\n' | { xargs dpkg-query --search 2>/dev/null || true; } |
        sed 's/^\([^:, ]*\)[:,].*/\1/' | sort -u >"$documents/packages.part"
    while read -r package; do
        dpkg-query --show --showformat '${Package} ${Version}\n' "$package" | head -n 1
        copy "/usr/share/doc/$package/copyright"
    done <"$documents/packages.part" >"$documents/packages"
    rm "$documents/packages.part"
}

lay_out
add_programs
add_models
add_apertium
add_lookups
add_libraries
add_licences
du --summarize --human-readable "$root"
