"""Boot a guest, run a command in it, and say what happened. The Python interface of the project's scripts.

    setup = Setup(Env())
    result = Guest(setup, Options(driver="none", gpu=["none"])).run(["uname", "-r"], timeout=60)
    assert result.verdict == "ok" and result.exit_code == 0, result.explain()

A scenario that talks to a running guest uses start(), qmp, wait_for() and wait(); scripts/README.md has an
example. Guests are independent of each other: several may run at once, each driven from one thread.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from . import console, machine, outdir
from .channels import Channels
from .console import Finding
from .errors import EXIT_OOPS, EXIT_QEMU, EXIT_SETUP, EXIT_TIMEOUT, EXIT_WARNING, GarmError
from .guestimage import Job, job_archive, parse_add
from .options import Options
from .qmp import Qmp
from .setup import Parts, Setup

POWER_OFF_SECONDS = 30.0     # from the command's end to QEMU's; a driver's shutdown may hang
TERMINATE_SECONDS = 5.0
PORTS = ("control", "stdout", "stderr", "out")
STATUS = {"oops": EXIT_OOPS, "warning": EXIT_WARNING, "timeout": EXIT_TIMEOUT, "qemu": EXIT_QEMU,
          "setup": EXIT_SETUP}


@dataclass
class Result:
    """What a run left behind."""

    verdict: str                 # ok (the command ran), oops, warning, timeout, qemu, setup
    status: int                  # what scripts/run exits with
    exit_code: int | None        # the command's own, None when it did not end
    stdout: bytes
    stderr: bytes
    console: str
    out_dir: Path                # console.log, qemu.log, files of the guest's /out
    seconds: float               # QEMU's start to its end
    boot_seconds: float | None   # QEMU's start to the command's
    reason: str = ""             # one line on a verdict that is not ok
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    qemu_stderr: str = ""

    def explain(self) -> str:
        """The reason, the console around it, and where the whole log is."""
        parts = [self.reason] if self.reason else []
        worst = console.worst(self.findings)
        if worst:
            parts.append(console.excerpt(self.console, worst))
        if self.verdict in ("qemu", "timeout", "setup") and not worst:
            parts.append("\n".join(self.console.splitlines()[-15:]))
        parts.append(f"console log: {self.out_dir / 'console.log'}")
        return "\n".join(parts)


class Guest:
    """One boot of one guest."""

    def __init__(self, setup: Setup, options: Options, on_stdout: Callable[[bytes], None] | None = None,
                 on_stderr: Callable[[bytes], None] | None = None) -> None:
        options.check()
        self.setup = setup
        self.options = options
        self.listeners = {"stdout": on_stdout, "stderr": on_stderr}
        self.process: subprocess.Popen[bytes] | None = None
        self.channels: Channels | None = None
        self.started = 0.0
        self.boot_seconds: float | None = None
        self.vnc = 0
        self._qmp: Qmp | None = None
        self.out_dir = Path()
        self.files: machine.Files | None = None

    # Whole runs

    def run(self, command: Sequence[str] | str, timeout: float | None = None) -> Result:
        """Boot, run the command, power off. A string is a line for the shell."""
        with self:
            self.start(command)
            return self.wait(timeout)

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Steps of a scenario

    def start(self, command: Sequence[str] | str, window: tuple[int, int] = (0, 0)) -> None:
        """Set up what is missing and start QEMU; `window` is the terminal's rows and columns."""
        parts = self.setup.parts(self.options)
        self.out_dir = outdir.make(self.setup.env.cache.root, self.options.out)
        # A file without a name: nothing to clean up, whatever ends this process.
        initrd = os.memfd_create("garm-initrd")
        with open(initrd, "wb", closefd=False) as file:
            self._write_initrd(file, parts, self._job(command, window))
        self.files = self._files(parts, Path(f"/proc/self/fd/{initrd}"))
        self.channels = Channels(["console", "monitor", *self._ports(), *(["terminal"] if self.options.shell else [])])
        for name, listener in self.listeners.items():
            if listener:
                self.channels.on_data[name] = listener
        log = (self.out_dir / "console.log").open("wb", buffering=0)
        self.channels.on_data["console"] = lambda chunk: outdir.write_log(log, chunk)
        self.channels.on_data["control"] = self._note_start
        self.vnc = outdir.vnc_display(self.options)
        argv = machine.command_line(parts.qemu, self.options, self.files, self._ports(),
                                    self.channels.descriptors(), self.vnc)
        self.started = time.monotonic()
        with (self.out_dir / "qemu.stderr").open("wb") as errors:
            # QEMU dies with this process whatever ends it, and does not see the terminal's Ctrl-C.
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *argv], stdin=subprocess.DEVNULL,
                                            stdout=errors, stderr=errors, start_new_session=True,
                                            pass_fds=(initrd, *self.channels.descriptors().values()))
        os.close(initrd)
        self.channels.start(["console", *PORTS])

    def shown_command(self, command: Sequence[str] | str) -> list[str]:
        """The QEMU command line of such a run, with dead channels and an initrd that stays."""
        parts = self.setup.parts(self.options)
        self.out_dir = outdir.make(self.setup.env.cache.root, self.options.out)
        initrd = self.out_dir / "initrd"
        with initrd.open("wb") as file:
            self._write_initrd(file, parts, self._job(command, (0, 0)))
        files = self._files(parts, initrd)
        return machine.command_line(parts.qemu, self.options, files, self._ports(), None)

    @property
    def qmp(self) -> Qmp:
        """QMP of the running guest."""
        if self._qmp is None:
            self._qmp = Qmp(self._running().ours["monitor"])
        return self._qmp

    def write(self, data: bytes) -> None:
        """Send to the command's stdin (Options.stdin)."""
        self._running().ours["stdin"].sendall(data)

    def output(self, channel: str = "stdout") -> str:
        """What stdout, stderr, console or control have brought so far."""
        return self._running().text(channel)

    def wait_for(self, pattern: str, timeout: float, channel: str = "stdout") -> re.Match[str]:
        """Wait until a channel's text matches a regular expression."""
        channels = self._running()
        compiled = re.compile(pattern, re.M)
        channels.wait(lambda: compiled.search(channels.text(channel)) is not None, timeout)
        found = compiled.search(channels.text(channel))
        if not found:
            raise GarmError(f"the guest's {channel} did not show {pattern!r} within {timeout:.0f} s "
                            f"(log: {self.out_dir / 'console.log'})", EXIT_TIMEOUT)
        return found

    def wait(self, timeout: float | None = None) -> Result:
        """Wait for the end of the guest; `timeout` counts from its start (default: Options.timeout)."""
        channels = self._running()
        limit = self.options.timeout if timeout is None else timeout
        left = self.started + limit - time.monotonic() if limit else None
        ended = channels.wait(lambda: self._exit_code() is not None, left)
        if ended and self.options.hold and not channels.closed:
            if self.options.display:
                outdir.screenshot(self)
            channels.ours["control"].sendall(b"bye\n")
        if ended:
            ended = channels.wait(lambda: False, POWER_OFF_SECONDS)
        seconds = time.monotonic() - self.started
        self.close()
        return self._result(not ended, limit, seconds)

    def close(self) -> None:
        """End QEMU if it still runs."""
        if self.process and self.process.poll() is None:
            self._let_end()
            self.process.kill()
        if self.process:
            self.process.wait()
        if self.channels:
            if self.channels.thread.is_alive():
                self.channels.thread.join(5)
            self.channels.close()

    # Inside

    def _let_end(self) -> None:
        """QEMU may still be writing its reports; if it is not on its way out, it is asked to go."""
        assert self.process
        on_its_way = self.channels is not None and self.channels.closed
        if not on_its_way:
            self.process.terminate()
        try:
            self.process.wait(POWER_OFF_SECONDS if on_its_way else TERMINATE_SECONDS)
        except subprocess.TimeoutExpired:
            self.setup.env.ui.say("QEMU does not end: killing it")

    def _running(self) -> Channels:
        if self.channels is None:
            raise GarmError("the guest has not been started")
        return self.channels

    def _ports(self) -> list[str]:
        # stdin first: once init has found the others, this one is there too, if it is at all.
        return [*(["stdin"] if self.options.stdin else []), *PORTS]

    def _job(self, command: Sequence[str] | str, window: tuple[int, int]) -> Job:
        words = ["/bin/bash", "-c", command] if isinstance(command, str) else list(command)
        environment: Mapping[str, str] = {"GARM_DRIVER": self.options.driver, **self.options.environment}
        return Job(words, self.options.driver, ["display"] if self.options.display else [], self.options.shell,
                   window[0], window[1], self.options.hold, environment=environment)

    def _files(self, parts: Parts, initrd: Path) -> machine.Files:
        snapshot = outdir.snapshot_drive(self.setup, self.out_dir) if self.options.snapshots else None
        log = self.out_dir / ("trace.log" if self.options.trace else "qemu.log")
        return machine.Files(parts.kernel.image, initrd, parts.rootfs, parts.kernel.modules_image, log, snapshot)

    def _write_initrd(self, file: BinaryIO, parts: Parts, job: Job) -> None:
        """The kernel unpacks archives that follow each other: init, boot modules, and what is this run's."""
        adds = [parse_add(text) for text in self.options.add]
        for archive in (parts.init, parts.kernel.boot_cpio):
            with archive.open("rb") as source:
                shutil.copyfileobj(source, file, 1 << 20)
        file.write(job_archive(job, adds, parts.programs, parts.firmware, parts.module))

    def _note_start(self, chunk: bytes) -> None:
        if self.boot_seconds is None and b"run\n" in chunk:
            self.boot_seconds = time.monotonic() - self.started

    def _exit_code(self) -> int | None:
        found = re.search(r"^exit (\d+)$", self._running().text("control"), re.M)
        return int(found.group(1)) if found else None

    def _result(self, timed_out: bool, limit: float, seconds: float) -> Result:
        channels = self._running()
        log = channels.text("console")
        code = self._exit_code()
        findings = console.scan(log)
        control = channels.text("control").splitlines()
        errors = (self.out_dir / "qemu.stderr").read_text("utf-8", "replace")
        out_error = outdir.unpack(bytes(channels.data["out"]), self.out_dir)
        verdict, reason = self._judge(timed_out, limit, code, findings, control, errors)
        notes = [line.partition(" ")[2] for line in control if line.startswith(("note ", "module "))]
        return Result(verdict=verdict, status=STATUS.get(verdict, code if code is not None else EXIT_QEMU),
                      exit_code=code, stdout=bytes(channels.data["stdout"]), stderr=bytes(channels.data["stderr"]),
                      console=log, out_dir=self.out_dir, seconds=seconds, boot_seconds=self.boot_seconds,
                      reason=reason, findings=findings, notes=notes + out_error, qemu_stderr=errors)

    def _judge(self, timed_out: bool, limit: float, code: int | None, findings: list[Finding],
               control: list[str], errors: str) -> tuple[str, str]:
        """Verdict and reason: the kernel's word first, since it explains the rest."""
        worst = console.worst(findings)
        if worst and worst.severity == console.OOPS:
            return "oops", f"guest {worst.name}: {worst.text}"
        failed = next((line for line in control if line.startswith("fail ")), None)
        if failed:
            return "setup", f"the guest did not come up: {failed.removeprefix('fail ')}"
        if timed_out and code is None:
            return "timeout", f"no end after {limit:g} s (--timeout)"
        if timed_out:
            return "timeout", f"the guest did not power off within {POWER_OFF_SECONDS:.0f} s of the command's end"
        if code is None:
            last = (errors.strip().splitlines() or ["no message"])[-1]
            status = self.process.returncode if self.process else None
            return "qemu", f"QEMU ended before the command did (status {status}): {last}"
        if self.process and self.process.returncode != 0:
            return "qemu", f"QEMU ended with status {self.process.returncode}"
        if worst and not self.options.allow_warnings:
            return "warning", f"guest {worst.name}: {worst.text}"
        return "ok", ""
