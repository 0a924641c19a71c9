# SPDX-License-Identifier: MIT
"""The rows of the table, and one measured run of one of them."""

import os
import shlex
import shutil
import signal
import subprocess
import sys

from bench_peers import Refused

FIGURES = (
    "wall",
    "user",
    "sys",
    "peak_kib",
    "minor_faults",
    "major_faults",
    "voluntary_switches",
    "involuntary_switches",
)
# What steers an allocator or a program behind our back.
UNWANTED = ("LD_", "MIMALLOC_", "MALLOC_", "GLIBC_", "TCMALLOC_", "TBB_", "PYTHON", "NODE_", "MAKE")


class Skipped(Exception):
    """A program that is not installed."""


class Failed(Exception):
    """A run that went wrong."""


class Row:
    """One line of the table: name, kind, program, arguments, arguments of a quick run."""

    def __init__(self, name, kind, program, arguments, quick):
        self.name = name
        self.kind = kind
        self.program = program
        self.arguments = arguments
        self.quick = quick


def read_table(path):
    """The rows of a table: name | synthetic or real | program and arguments | quick arguments."""
    rows = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.split("#", 1)[0].strip()
            if not line:
                continue
            parts = [part.strip() for part in line.split("|")]
            words = shlex.split(parts[2]) if len(parts) == 4 else []
            if not words or parts[1] not in ("synthetic", "real"):
                raise Refused(f"{path}:{number}: not 'name | kind | command | quick arguments'")
            if any(row.name == parts[0] for row in rows):
                raise Refused(f"{path}:{number}: {parts[0]} is there twice")
            rows.append(Row(parts[0], parts[1], words[0], words[1:], shlex.split(parts[3])))
    return rows


def clean_environment():
    """The caller's environment without what changes how an allocator behaves."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(UNWANTED)
    }
    environment.update(LC_ALL="C", TZ="UTC0")
    environment.pop("CK_FORK", None)
    return environment


class Bench:
    """Runs rows; `work` is a directory of its own."""

    def __init__(self, here, builddir, work, quick, limit):
        self.here = here
        self.loads = os.path.join(builddir, "tests/bench/loads")
        self.work = work
        self.quick = quick
        self.limit = limit
        self.environment = clean_environment()
        self.measure = os.path.join(work, "measure")
        self.environment.update(
            BENCH_MEASURE=self.measure, top_builddir=builddir, top_srcdir=f"{here}/../.."
        )

    def build_measure(self):
        """Compiles measure.c; returns a remark where it cannot be linked statically."""
        compiler = shlex.split(os.environ.get("CC") or "cc")
        flags = shlex.split(os.environ.get("CFLAGS", "")) + ["-O2"]
        flags = [flag for flag in flags if not flag.startswith(("-fsanitize", "--coverage"))]
        command = compiler + flags + ["-o", self.measure, os.path.join(self.here, "measure.c")]
        try:
            static = subprocess.run(command + ["-static"], capture_output=True, check=False)
            if static.returncode == 0:
                return None
            subprocess.run(command, capture_output=True, text=True, check=True)
        except subprocess.CalledProcessError as error:
            raise Refused(f"measure.c does not compile: {error.stderr.strip()}") from error
        except OSError as error:
            raise Refused(f"no C compiler: {error}") from error
        return "no static C library to link measure with: peaks begin at its own, about 1.5 MiB"

    def say(self, row, verb, *more, variables=()):
        """What the script of a real program answers to a verb."""
        command = [row.script, verb, row.directory, *more, *row.given]
        status, output = self.finish(command, row.directory, variables)
        if status == 77:
            raise Skipped(output.strip())
        if status != 0:
            raise Failed(output.strip() or f"{os.path.basename(row.script)} {verb} exits {status}")
        return output

    def finish(self, command, directory, variables=()):
        """Runs a command in a process group of its own; kills the group when it takes too long."""
        environment = dict(self.environment, **dict(word.split("=", 1) for word in variables))
        with open(os.path.join(directory, "errors"), "wb") as errors:
            with subprocess.Popen(
                command,
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            ) as process:
                try:
                    output, _ = process.communicate(timeout=self.limit)
                except BaseException as error:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    if isinstance(error, subprocess.TimeoutExpired):
                        raise Failed(f"more than {self.limit:g} s") from error
                    raise
        if process.returncode:
            output += last_line(directory).encode()
        return process.returncode, output.decode(errors="replace")

    def prepare(self, row):
        """Makes a row's inputs; finds its command and the programs to be served."""
        row.directory = os.path.join(self.work, row.name)
        os.makedirs(row.directory, exist_ok=True)
        row.given = [
            str(len(os.sched_getaffinity(0))) if word == "N" else word
            for word in (row.quick if self.quick else row.arguments)
        ]
        row.variables = []
        if row.kind == "synthetic":
            program = os.path.join(self.loads, row.program)
            if not os.access(program, os.X_OK):
                raise Failed(f"{program} is not built: make tests/bench/loads/{row.program}")
            row.script = None
            row.command = [program, *row.given]
            row.programs = [program]
            return
        row.script = os.path.join(self.here, "real", row.program)
        if not os.access(row.script, os.X_OK):
            raise Failed(f"no such script: {row.script}")
        self.say(row, "prepare")
        row.programs = self.say(row, "programs").split()
        if not row.programs:
            raise Failed(f"{row.program} names no program")
        words = self.say(row, "command").split("\n")[:-1]
        while words and words[0].partition("=")[0].isidentifier() and "=" in words[0]:
            row.variables.append(words.pop(0))
        if words:
            words[0] = shutil.which(words[0], path=self.environment.get("PATH")) or words[0]
        row.command = words

    def run(self, row, library, variables=()):
        """One run with a library and variables for it; returns the figures, raises Failed."""
        if row.command:
            command = [self.measure, "-d", row.directory, "-o", os.path.join(row.directory, "output")]
            if library:
                command += ["-l", library]
            for variable in row.variables:
                command += ["-e", variable]
            status, told = self.finish(command + row.command, row.directory, variables)
            if status != 0:
                raise Failed(told.strip() or f"measure exits {status}")
        else:
            told = self.say(row, "run", library or "-", variables=variables)
            told = told.replace("seconds ", "wall ", 1)
        words = told.split()
        figures = dict(zip(words[::2], words[1::2]))
        if "wall" not in figures or "peak_kib" not in figures:
            raise Failed(f"nothing was measured: {told.strip()}")
        if int(figures.get("status", 0)) != 0:
            raise Failed(describe(int(figures["status"])) + last_line(row.directory, "; "))
        if row.script:
            self.say(row, "check")
        return {name: float(figures.get(name, "nan")) for name in FIGURES}


def describe(status):
    """A wait status in words."""
    if os.WIFSIGNALED(status):
        return f"killed by signal {os.WTERMSIG(status)}"
    return f"exits {os.WEXITSTATUS(status)}"


def last_line(directory, before=""):
    """The last line that a failed run left on its standard error."""
    with open(os.path.join(directory, "errors"), "rb") as file:
        lines = file.read()[-2000:].decode(errors="replace").strip().splitlines()
    return before + lines[-1][:200] if lines else ""


def end_with(name, main):
    """Runs main() and ends the process with its status; 2 with the reason where that is refused."""
    try:
        sys.exit(main())
    except (Refused, OSError) as refusal:
        print(f"{name}: {refusal}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
