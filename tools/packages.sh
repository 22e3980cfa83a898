# Debian packages: what is missing is installed, and nothing else is touched.
# shellcheck shell=bash

# packages_missing FILE...: names of the lists' packages that are not installed.
packages_missing() {
    local wanted
    wanted=$(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$@" | sort -u)
    # shellcheck disable=SC2086 # one word a package
    comm -23 <(printf '%s\n' $wanted) \
        <(dpkg-query -W -f '${db:Status-Abbrev}|${Package}\n' $wanted 2>/dev/null |
            sed -n 's/^ii *|//p' | sort -u)
}

packages_check_machine() {
    command -v apt-get >/dev/null ||
        fail "this machine has no apt-get" \
            "run ocrmesh on Debian 12 (bookworm), or in a container of it."
    ((EUID == 0)) || command -v sudo >/dev/null ||
        fail "installing packages needs root, and there is no sudo" \
            "run this as root, or install sudo."
}

# packages_step TEXT LOG FILE...: one step that installs what the lists name.
packages_step() {
    local text=$1 log=$2 missing
    shift 2
    missing=$(packages_missing "$@")
    if [[ -z $missing ]]; then
        step_skip "$text" "all there"
        return
    fi
    packages_check_machine
    ((EUID == 0)) || sudo -v # asks for the password before the output goes to a log
    STEP_HINT="check that this machine reaches Debian's packages ('apt-get update' as root), then run the same command again."
    # shellcheck disable=SC2086 # one word a package
    step "$text: $(wc -w <<<"$missing") missing" "$log" packages_install $missing
}

packages_install() {
    packages_forbid_default_cluster
    again packages_try_install "$@"
    packages_restore_cluster_defaults
}

# A new machine may be at its own updates: apt-get waits for the lock of packages, but not for that of
# the lists, and dpkg for none.
packages_try_install() {
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y
        -o DPkg::Lock::Timeout=300 -o Acquire::Retries=5 -o Dpkg::Use-Pty=0
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold)

    # What an interrupted run left half set up would stop apt-get.
    as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a --force-confdef --force-confold &&
        as_root "${apt[@]}" update &&
        as_root "${apt[@]}" install --no-install-recommends "$@"
}

# Debian's postgresql-15 makes and starts a cluster named "main" when it is installed first. Ours is
# private; so the file that asks for "main" says no while we install, and has its usual content
# again afterwards, also where an interrupted run left it so. On a machine that has PostgreSQL
# already, nothing is touched.
CREATECLUSTER_CONF=/etc/postgresql-common/createcluster.conf
CREATECLUSTER_CONF_OURS="create_main_cluster = false"
CREATECLUSTER_CONF_IS_OURS=

packages_forbid_default_cluster() {
    [[ ! -e $CREATECLUSTER_CONF || $(cat "$CREATECLUSTER_CONF") == "$CREATECLUSTER_CONF_OURS" ]] ||
        return 0
    as_root mkdir -p "$(dirname "$CREATECLUSTER_CONF")"
    echo "$CREATECLUSTER_CONF_OURS" | as_root tee "$CREATECLUSTER_CONF" >/dev/null
    CREATECLUSTER_CONF_IS_OURS=1
}

packages_restore_cluster_defaults() {
    local usual=/usr/share/postgresql-common/createcluster.conf
    [[ -n $CREATECLUSTER_CONF_IS_OURS ]] || return 0
    if [[ -e $usual ]]; then
        as_root cp "$usual" "$CREATECLUSTER_CONF"
    else
        as_root rm -f "$CREATECLUSTER_CONF"
    fi
}
