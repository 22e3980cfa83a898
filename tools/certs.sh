# `./ocrmesh certs`: an authority of our own and, signed by it, a certificate for each program of the mesh.
#
# In OCRMESH_HOME/certs: ca.pem and ca.key, and NAME.pem and NAME.key of bridge, ocr, billing, chat,
# export and operator, each naming MESH_SPIFFE_PREFIX and NAME as its SPIFFE ID, and as hosts NAME and
# this machine, for clients that know hosts alone. Files are replaced whole, the key before its certificate; running processes take them when both fit together.
# shellcheck shell=bash

CERTS=$OCRMESH_HOME/certs
CERTS_NAMES=(bridge ocr billing chat export operator)
CERTS_AUTHORITY_DAYS=3650
CERTS_DAYS=365
CERTS_RENEW_DAYS=30 # left, below which a certificate is made anew

certs_spiffe_id() { printf '%s%s' "${MESH_SPIFFE_PREFIX:-spiffe://ocrmesh.local/}" "$1"; }

certs_openssl() {
    local output
    output=$(openssl "$@" 2>&1) || fail "openssl $1 failed: $output"
}

# The new authority stands first in ca.pem, from where it signs; the one before is trusted, too.
certs_make_authority() {
    local before=
    [[ ! -e $CERTS/ca.pem ]] || before=$(openssl x509 -in "$CERTS/ca.pem")
    certs_openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -days "$CERTS_AUTHORITY_DAYS" -subj "/O=ocrmesh/CN=authority of a mesh, $(openssl rand -hex 4)" \
        -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
        -addext keyUsage=critical,keyCertSign,cRLSign \
        -keyout "$CERTS/ca.key.part" -out "$CERTS/ca.pem.part"
    [[ -z $before ]] || printf '%s\n' "$before" >>"$CERTS/ca.pem.part"
    mv "$CERTS/ca.key.part" "$CERTS/ca.key"
    mv "$CERTS/ca.pem.part" "$CERTS/ca.pem"
}

# certs_hold NAME: whether its certificate is there, ours, for the right SPIFFE ID, and lasts.
certs_hold() {
    local file=$CERTS/$1.pem
    [[ -e $file && -e $CERTS/$1.key ]] &&
        openssl x509 -in "$file" -noout -checkend $((CERTS_RENEW_DAYS * 86400)) >/dev/null 2>&1 &&
        openssl verify -CAfile "$CERTS/ca.pem" "$file" >/dev/null 2>&1 &&
        [[ $(openssl x509 -in "$file" -noout -ext subjectAltName) == *"URI:$(certs_spiffe_id "$1"), "* ]]
}

certs_make() {
    local name=$1 extensions
    extensions="basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
subjectAltName=URI:$(certs_spiffe_id "$name"),DNS:$name,DNS:localhost,IP:127.0.0.1"
    certs_openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=ocrmesh/CN=$name" \
        -keyout "$CERTS/$name.key.part" -out "$CERTS/$name.csr.part"
    certs_openssl x509 -req -in "$CERTS/$name.csr.part" -days "$CERTS_DAYS" -CA "$CERTS/ca.pem" \
        -CAkey "$CERTS/ca.key" -set_serial "0x$(openssl rand -hex 16 | sed 's/^./7/')" \
        -extfile <(printf '%s\n' "$extensions") -out "$CERTS/$name.pem.part"
    rm "$CERTS/$name.csr.part"
    mv "$CERTS/$name.key.part" "$CERTS/$name.key"
    mv "$CERTS/$name.pem.part" "$CERTS/$name.pem"
}

# certs_ensure [--renew]: makes what is missing or soon over; --renew: all of them anew.
certs_ensure() {
    local name made=() umask_before
    umask_before=$(umask)
    umask 077
    mkdir -p "$CERTS"
    chmod 0700 "$CERTS"
    [[ -e $CERTS/ca.pem && -e $CERTS/ca.key ]] || certs_make_authority
    for name in "${CERTS_NAMES[@]}"; do
        if [[ ${1:-} == --renew ]] || ! certs_hold "$name"; then
            certs_make "$name"
            made+=("$name")
        fi
    done
    umask "$umask_before"
    CERTS_MADE=" ${made[*]-} "
}

certs_end() { openssl x509 -in "$CERTS/$1.pem" -noout -enddate | sed 's/notAfter=//'; }

cmd_certs() {
    local name note
    case $# in
    0) ;;
    1) [[ $1 == @(--renew|--new-authority) ]] || misuse "certs has no option '$1'" ;;
    *) misuse "certs takes one option" "./ocrmesh certs --renew" ;;
    esac
    if [[ ${1:-} == --new-authority ]]; then
        [[ -e $CERTS/ca.pem ]] || fail "there is no authority yet" "./ocrmesh certs makes one."
        (umask 077 && certs_make_authority)
        say "A new authority stands in $(short_path "$CERTS/ca.pem"), before the one that there was."
        say "Once every process has read that file (MESH_TLS_RELOAD, 10 s), ./ocrmesh certs --renew"
        say "has the new authority sign; the next --new-authority drops the old one."
        return
    fi
    certs_ensure "$@"
    printf '%-10s %-36s %s\n' PROGRAM "SPIFFE ID" UNTIL
    for name in "${CERTS_NAMES[@]}"; do
        note=
        [[ $CERTS_MADE != *" $name "* ]] || note=" (new)"
        printf '%-10s %-36s %s\n' "$name" "$(certs_spiffe_id "$name")" "$(certs_end "$name")$note"
    done
    say "They are in $(short_path "$CERTS"), signed by its ca.pem until $(certs_end ca)."
}

# --- for up and the operators' commands ---

mesh_tls_is_on() {
    case ${OCRMESH_MESH_TLS:-false} in
    true | 1 | yes | on) return 0 ;;
    false | 0 | no | off) return 1 ;;
    *) misuse "OCRMESH_MESH_TLS must be true or false, not '$OCRMESH_MESH_TLS'" \
        "set it right, or unset it for its default" ;;
    esac
}

# Whether the certificates between the services are those of this file.
mesh_tls_is_ours() { mesh_tls_is_on && [[ -z ${MESH_TLS_CERTIFICATE:-} ]]; }

# mesh_tls_export NAME: the settings of that program, where OCRMESH_MESH_TLS is on and nothing else is set.
mesh_tls_export() {
    mesh_tls_is_ours || return 0
    export MESH_TLS_CERTIFICATE=$CERTS/$1.pem MESH_TLS_KEY=$CERTS/$1.key MESH_TLS_CA=$CERTS/ca.pem
}
