"""Command line of scripts/test: set up, select, run, report."""

from __future__ import annotations

import argparse
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from ..env import Env, default_cache
from ..errors import GarmError
from . import bootcases, debugcases, drivercases, hostcases, table, upstream
from .context import Context
from .model import FAIL, Case, Result, selected
from .report import Report

EPILOG = """
NAME is a test, a folder of tests, a glob or a tag: unit, unit/mmu_test, device, tsan, fuzz, boot,
boot/stable-4k-free, 'boot/*-16k-*', quick (everything that needs no guest, and one boot).
debug, garm.ko on a kernel that looks for its mistakes, runs only when it is named: its kernel is
built first (half an hour), and slow.
Output is TAP on stdout, progress on stderr; the last line counts: N passed, N failed, N skipped.
"""


def shard(text: str) -> tuple[int, int]:
    """I/N of --shard."""
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"{text!r}: expected I/N with 1 <= I <= N, such as 2/8")
    return int(part), int(parts)


def parser() -> argparse.ArgumentParser:
    """The options."""
    p = argparse.ArgumentParser(prog="scripts/test", description="Run Garm's tests; sets up whatever is missing.",
                                epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("names", nargs="*", metavar="NAME", help="what to run (default: everything)")
    p.add_argument("--list", action="store_true", help="print the names and what they test, run nothing")
    p.add_argument("--junit", type=Path, metavar="FILE", help="also write the results as JUnit XML")
    p.add_argument("--ktap", type=Path, metavar="FILE", help="also write the results as KTAP, for KernelCI's tools")
    p.add_argument("--table", type=Path, metavar="FILE",
                   help="also write panthor and garm.ko side by side, for each guest program and kernel: "
                        "HTML when FILE ends in .html, else Markdown")
    p.add_argument("--shard", type=shard, metavar="I/N",
                   help="of tests that are too many for one run (boot/piglit-shaders): part I of N instead of a sample")
    p.add_argument("--pictures", type=Path, metavar="FILE",
                   help="where image tests show both pictures and their difference (HTML; default: pictures.html "
                        "beside --junit's file, or in --out)")
    p.add_argument("--out", type=Path, metavar="DIR", help="keep console logs and files of guests here")
    p.add_argument("--cache", type=Path, metavar="DIR", default=default_cache(),
                   help="where downloads and builds are kept (default: $GARM_CACHE or ~/.cache/garm)")
    p.add_argument("--offline", action="store_true", help="use only what the cache holds")
    p.add_argument("--mirror", metavar="URL", help="Debian mirror (default: the host's own)")
    p.add_argument("--verbose", action="store_true", help="show the output of set-up steps")
    return p


def attempt(case: Case) -> Iterator[Result]:
    """Run a case once; an exception is a failure of that case, not of the runner."""
    start = time.monotonic()
    try:
        for result in case.run():
            result.seconds = result.seconds or time.monotonic() - start
            yield result
            start = time.monotonic()
    except GarmError as error:
        yield Result("set-up", FAIL, str(error))
    except Exception:  # pylint: disable=broad-except
        yield Result("runner", FAIL, traceback.format_exc())


def run_case(case: Case, context: Context) -> Iterator[Result | str]:
    """Run a case; what has failed waits for the end, as the case may have to run again (upstream.py): a remark tells so,
    and then come the results that were not told before."""
    told: set[str] = set()
    for left in reversed(range(upstream.TRIES)):
        context.guests.clear()
        held: list[Result] = []
        now: set[str] = set()   # not in told before the end: a case may have results of one name
        for result in attempt(case):
            if held or result.status == FAIL:
                held.append(result)
            elif result.name not in told:
                now.add(result.name)
                yield result
        reason = upstream.shown(context.guests) if held and left else ""
        if not reason:
            yield from (result for result in held if result.status == FAIL or result.name not in told)
            return
        told |= now
        names = ", ".join(result.name for result in held if result.status == FAIL)
        yield f"{case.name} runs again, for {names} failed: {reason}"


def run_cases(cases: list[Case], workers: int, context: Context) -> Iterator[tuple[Case, Result | str | float]]:
    """All results and remarks in the order of the cases, after each case the seconds that it took. Cases that may run side
    by side do, as many as there are workers."""
    def collect(case: Case) -> tuple[list[Result], float]:
        start = time.monotonic()
        return list(attempt(case)), time.monotonic() - start

    with ThreadPoolExecutor(workers) as pool:
        early = {case.name: pool.submit(collect, case) for case in cases if case.beside}
        try:
            for case in cases:
                if case.name in early:
                    results, seconds = early[case.name].result()
                    yield from ((case, result) for result in results)
                else:
                    wait(early.values())    # a guest has the machine to itself
                    start = time.monotonic()
                    yield from ((case, found) for found in run_case(case, context))
                    seconds = time.monotonic() - start
                yield case, seconds
        finally:
            pool.shutdown(cancel_futures=True)


def main(argv: list[str]) -> int:
    """Entry point; returns the exit status."""
    args = parser().parse_args(argv)
    try:
        env = Env(args.cache, args.offline, args.mirror, args.verbose)
        context = Context(env, args.out, args.names, args.shard)
        everything = [*hostcases.cases(context), *drivercases.cases(context), *bootcases.cases(context),
                      *debugcases.cases(context)]
        cases = list(selected(everything, args.names))
        if not cases:
            raise GarmError(f"no test matches {' '.join(args.names)} (scripts/test --list shows the names)")
        if args.list:
            for case in cases:
                print(f"{case.name:34} {case.describe}")
            return 0
        context.prepare(cases)
    except GarmError as error:
        print(f"garm: error: {error}", flush=True)
        return 124
    report = Report()
    for case, found in run_cases(cases, env.jobs, context):
        if isinstance(found, Result):
            report.add(case, found)
        elif isinstance(found, str):
            report.remark(found)
        else:
            report.took(case, found)
    if args.junit:
        report.junit(args.junit)
    if args.ktap:
        report.ktap(args.ktap)
    pictures = args.pictures or (args.junit and args.junit.with_name("pictures.html")) or \
        (args.out and args.out / "pictures.html")
    if pictures and context.gallery.entries:
        context.gallery.write(pictures)
    if args.table:
        table.write(args.table, report.rows)
    return report.close()
