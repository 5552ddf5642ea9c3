"""savevm and loadvm in the middle of running jobs."""

from garm.options import Options

BUSY = "echo started; groups_many --run-subtest one-queue && cs_sync && echo all-right"


def test_snapshot_mid_job(s):
    """a guest saved and restored in the middle of 64 groups ends as an undisturbed one"""
    with s.guest(Options(snapshots=True)) as guest:
        guest.start(BUSY)
        guest.wait_for("Starting subtest: one-queue", 120)
        for name in ("one", "two"):
            guest.qmp.savevm(name)
            guest.qmp.loadvm(name)
        guest.qmp.loadvm("one")
        run = guest.wait(600)
    yield s.verdict("no kernel warning", run)
    yield s.check("the jobs' results are right", b"all-right" in run.stdout, run.stdout.decode()[-1500:])
