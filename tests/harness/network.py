"""Several hosts on one machine: a network namespace each, on one switch, with links that can be cut or lose packets.

Needs root. The program that wants hosts begins with enter(), which starts it again in namespaces of its own: of networks,
mounts and processes. The kernel takes all of it away with the program, however that ends.
"""

import os
import subprocess
import sys
from pathlib import Path

INSIDE = "OCRMESH_NETWORK_INSIDE"
NETWORK = "10.77.0"
SWITCH = "switch"
TOOLS = ["ip", "nft", "nsenter", "unshare"]


def missing():
    """Why there can be no hosts here, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for tool in TOOLS:
        found = any(Path(folder, tool).exists() for folder in os.get_exec_path() + ["/usr/sbin", "/sbin"])
        if not found:
            return f"there is no program '{tool}' (Debian: iproute2, nftables, util-linux)"
    done = subprocess.run(["unshare", "--net", "--mount", "true"], check=False, capture_output=True, text=True)
    return None if done.returncode == 0 else f"no namespaces: {done.stderr.strip()}"


def enter():
    """The rest of the program runs inside; returns there alone."""
    if os.environ.pop(INSIDE, None) is not None:
        _run("ip", "link", "set", "lo", "up")
        return
    reason = missing()
    if reason is not None:
        sys.exit(f"this needs hosts of its own: {reason}")
    namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]
    os.environ[INSIDE] = "yes"
    os.execvp("unshare", ["unshare", *namespaces, sys.executable, *sys.argv])


def _run(*command):
    done = subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")


class Network:
    """The switch; this program is on it, as `address`."""

    def __init__(self):
        self.address = f"{NETWORK}.1"
        self.hosts = {}
        _run("ip", "link", "add", SWITCH, "type", "bridge")
        _run("ip", "address", "add", f"{self.address}/24", "dev", SWITCH)
        _run("ip", "link", "set", SWITCH, "up")
        _run("nft", "add", "table", "netdev", "faults")

    def add(self, name):
        self.hosts[name] = Host(name, len(self.hosts) + 2)
        return self.hosts[name]

    def close(self):
        for host in self.hosts.values():
            host.close()
        _run("ip", "link", "delete", SWITCH)
        _run("nft", "delete", "table", "netdev", "faults")


class Host:
    def __init__(self, name, number):
        self.name = name
        self.address = f"{NETWORK}.{number}"
        self.link = f"port{number}"
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo there; exec sleep infinity"],
                                       stdout=subprocess.PIPE, text=True)  # fmt: skip
        assert self.holder.stdout.readline() == "there\n"
        _run("ip", "link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.holder.pid)
        _run("ip", "link", "set", self.link, "master", SWITCH, "up")
        for command in (
            ["link", "set", "lo", "up"],
            ["address", "add", f"{self.address}/24", "dev", "eth0"],
            ["link", "set", "eth0", "up"],
        ):
            _run(*self.inside(["ip", *command]))
        hook = f"{{ type filter hook ingress device {self.link} priority 0; }}"
        _run("nft", f"add chain netdev faults {self.link}_in {hook}")
        _run("nft", f"add chain netdev faults {self.link}_out {hook.replace('ingress', 'egress')}")

    def inside(self, command):
        """The command line that runs a command on this host."""
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "--", *map(str, command)]

    def cut(self):
        """Nothing comes or goes any more, and nobody is told."""
        self._add_rule("drop")

    def lose(self, percent):
        """Of each hundred packets so many are lost, either way; until mend()."""
        self._add_rule(f"numgen random mod 100 lt {percent} drop")

    def _add_rule(self, rule):
        for chain in (f"{self.link}_in", f"{self.link}_out"):
            _run("nft", f"add rule netdev faults {chain} {rule}")

    def mend(self):
        for chain in (f"{self.link}_in", f"{self.link}_out"):
            _run("nft", "flush", "chain", "netdev", "faults", chain)

    def close(self):
        _run("ip", "link", "delete", self.link)
        self.holder.kill()
        self.holder.wait()
