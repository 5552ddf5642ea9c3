"""Reports: TAP on stdout while tests run, JUnit and KTAP at the end, and the closing line that CI reads."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from .model import FAIL, PASS, SKIP, Case, Result

SLOWEST = 20    # cases named at the end with the time they took
BAD_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")


def ktap_line(status: str, number: int, name: str, why: str = "") -> str:
    """A result: the name must not look like a directive, nor have line breaks."""
    skip = f" # SKIP {(why.strip().splitlines() or [''])[0]}".rstrip() if status == SKIP else ""
    return f"{'not ok' if status == FAIL else 'ok'} {number} - {' '.join(name.replace('#', '').split())}{skip}"


class Report:
    """Collects results and writes them out."""

    def __init__(self) -> None:
        self.rows: list[tuple[Case, Result]] = []
        self.seconds: dict[str, float] = {}
        self.remarks: list[str] = []
        print("TAP version 14", flush=True)

    def add(self, case: Case, result: Result) -> None:
        """Print one TAP line, with the details of a failure and how to repeat it."""
        self.rows.append((case, result))
        name = case.name if result.name in ("", case.name) else f"{case.name}: {result.name}"
        word = "not ok" if result.status == FAIL else "ok"
        tail = f" # SKIP {result.detail.strip().splitlines()[0] if result.detail.strip() else ''}" \
            if result.status == SKIP else ""
        print(f"{word} {len(self.rows)} - {name}{tail}", flush=True)
        if result.status == FAIL:
            for line in result.detail.rstrip().splitlines():
                print(f"# {line}")
            print(f"# repeat: {case.repeat}", flush=True)

    def remark(self, text: str) -> None:
        """Say something that is no result; the end says it again."""
        self.remarks.append(text)
        print(f"# {text}", flush=True)

    def took(self, case: Case, seconds: float) -> None:
        """A case has ended; with the set-up that it was the first to need."""
        self.seconds[case.name] = seconds

    def slowest(self) -> None:
        """Where the time went: what to look at when a run of everything has become too long."""
        total = sum(self.seconds.values())
        print(f"# {total:.0f} s in {len(self.seconds)} cases, with what was built for them; the longest:")
        for name, seconds in sorted(self.seconds.items(), key=lambda item: -item[1])[:SLOWEST]:
            print(f"# {seconds:7.1f} s  {name}")

    def count(self, status: str) -> int:
        """How many results have that status."""
        return sum(1 for _, r in self.rows if r.status == status)

    def close(self) -> int:
        """Print the plan and the closing line; the exit status."""
        print(f"1..{len(self.rows)}")
        if len(self.seconds) > 1:
            self.slowest()
        passed, failed, skipped = (self.count(s) for s in (PASS, FAIL, SKIP))
        for text in self.remarks:
            print(f"# {text}")
        for case, result in self.rows:
            if result.status == FAIL:
                print(f"# failed: {case.name}: {result.name}; repeat: {case.repeat}")
        sys.stdout.flush()
        print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
        return 1 if failed or not passed else 0

    def junit(self, path: Path) -> None:
        """Write all results as JUnit XML."""
        suites: dict[str, ET.Element] = {}
        root = ET.Element("testsuites")
        for case, result in self.rows:
            suite = suites.get(case.name)
            if suite is None:
                suite = suites[case.name] = ET.SubElement(root, "testsuite", name=case.name)
            self._junit_row(suite, case, result)
        for suite in suites.values():
            for attr, tag in (("tests", "testcase"), ("failures", "testcase/failure"),
                              ("skipped", "testcase/skipped")):
                suite.set(attr, str(len(suite.findall(tag))))
        path.parent.mkdir(parents=True, exist_ok=True)
        ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)

    def ktap(self, path: Path) -> None:
        """Write all results as KTAP (Documentation/dev-tools/ktap.rst): a case is a test, its results are subtests."""
        cases: dict[str, list[Result]] = {}
        for case, result in self.rows:
            cases.setdefault(case.name, []).append(result)
        lines = ["KTAP version 1", f"1..{len(cases)}"]
        for number, (name, results) in enumerate(cases.items(), 1):
            lines += ["    KTAP version 1", f"    # Subtest: {name}", f"    1..{len(results)}"]
            for at, result in enumerate(results, 1):
                if result.status == FAIL:
                    lines += [f"    # {line}" for line in result.detail.rstrip().splitlines()]
                lines.append("    " + ktap_line(result.status, at, result.name or name, result.detail))
            states = {r.status for r in results}
            lines.append(ktap_line(FAIL if FAIL in states else PASS if PASS in states else SKIP, number, name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")

    @staticmethod
    def _junit_row(suite: ET.Element, case: Case, result: Result) -> None:
        row = ET.SubElement(suite, "testcase", classname=case.name.replace("/", "."),
                            name=result.name or case.name, time=f"{result.seconds:.3f}")
        text = BAD_XML.sub("?", result.detail)
        if result.status == FAIL:
            ET.SubElement(row, "failure", message=f"repeat: {case.repeat}").text = text
        elif result.status == SKIP:
            ET.SubElement(row, "skipped", message=text.strip().splitlines()[0] if text.strip() else "")
