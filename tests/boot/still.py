"""What becomes of a guest program that fails while a busy host lets the guest's processors stand."""

from garm.options import Options
from garm.suite.bootcases import outputs, script
from garm.suite.model import FAIL, PASS

PLAIN = Options(driver="none", gpu=["none"])
# A program that fails the first time: with a watcher that was late meanwhile, and without.
ONCE = """cat > /usr/bin/{name} <<'END'
#!/bin/sh
echo run >> /run/{name}
echo "Starting subtest: it"
[ "$(wc -l < /run/{name})" = 1 ] || {{ echo "Subtest it: SUCCESS (0.1s)"; exit 0; }}
{meanwhile}
echo "Subtest it: FAIL (0.1s)"
exit 98
END
chmod +x /usr/bin/{name}
"""
STOP = """for process in /proc/[0-9]*; do
    [ "$(cat $process/comm)" = stood_still ] && watch=${process##*/}
done
kill -STOP $watch; sleep 2; kill -CONT $watch; sleep 1"""


def test_still_again(s):
    """a program is run once more when it failed while the machine stood still, and only then"""
    run = s.boot(PLAIN, ONCE.format(name="late", meanwhile=STOP) + ONCE.format(name="wrong", meanwhile="true")
                 + script(["late", "wrong"]) + "cp /run/late /run/wrong /out")
    yield s.verdict("the guest is well", run)
    rows = {row.name: row.status for row in outputs(run, ["late", "wrong"], PLAIN)}
    yield s.check("the second run counts", rows.get("late/it") == PASS, f"{rows}\n{run.explain()}")
    yield s.check("a failure without such a cause stays", rows.get("wrong/it") == FAIL, f"{rows}\n{run.explain()}")
    for name, runs in (("late", 2), ("wrong", 1)):
        path = run.out_dir / name
        text = path.read_text() if path.exists() else "none"
        yield s.check(f"{name}: runs", text.count("run") == runs, f"expected {runs}, got: {text}")
