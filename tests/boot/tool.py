"""scripts/run as its users know it: exit status, streams, files, and a kernel in trouble."""

from garm.options import Options

PLAIN = Options(driver="none", gpu=["none"])


def test_tool_status_and_streams(s):
    """exit status, stdout, stderr and /out of a command come back as they were"""
    run = s.boot(PLAIN, "echo to-out; echo to-err >&2; echo kept > /out/file; exit 7")
    yield s.verdict("exit status", run, 7)
    yield s.check("stdout is the command's alone", run.stdout == b"to-out\n", repr(run.stdout))
    yield s.check("stderr is the command's alone", run.stderr == b"to-err\n", repr(run.stderr))
    kept = run.out_dir / "file"
    yield s.check("/out comes back", kept.exists() and kept.read_text() == "kept\n", str(kept))


def test_tool_kernel_oops(s):
    """a kernel panic has an exit status of its own"""
    run = s.boot(PLAIN, "echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger; sleep 60", 60)
    yield s.check("reported as such", run.verdict == "oops" and run.status == 120, f"{run.verdict} {run.status}")


def test_tool_timeout(s):
    """a command that hangs is ended and reported"""
    run = s.boot(PLAIN, "sleep 600", 15)
    yield s.check("reported as such", run.verdict == "timeout" and run.status == 122, f"{run.verdict} {run.status}")
