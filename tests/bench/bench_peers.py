# SPDX-License-Identifier: MIT
"""The libraries that are measured: where they are, and whether they serve a program."""

import functools
import glob
import os
import re
import shutil
import struct
import subprocess

# Peers by name and the Debian package of each; peers.sh knows where the loader has them.
PACKAGES = {
    "mimalloc": "libmimalloc2.0",
    "jemalloc": "libjemalloc2",
    "tcmalloc": "libtcmalloc-minimal4",
    "tbbmalloc": "libtbbmalloc2",
}
OURS = "ours"
LIBC = "glibc"
KNOWN = [OURS, LIBC, *PACKAGES]


class Refused(Exception):
    """A library or a program that cannot be measured, and why."""


class Peer:
    """A name, a shared library (the C library's own malloc has no path), variables for it."""

    def __init__(self, name, path=None, variables=()):
        self.name = name
        self.path = path
        self.variables = list(variables)

    def __str__(self):
        return ", ".join([self.path or "the C library", *self.variables])


def find_peers(here):
    """What is installed, by name: the answer of peers.sh."""
    script = f'. "{here}/peers.sh"; find_peers'
    found = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    peers = {}
    for line in found.stdout.splitlines():
        name, path = line.split(None, 1)
        if name == "libc":
            peers[LIBC] = Peer(LIBC)
        else:
            peers[name] = Peer(name, os.path.abspath(path))
    return peers


def given(name, text):
    """The library that PATH[,VARIABLE=VALUE]... names."""
    path, *variables = text.split(",")
    path = os.path.abspath(path)
    if not re.fullmatch(r"[A-Za-z0-9_.+-]+", name):
        raise Refused(f"not a name for a library: '{name}'")
    if not os.path.isfile(path):
        raise Refused(f"no such file: {path}")
    if re.search(r"[\s:]", path):  # where the loader splits LD_PRELOAD
        raise Refused(f"a library's path may have no blank and no colon: {path}")
    for variable in variables:
        if not re.match(r"[A-Za-z_][A-Za-z_0-9]*=", variable):
            raise Refused(f"not VARIABLE=VALUE: '{variable}'")
    return Peer(name, path, variables)


def peer_of(word, installed):
    """The library that a word names: a known name or NAME=PATH[,VARIABLE=VALUE]..."""
    name, equals, text = word.partition("=")
    if equals:
        return given(name, text)
    if word in installed:
        return installed[word]
    if word in PACKAGES:
        raise Refused(f"{word} is not installed (Debian package {PACKAGES[word]})")
    if word == OURS:
        raise Refused("ours is not built: run `make`, or give ours=PATH.so")
    raise Refused(f"unknown library '{word}': known are {', '.join(KNOWN)}; others as NAME=PATH.so")


def choose(words, installed):
    """The libraries that words name, and ours, which comes first; what is installed where there
    are no words.  Returns them and remarks on what is missing."""
    chosen = {}
    remarks = []
    for word in words:
        peer = peer_of(word, installed)
        if peer.name in chosen:
            raise Refused(f"{peer.name} is given twice")
        chosen[peer.name] = peer
    if not words:
        chosen.update(installed)
        for name, package in PACKAGES.items():
            if name not in installed:
                remarks.append(f"{name} is not installed (Debian package {package})")
    if OURS not in chosen:
        chosen[OURS] = peer_of(OURS, installed)
    return sorted(chosen.values(), key=lambda peer: peer.name != OURS), remarks


def pair(words, installed):
    """The two libraries of a comparison; a bare path is called A or B."""
    peers = []
    for letter, word in zip("AB", words):
        if "/" in word.split("=")[0]:
            peers.append(given(letter, word))
        else:
            peers.append(peer_of(word, installed))
    if peers[0].name == peers[1].name:
        raise Refused(f"both are called {peers[0].name}: say NAME=PATH.so")
    return peers


def program_of(path):
    """The ELF program that runs for a path: itself, or a script's interpreter."""
    for _ in range(4):
        real = shutil.which(path)
        if real is None:
            raise Refused(f"no such program: {path}")
        with open(real, "rb") as file:
            head = file.read(256)
        if head.startswith(b"\x7fELF"):
            return real
        if not head.startswith(b"#!"):
            raise Refused(f"neither a program nor a script: {real}")
        words = head[2:].split(b"\n", 1)[0].decode(errors="replace").split()
        path = words[1] if os.path.basename(words[0]) == "env" and len(words) > 1 else words[0]
    raise Refused(f"too many interpreters: {path}")


def is_dynamic(elf):
    """Does a program ask for a dynamic linker (PT_INTERP)?"""
    with open(elf, "rb") as file:
        head = file.read(64)
        wide = head[4:5] == b"\2"
        order = "<" if head[5:6] == b"\1" else ">"
        (offset,) = struct.unpack_from(order + ("Q" if wide else "I"), head, 32 if wide else 28)
        size, count = struct.unpack_from(order + "HH", head, 54 if wide else 42)
        file.seek(offset)
        table = file.read(size * count)
    kinds = [struct.unpack_from(order + "I", table, size * i)[0] for i in range(count)]
    return 3 in kinds


BINDING = re.compile(r"binding file (\S+) \[\d+\] to (\S+) \[\d+\]: normal symbol [`'](\w+)'")


def bindings(program, library):
    """Where the dynamic linker binds malloc and free in a program that it loads but does not
    start: for each of the two a dictionary from the object that calls to the one that serves."""
    if not is_dynamic(program):  # it would be run, not told about
        raise Refused(f"{program} is linked statically")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LD_")}
    environment.update(
        LD_TRACE_LOADED_OBJECTS="1", LD_WARN="yes", LD_BIND_NOW="1", LD_DEBUG="bindings"
    )
    if library:
        environment["LD_PRELOAD"] = library
    try:
        told = subprocess.run(
            [program],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
        ).stdout.decode(errors="replace")
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"{program} cannot be loaded: {error}") from error
    bound = {"malloc": {}, "free": {}}
    for caller, server, symbol in BINDING.findall(told):
        if symbol in bound:
            bound[symbol][os.path.realpath(caller)] = os.path.realpath(server)
    said = [line for line in told.splitlines() if line.startswith("ERROR: ld.so")]
    return bound, said


def servers(program, library):
    """Who serves malloc and free in a program, and what the dynamic linker says is wrong.

    A program at a fixed address may stand in between: pointers to malloc lead to its own PLT
    entry, which is bound further."""
    program = os.path.realpath(program)
    bound, said = bindings(program, library)
    found = set()
    for callers in bound.values():
        if not callers:
            found.add("nothing")
        for server in callers.values():
            if server != program or program not in callers:
                found.add(server)
    return found, said


@functools.lru_cache(maxsize=None)
def c_library():
    """The path of the C library."""
    for directory in ("/lib/*-linux-gnu", "/lib64", "/usr/lib/*-linux-gnu", "/usr/lib64"):
        for path in sorted(glob.glob(f"{directory}/libc.so.6")):
            found, _ = servers(program_of("env"), None)
            if os.path.realpath(path) in found:
                return path
    raise Refused("no glibc here: which library serves a program cannot be checked")


def preload_for(peer, program):
    """What to preload so that this peer, and none else, serves malloc in a program.

    A program that is linked with another malloc gets the C library preloaded for "glibc"."""
    elf = program_of(program)
    libc = c_library()
    for library in [peer.path] if peer.path else [None, libc]:
        found, said = servers(elf, library)
        if found == {os.path.realpath(library or libc)}:
            return library
    reasons = [line.replace("ERROR: ld.so: ", "") for line in said]
    if not reasons and found == {"nothing"}:
        reasons = [f"the dynamic linker binds no malloc in {elf}"]
    if not reasons:
        reasons = [f"malloc in {elf} is bound to {', '.join(sorted(found))}"]
    raise Refused(f"{peer.name} would not serve: {'; '.join(reasons)}")
