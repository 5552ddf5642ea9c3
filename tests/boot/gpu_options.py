"""Properties of the device, as a driver sees them, and the files it leaves."""

import json
import re
from dataclasses import replace

from garm.options import Options

QUERY = "panthor_query --run-subtest '*info' && cs_mov && cs_sync --run-subtest 'two-*'"


def expect(text):
    """GARM_EXPECT for panthor_query."""
    return {"GARM_EXPECT": text}


def test_gpu_small(s):
    """one core, three groups, four address spaces"""
    options = Options(gpu=["cores=1,csgs=3,streams=8,address-spaces=4"],
                      environment=expect("csg_slot_count=3,cs_slot_count=8,shader_present=0x1,as_present=0xf"))
    yield s.verdict("works", s.boot(options, f"{QUERY} && vm_isolation --run-subtest many-vms"))


def test_gpu_large(s):
    """sixteen groups of sixteen streams, sixteen address spaces"""
    options = Options(gpu=["csgs=16,streams=16,address-spaces=16"],
                      environment=expect("csg_slot_count=16,cs_slot_count=16,as_present=0xffff"))
    yield s.verdict("works", s.boot(options, f"{QUERY} && groups_many --run-subtest short"))


def test_gpu_coherent(s):
    """coherency=ace-lite on the backports kernel, which checks it"""
    options = Options(kernel="backports", gpu=["coherency=ace-lite"], environment=expect("coherency_features=0x1,csg_slot_count=8"))
    yield s.verdict("works", s.boot(options, QUERY))


def test_gpu_deterministic(s):
    """deterministic=on: no GPU thread"""
    options = Options(gpu=["deterministic=on"], environment=expect("gpu_id=0xa8670005,csg_slot_count=8"))
    yield s.verdict("works", s.boot(options, f"{QUERY} && groups_many --run-subtest short && ring_wrap"))


def test_gpu_impossible(s):
    """configurations that cannot be are refused with the property, the value and the limit"""
    for bad, words in (("csgs=99", ("csgs", "99", "31")), ("cores=77", ("cores", "77")),
                       ("streams=2", ("streams", "2", "8")), ("model=g999", ("g999", "g610")),
                       ("coherency=full", ("full", "ace-lite")), ("jit=yes", ("jit=yes", "off, on or auto"))):
        run = s.boot(Options(gpu=[bad]), "true", 60)
        yield s.check(bad, run.verdict == "qemu" and all(w in run.qemu_stderr for w in words),
                      f"{run.verdict}: {run.qemu_stderr}")


def test_screen_impossible(s):
    """screens that cannot be are refused with the property, the value and the limit"""
    for bad, words in (("width=100", ("width=100", "128")), ("rate=1001", ("rate=1001", "1000")), ("rate=0", ("rate=0", "1")),
                       ("width=4096,height=4096,rate=1000", ("rate=1000", "clock", str(2**31 - 1)))):
        run = s.boot(Options(display="none", screen=[bad]), "true", 60)
        yield s.check(bad, run.verdict == "qemu" and all(w in run.qemu_stderr for w in words),
                      f"{run.verdict}: {run.qemu_stderr}")


def test_gpu_report_and_timeline(s):
    """--gpu report= and trace= leave files that a program can read"""
    out = s.context.out
    out.mkdir(parents=True, exist_ok=True)
    report, timeline = out / "report.json", out / "timeline.json"
    run = s.boot(Options(gpu=[f"report={report},trace={timeline}"]), "cs_mov; cs_fault --run-subtest run-compute")
    yield s.verdict("works", run)
    listed = json.dumps(s.json(report))
    yield s.check("report: a register, a request, an instruction",
                  all(name in listed for name in ("GPU_ID", "GLB_CFG_ALLOC_EN", "STORE_MULTIPLE")), listed[:2000])
    yield s.check("report: RUN_COMPUTE is named as unsupported", "RUN_COMPUTE" in listed, listed[-2000:])
    events = s.json(timeline)
    events = events["traceEvents"] if isinstance(events, dict) else events
    yield s.check("timeline: events with times", sum(1 for e in events if "ts" in e) > 100, f"{len(events)} events")
    yield s.check("summary on the terminal", "RUN_COMPUTE" in run.qemu_stderr, run.qemu_stderr[-2000:])


def test_gpu_trace_points(s):
    """QEMU trace events with readable names"""
    run = s.boot(replace(Options(), trace=["mali_*"]), "cs_mov --run-subtest mov")
    yield s.verdict("works", run)
    log = (run.out_dir / "trace.log").read_text(errors="replace")
    for name in ("mali_reg_write", "mali_mmu_command", "mali_mcu_glb_request", "mali_csg_request", "mali_irq_raise",
                 "GPU_ID"):
        yield s.check(name, name in log, log[:1500])


def test_gpu_yields(s):
    """virtual CPUs that spin let others run: while Linux patches itself, all but one wait in a loop of YIELD"""
    run = s.boot(Options(driver="none", gpu=["stats=on"]), "true")
    yield s.verdict("works", run)
    yields = re.search(r"^mali: vcpu-yields (\d+)$", run.qemu_stderr, re.MULTILINE)
    yield s.check("counted", yields is not None and int(yields[1]) > 0, run.qemu_stderr[-1000:])
