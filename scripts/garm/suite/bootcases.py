"""Tests that boot a guest: the kernel matrix, the guest programs, scenarios in tests/boot.

A guest program's subtests are results of their own. Called by main.py.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

from ..boot import Guest, Result as BootResult
from ..options import Options
from ..picture import Picture, compare
from . import parse
from .context import Context
from .model import FAIL, PASS, Case, Result

DRIVERS = ("panthor", "garm")
KERNELS = ("stable", "backports")
PAGES = ("4k", "16k")
FIRMWARE = ("free", "vendor")
# In every cell of the matrix; everything else runs once per kernel.
SMOKE = ("garm-demo", "panthor_query", "cs_mov", "pm_suspend", "devfreq", "module_reload")
# Also run with 16 KiB pages and the vendor's firmware: what depends on the page size, and the scheduler's hard cases.
LARGE_PAGES = ("cs_fault", "cs_sync", "groups_many", "mmio_flush_id", "panthor_gem", "panthor_group", "panthor_vm",
               "ring_wrap", "tiler_heap", "vm_isolation")
# Of garm.ko's own programs.
GARM_LARGE_PAGES = ("garm_recovery", "garm_shrink", "garm_unbind")
OWN_BOOT = ("garm-demo", "mov_bench", "garm_suspend", "panthor_hang", "recovery_suite")
# What the RK3588's G610 answers; panthor_query compares.
EXPECT = ("gpu_id=0xa8670005,shader_present=0x50005,l2_present=0x1,tiler_present=0x1,l2_features=0x7120306,"
          "tiler_features=0x809,mem_features=0x301,mmu_features=0x2830,as_present=0xff,csg_slot_count=8,"
          "cs_slot_count=8,cs_reg_count=96,scoreboard_slot_count=8")
MARK = "@@garm"
TIMEOUT = 900.0


def cases(context: Context) -> Iterator[Case]:
    """All boot cases."""
    for driver in DRIVERS:
        yield from driver_cases(context, driver)
    for path in sorted((context.env.repo / "tests/boot").glob("*.py")):
        yield from scenarios(context, path)


def driver_cases(context: Context, driver: str) -> Iterator[Case]:
    """The same guests and programs for each driver; panthor's have no driver in their names."""
    prefix = "" if driver == "panthor" else f"{driver}-"
    for kernel, page, firmware in product(KERNELS, PAGES, FIRMWARE):
        quick = (driver, kernel, page, firmware) == ("panthor", "stable", "4k", "free")
        options = Options(driver=driver, kernel=kernel, page_size=page, firmware=firmware)
        yield Case(f"boot/{prefix}{kernel}-{page}-{firmware}", partial(programs, context, options, SMOKE),
                   f"{driver} on the {kernel} kernel, {page} pages, {firmware} firmware",
                   tags=("matrix", driver, "quick") if quick else ("matrix", driver),
                   cell=(driver, guest_name(options)))
    own = [p for p in guest_sources(context.env.repo) if p.startswith("garm_") and p not in OWN_BOOT]
    names = [p for p in guest_sources(context.env.repo) if p not in (*SMOKE, *OWN_BOOT, *own)]
    if driver == "garm":
        names += own
    for kernel in KERNELS:
        options = Options(driver=driver, kernel=kernel)
        yield Case(f"boot/programs-{prefix}{kernel}", partial(programs, context, options, names),
                   f"every guest program, {driver} on the {kernel} kernel", tags=(driver,),
                   cell=(driver, guest_name(options)))
    large = Options(driver=driver, page_size="16k", firmware="vendor")
    names = LARGE_PAGES + (GARM_LARGE_PAGES if driver == "garm" else ())
    yield Case(f"boot/programs-{prefix}stable-16k", partial(programs, context, large, names),
               f"guest programs, {driver} on the stable kernel with 16k pages, vendor firmware", tags=(driver,),
               cell=(driver, guest_name(large)))


def guest_name(options: Options) -> str:
    """What tells guests apart but the driver."""
    return f"{options.kernel} {options.page_size} {options.firmware}"


def guest_sources(repo: Path) -> list[str]:
    """Guest programs, from their sources."""
    return sorted(path.stem.replace("garm_demo", "garm-demo") for path in (repo / "tests/guest").glob("*.c"))


def scenarios(context: Context, path: Path) -> Iterator[Case]:
    """Cases of a module in tests/boot: functions named test_* that take a Scenario and yield results."""
    spec = importlib.util.spec_from_file_location(f"garm_boot_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, function in vars(module).items():
        if name.startswith("test_"):
            case = f"boot/{name.removeprefix('test_').replace('_', '-')}"
            yield Case(case, partial(function, Scenario(context, case)), (function.__doc__ or "").splitlines()[0],
                       asked=getattr(function, "asked", False))


def script(names: Iterable[str]) -> str:
    """A shell line that runs programs one by one and says where each begins and how it ended."""
    return "".join(f"echo '{MARK} begin {n}'; {n} 2>&1; echo \"{MARK} end {n} $?\"; " for n in names)


def programs(context: Context, options: Options, names: Iterable[str], after: str = "true",
             timeout: float = TIMEOUT) -> Iterator[Result]:
    """One boot that runs guest programs, then the shell line `after`; each subtest is a result, the boot is one as well."""
    scenario = Scenario(context, "")
    names = list(names)
    built = {path.name for path in context.project.guest_programs()}
    for name in names:
        if name not in built:
            yield Result(name, FAIL, "this guest program is not built")
    run = scenario.boot(replace(options, environment={"GARM_EXPECT": EXPECT}),
                        script(n for n in names if n in built) + after, timeout)
    yield scenario.verdict("boot, no kernel warning, power off", run)
    yield from outputs(run, [n for n in names if n in built], options)


def outputs(run: BootResult, names: Iterable[str], options: Options) -> Iterator[Result]:
    """Results of the programs whose script() the boot ran."""
    text = run.stdout.decode(errors="replace")
    for name in names:
        found = re.search(rf"^{MARK} begin {name}\n(.*?)^{MARK} end {name} (\d+)$", text, re.M | re.S)
        if not found:
            yield Result(name, FAIL, f"did not end\n{text[-2000:]}\n{run.explain()}")
        else:
            yield from program_results(name, found.group(1), int(found.group(2)), options)


def program_results(name: str, output: str, status: int, options: Options) -> Iterator[Result]:
    """Results of one guest program, named PROGRAM/SUBTEST."""
    packages = f"--packages '{' '.join(options.packages)}' " if options.packages else ""
    mesa = "" if options.mesa == "stable" else f"--mesa {options.mesa} "
    alone = (f"scripts/run --driver {options.driver} --kernel {options.kernel} --page-size {options.page_size} {mesa}"
             f"--firmware {options.firmware} {packages}-- {name}")
    for row in parse.igt(output, status, alone):
        detail = row.detail
        if row.status == FAIL and row.name != "program":
            subtest, _, part = row.name.partition("@")
            detail += f"\nalone: {alone} --run-subtest {subtest}" + (f" --dynamic-subtest {part}" if part else "")
        yield Result(name if row.name == "program" else f"{name}/{row.name}", row.status, detail, row.seconds)


class Scenario:
    """What a scenario in tests/boot works with."""

    def __init__(self, context: Context, name: str) -> None:
        self.context = context
        self.name = name

    def guest(self, options: Options) -> Guest:
        """A guest for step-by-step scenarios."""
        self.context.guests.append(Guest(self.context.setup, options))
        return self.context.guests[-1]

    def boot(self, options: Options, command: str, timeout: float = TIMEOUT) -> BootResult:
        """Boot, run a shell line, power off."""
        return self.guest(options).run(command, timeout)

    @staticmethod
    def verdict(name: str, run: BootResult, status: int = 0) -> Result:
        """Pass when the run ended with `status` and the kernel had nothing to complain about."""
        if run.status == status:
            return Result(name, PASS, "", run.seconds)
        return Result(name, FAIL, f"expected exit status {status}, got {run.status} ({run.verdict})\n{run.explain()}\n"
                      f"console: {run.out_dir}/console.log\n{run.stdout.decode(errors='replace')[-1500:]}", run.seconds)

    @staticmethod
    def check(name: str, ok: bool, detail: str = "") -> Result:
        """A yes-or-no result."""
        return Result(name, PASS if ok else FAIL, "" if ok else detail or "expected to hold")

    def compare(self, name: str, got: Path, wanted: Path, tolerance: int, pixels: int, like: str = "llvmpipe") -> Result:
        """Compare two PPM files, the second by `like`: at most `pixels` may differ by more than `tolerance` in a channel."""
        for path in (got, wanted):
            if not path.exists():
                return Result(name, FAIL, f"{path} was not drawn")
        ours, theirs = Picture.read(got), Picture.read(wanted)
        found = compare(ours, theirs, tolerance)
        note = f"{found}; allowed are {pixels} pixels by more than {tolerance}"
        ok = found.pixels <= pixels
        self.context.gallery.add(f"{self.name}: {name}", ok, note,
                                 [("drawn by the Mali", ours), (like, theirs), ("difference", found.picture)])
        return Result(name, PASS if ok else FAIL, "" if ok else f"{note}\n{got}\n{wanted}")

    def show(self, result: Result, got: Path, wanted: Path) -> None:
        """Put pictures that a guest program compared itself in the report of image tests, with its verdict."""
        if not (got.exists() and wanted.exists()):
            return
        ours, theirs = Picture.read(got), Picture.read(wanted)
        found = compare(ours, theirs, 0)
        self.context.gallery.add(f"{self.name}: {result.name}", result.status != FAIL, str(found),
                                 [("drawn by the Mali", ours), ("llvmpipe", theirs), ("difference", found.picture)])

    @staticmethod
    def json(path: Path) -> object:
        """A JSON file's content; a missing or broken one raises."""
        return json.loads(path.read_text())
