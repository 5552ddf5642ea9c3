"""The catalogue of faults: every row has a hook, the listing has every row, scenarios reach QEMU's command line."""

import contextlib
import dataclasses
import fnmatch
import gzip
import importlib.util
import io
import json
import re
import socket
import tempfile
import threading
import unittest
from pathlib import Path

import garm_path  # noqa: F401  pylint: disable=unused-import
from garm import inject, recovery
from garm.errors import UsageError
from garm.machine import gpu_argument
from garm.options import Options
from garm.suite.model import FAIL, PASS

REPO = Path(__file__).resolve().parents[2]
# By family: a kind of fault as the issue names it, and the faults of it.
KINDS = {
    "JOB": {"every exception code": "cs-fault-* cs-fatal-*", "endless or slow stream": "cs-endless cs-slow",
            "endless shader, and others": "job-endless job-fault job-skipped", "sync object never signalled": "sync-lost",
            "wrong extract pointer": "extract-ahead extract-back", "bit of a descriptor or result": "flip-descriptor flip-result"},
    "MEMORY": {"translation": "mmu-translation mmu-spurious mmu-firmware mmu-attribute", "permission": "mmu-permission",
               "access flag": "mmu-access-flag", "address size": "mmu-address-size mmu-address-in", "bus": "mmu-bus",
               "command that never completes": "as-stuck as-late", "bit of a page table": "flip-pte"},
    "HEAP": {"out of memory": "heap-oom", "corrupt chunk link": "heap-chunk"},
    "MCU": {"boot fails": "mcu-boot-fails mcu-boot-silent", "boots late": "mcu-boot-late", "interface": "fw-*",
            "request never acknowledged": "glb-lost halt-lost csg-*-lost cs-*-lost doorbell-lost", "late": "glb-late",
            "ping lost": "ping-lost", "wrong slot state": "csg-wrong-state", "fatal": "mcu-fatal mcu-hang",
            "halts in a suspend": "suspend-halts", "garbage in the suspend buffer": "suspend-garbage",
            "events without cause": "csg-spurious progress-spurious"},
    "POWER": {"does not come up": "power-on-stuck", "does not go down": "power-off-stuck",
              "takes long": "power-slow power-off-slow reset-late flush-late", "does nothing": "reset-ignored flush-lost",
              "fails n times, or for ever": "reset-ignored reset-dead"},
    "IRQ": {"lost": "irq-lost", "late": "irq-late", "spurious": "irq-spurious", "storm": "irq-storm", "stuck": "irq-stuck"},
    "GPU": {"bus, protected, shareability fault": "gpu-fault gpu-protected gpu-shareability", "wrong speed": "clock-wrong",
            "timestamp jump": "timestamp-jump", "registers": "read-flipped write-lost"},
    "PLATFORM": {"clock error": "clock-unreadable clock-ignored", "OPP refused": "clock-error", "regulator": "regulator-ignored"},
    "REMOVAL": {"surprise removal": "gone"},
}


def sources():
    """The device's code outside of the tables."""
    return {p: p.read_text() for p in (REPO / "hw").glob("*/*.c") if p.parent.name not in ("inject", "tools")}


class Catalogue(unittest.TestCase):
    """hw/inject/*.def"""

    def setUp(self):
        self.faults = inject.catalogue()

    def test_size_and_families(self):
        """Sixty at least, of every family that the issue names."""
        self.assertGreaterEqual(len(self.faults), 60)
        self.assertEqual({f.family for f in self.faults},
                         {"JOB", "MEMORY", "HEAP", "MCU", "POWER", "IRQ", "GPU", "PLATFORM", "REMOVAL"})

    def test_every_kind_of_the_issue(self):
        """The kinds of faults that issue 6 names, and what they are called here: all there, and no fault is of no kind."""
        for family, kinds in KINDS.items():
            found = {f.name for f in self.faults if f.family == family}
            left = set(found)
            for kind, patterns in kinds.items():
                for pattern in patterns.split():
                    names = set(fnmatch.filter(found, pattern))
                    self.assertTrue(names, f"{family.lower()}, {kind}: no {pattern}")
                    left -= names
            self.assertEqual(left, set(), f"{family.lower()}: of no kind")
        codes = {f.name.split("-", 2)[2] for f in self.faults if f.name.startswith(("cs-fault-", "cs-fatal-"))}
        self.assertEqual(len(codes), 19)    # exception codes that a stream can raise: panthor_device.c, 6.12

    def test_every_point_is_hooked(self):
        """A fault that is not hooked is not in the catalogue."""
        text = "\n".join(sources().values())
        hooked = set(re.findall(r"\bINJECT\([^;]*?inject, (\w+), |\bINJECT\(in, (\w+),", text))
        hooked = {a or b for a, b in hooked}
        wanted = {f.point for f in self.faults} - {"device"}
        self.assertEqual(hooked, wanted)
        self.assertEqual(set(inject.points()) - {"device"}, wanted)

    def test_every_action_is_done(self):
        """Faults done to the device have a case where actions are done."""
        text = "\n".join(sources().values())
        for fault in self.faults:
            if fault.action:
                self.assertIn(f"FAULT_{fault.name.replace('-', '_')}", text)

    def test_duties_and_texts(self):
        """Duties exist; listing and table have every fault."""
        listing, table = "\n".join(inject.listing(self.faults)), "\n".join(inject.table(self.faults))
        for fault in self.faults:
            self.assertIn(fault.duty, inject.DUTIES)
            self.assertIn(f" {fault.name} ", listing)
            self.assertIn(f"`{fault.name}`", table)

    def test_words(self):
        """--list WORD: a family or a part of names."""
        self.assertTrue(all(f.family == "POWER" for f in inject.wanted(self.faults, "power") if "power" not in f.name))
        self.assertEqual([f.name for f in inject.wanted(self.faults, "ping")], ["ping-lost"])


class Scenario(unittest.TestCase):
    """--faults FILE"""

    def test_file(self):
        """Comments go, rules are joined, commas are doubled."""
        with tempfile.NamedTemporaryFile("w", suffix=".faults") as file:
            file.write("# first\nping-lost\n\n  mcu-hang:after=2s # later\n")
            file.flush()
            options = Options(faults=Path(file.name), gpu=["cores=1"])
            options.check()
            self.assertEqual(gpu_argument(options), "mali-g610,cores=1,inject=ping-lost;mcu-hang:after=2s")

    def test_missing(self):
        """A file that is not there is a usage error that names it."""
        with self.assertRaisesRegex(UsageError, "/no/such: no such file"):
            Options(faults=Path("/no/such")).check()


class FakeQemu(threading.Thread):
    """A QMP server with one GPU, on a socket: what the client asked is in `asked`; rules with "bad" are refused."""

    def __init__(self, path, device=inject.DEVICE):
        super().__init__(daemon=True)
        self.device, self.asked = device, []
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen()
        self.start()

    def run(self):
        """Until the socket is closed."""
        while True:
            try:
                connection = self.server.accept()[0]
            except OSError:
                return
            with connection, connection.makefile("rw") as file:
                print(json.dumps({"QMP": {}}), file=file, flush=True)
                for line in file:
                    print(json.dumps({"event": "RESUME"}), file=file)   # may come at any time
                    print(json.dumps(self.answer(json.loads(line))), file=file, flush=True)

    def answer(self, request):
        """One command's."""
        at = request.get("arguments", {})
        if request["execute"] == "qom-list":
            there = at["path"] == "/machine/peripheral-anon"
            return {"return": [{"name": "device[0]", "type": f"child<{self.device}>"}] if there else []}
        if request["execute"] == "qom-get":
            return {"return": f"text of {at['property']}\n"}
        if request["execute"] == "qom-set":
            self.asked.append((at["path"], at["property"], at["value"]))
            if "bad" in at["value"]:
                return {"error": {"class": "GenericError", "desc": f"inject: {at['value']}: no such fault"}}
        return {"return": {}}

    def close(self):
        """No more clients."""
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.join()


class Client(unittest.TestCase):
    """scripts/inject SOCKET COMMAND"""

    def client(self, *words, device=inject.DEVICE):
        """Exit status, what it printed, what QEMU was asked to set."""
        with tempfile.TemporaryDirectory() as folder:
            qemu = FakeQemu(Path(folder) / "qmp", device)
            out, errors = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
                status = inject.main([f"{folder}/qmp", *words])
            qemu.close()
        path, name = "/machine/peripheral-anon/device[0]", "inject"
        self.assertEqual([row[:2] for row in qemu.asked], [(path, name)] * len(qemu.asked))
        return status, out.getvalue() + errors.getvalue(), [value for *_, value in qemu.asked]

    def test_commands(self):
        """Each command is a property of the GPU, wherever it is plugged."""
        for words, printed, asked in (
                (("add", "mcu-hang:after=2s", "gone"), "", ["mcu-hang:after=2s", "gone"]), (("remove", "3"), "", ["remove 3"]),
                (("clear",), "", ["clear"]), (("clear-log",), "", ["clear-log"]), (("rules",), "text of inject\n", []),
                (("log",), "text of inject-log\n", []), (("catalogue",), "text of inject-catalogue\n", [])):
            self.assertEqual(self.client(*words), (0, printed, asked))

    def test_errors(self):
        """The device's words, a command that is none, a QEMU without the GPU, no QEMU."""
        for words, device, text in ((("add", "bad"), inject.DEVICE, "inject: bad: no such fault"), (("explode",), inject.DEVICE, "explode: add"),
                                    (("add",), inject.DEVICE, "add: add RULE"), (("rules",), "virtio-gpu", "no mali-g610")):
            status, printed, _ = self.client(*words, device=device)
            self.assertEqual(status, 2)
            self.assertIn(text, printed)
        with contextlib.redirect_stderr(io.StringIO()) as errors:
            self.assertEqual(inject.main(["/no/such/socket", "rules"]), 2)
        self.assertIn("/no/such/socket: No such file", errors.getvalue())


def result(**changes):
    """An answer of recovery_suite: all is well, but for the changes."""
    good = {"good": 2, "lost": 0, "wrong": 0, "hung": 0, "refused": 0, "error": 0}
    base = {"guilty": good, "innocent": {**good, "good": 4}, "guilty_group": 0, "innocent_groups": 0, "next_guilty": 0,
            "next_innocent": 0, "bound": True, "fences_ms": 10.0, "next_ms": 12.0, "dump": False, "reason": ""}
    for name, value in changes.items():
        base[name] = {**base[name], **value} if isinstance(value, dict) else value
    return base


class Known(unittest.TestCase):
    """tests/boot/recovery.py against its list"""

    def setUp(self):
        spec = importlib.util.spec_from_file_location("recovery_known", REPO / "tests/boot/recovery.py")
        self.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)

    def test_compare(self):
        """garm.ko fails on what the list does not say, panthor is told; a row is for draws, too."""
        known = {("garm", "stable", "gone"): ("lost", "why"), ("panthor", "stable", "gone"): ("crashed", "why"),
                 ("panthor", "stable", "gone+draw"): ("hung", "why")}
        for fault, driver, verdict, status, told in (
                ("gone", "garm", "lost", PASS, ""), ("gone", "garm", "recovered", PASS, ", not lost"),
                ("gone", "garm", "hung", FAIL, ", not lost"), ("gone+draw", "garm", "lost", PASS, ""),
                ("irq-lost", "garm", "degraded", FAIL, ", not recovered"), ("irq-lost", "garm", "not struck", FAIL, ", not recovered"),
                ("irq-lost", "panthor", "degraded", PASS, ", not recovered"), ("gone+draw", "panthor", "hung", PASS, ""),
                ("gone", "panthor", "hung", PASS, ", not crashed")):
            found = self.module.compare(recovery.Cell(fault, driver, "stable", verdict), known)
            self.assertEqual((found.status, found.name), (status, f"{fault}, {driver} on stable: {verdict}{told}"))

    def test_list(self):
        """Rows name faults, drivers and verdicts that there are; garm.ko has none."""
        names = {f.name for f in inject.catalogue()}
        rows = recovery.expected(self.module.KNOWN)
        lines = [x for x in self.module.KNOWN.read_text().splitlines() if not x.startswith("#")]
        self.assertEqual(len(rows), len(lines))
        for (driver, kernel, fault), (verdict, reason) in rows.items():
            self.assertIn(fault.removesuffix("+draw"), names)
            self.assertIn((driver, kernel), {("panthor", "stable"), ("panthor", "backports")})
            self.assertIn(verdict, {"degraded", "lost", "hung", "crashed", "not struck"})
            self.assertTrue(reason, fault)


class Verdicts(unittest.TestCase):
    """recovery.judge()"""

    WORKS = {"works": True, "after_bind": False}
    REBOUND = {"works": False, "after_bind": True}
    DEAD = {"works": False, "after_bind": False}

    def setUp(self):
        self.faults = {f.name: f for f in inject.catalogue()}

    def judged(self, name, r, check=None, said="", struck=True):
        """The verdict's word."""
        return recovery.judge(recovery.Strike(self.faults[name]), r, check or self.WORKS, said, struck)[0]

    def test_verdicts(self):
        """Each verdict, and what just misses it."""
        lost = result(guilty={"lost": 2, "good": 0}, guilty_group=1)
        self.assertEqual(self.judged("cs-fatal-bus", lost), "recovered")
        self.assertEqual(self.judged("cs-fault-kaboom", lost), "degraded")
        self.assertEqual(self.judged("cs-fatal-bus", result()), "degraded")      # the error was not reported
        self.assertEqual(self.judged("irq-late", lost), "degraded")
        self.assertEqual(self.judged("irq-late", result()), "recovered")
        self.assertEqual(self.judged("irq-late", result(), struck=False), "not struck")
        self.assertEqual(self.judged("irq-late", result(innocent={"wrong": 1})), "degraded")
        self.assertEqual(self.judged("irq-late", result(fences_ms=99999.0)), "degraded")
        self.assertEqual(self.judged("irq-late", result(innocent={"hung": 1})), "hung")
        self.assertEqual(self.judged("irq-late", result(), self.REBOUND), "lost")
        self.assertEqual(self.judged("irq-late", result(next_innocent=-5)), "lost")
        self.assertEqual(self.judged("gone", lost, self.REBOUND), "recovered")
        self.assertEqual(self.judged("gone", lost, self.DEAD), "lost")
        self.assertEqual(self.judged("gone", lost, said="[ 1.0] Internal error: Oops: 96000004 [#1] SMP"), "crashed")

    def test_strays(self):
        """A fault that cannot be aimed and is not the first event may take one innocent client instead of the guilty one."""
        fault = self.faults["csg-event-lost"]
        lost = {"innocent": {"lost": 4, "good": 4}, "innocent_groups": 1}
        for changes, nth, word in ((lost, 1, "degraded"), (lost, 3, "recovered"), ({**lost, "innocent_groups": 2}, 3, "degraded"),
                                   ({**lost, "guilty_group": 1}, 3, "degraded"), ({**lost, "guilty": {"lost": 1}}, 3, "degraded")):
            got = recovery.judge(recovery.Strike(fault, nth), result(**changes), self.WORKS, "", True)
            self.assertEqual(got[0], word, f"{changes}, {nth}: {got}")
        aimed = recovery.Strike(self.faults["cs-fatal-bus"], 3, crowd=4)
        self.assertFalse(aimed.stray)
        self.assertTrue(recovery.Strike(fault, crowd=4).stray)
        self.assertEqual(recovery.judge(aimed, result(**lost), self.WORKS, "", True)[0], "degraded")

    def test_dumps(self):
        """garm.ko's dump must give the catalogue's reason; panthor makes none."""
        fault = dataclasses.replace(self.faults["cs-fatal-bus"], dump="FATAL")
        lost = result(guilty={"lost": 2, "good": 0}, guilty_group=1)
        said = {**lost, "dump": True, "reason": "CS_FATAL"}
        wrong = {**lost, "dump": True, "reason": "reset"}
        verdicts = [recovery.judge(recovery.Strike(fault), r, self.WORKS, "", True, driver)
                    for r, driver in ((said, "garm"), (wrong, "garm"), (lost, "garm"), (lost, "panthor"))]
        self.assertEqual([word for word, _ in verdicts], ["recovered", "degraded", "degraded", "recovered"])
        self.assertIn("CS_FATAL", verdicts[1][1])
        self.assertEqual(recovery.judge(recovery.Strike(fault, 5), {**result(), "guilty_group": 1}, self.WORKS, "", True,
                                        "garm")[1],
                         "the error was not reported")
        self.assertEqual(set(recovery.DUMPS["garm"]) | {"NONE"}, set(inject.DUMPS))
        self.assertLessEqual({f.dump for f in self.faults.values()}, set(inject.DUMPS))

    def test_leaks(self):
        """What is left of clients is no recovery."""
        before = {"works": True, "after_bind": False, "left": {"awake": 0, "module": 0, "gems": 3}}
        for left, word in ({"awake": 0, "module": 0, "gems": 3}, "recovered"), ({"awake": 1, "module": 0, "gems": 3}, "degraded"), \
                          ({"awake": 0, "module": 2, "gems": 3}, "degraded"):
            check = {**before, "left": left}
            self.assertEqual(recovery.judge(recovery.Strike(self.faults["irq-late"]), result(), check, "", True, "garm", before)[0], word)

    def test_rules(self):
        """Rules name the guilty client where the hook knows addresses; resets are brought about."""
        self.assertEqual(recovery.rule_of(self.faults["cs-fatal-bus"]), f"cs-fatal-bus:{recovery.GUILTY}")
        self.assertEqual(recovery.rule_of(self.faults["mmu-firmware"]), "mmu-firmware")
        self.assertTrue(recovery.rule_of(self.faults["reset-late"]).startswith("cs-fatal-unrecoverable:"))

    def test_page(self):
        """The page has a cell for each driver and escapes what guests said."""
        cells = [recovery.Cell("gone", "garm", "stable", "recovered"), recovery.Cell("gone", "panthor", "stable", "hung", "<b>")]
        page = recovery.page(cells)
        self.assertIn("garm, stable", page)
        self.assertIn("&lt;b&gt;", page)
        self.assertIn(">removal<", page)

    def test_shards_become_one_page(self):
        """What shards left is linked from the merged page, wherever the folder is."""
        with tempfile.TemporaryDirectory() as name:
            top = Path(name)
            for shard, fault in (("a", "gone"), ("b", "irq-lost")):
                guest = top / shard / "recovery-garm-stable/0"
                guest.mkdir(parents=True)
                (guest / "console.log").write_text("")
                (guest / recovery.TIMELINE).write_text("[]")
                recovery.pack(guest)
                (guest / f"garm-{fault}.dump").write_text("")
                recovery.keep([recovery.Cell(fault, "garm", "stable", "recovered", out=str(guest))], top / shard)
            top.rename(top.with_name(top.name + "-moved"))
            try:
                moved = top.with_name(top.name + "-moved")
                self.assertEqual(inject.main(["--page", str(moved), str(moved / "a"), str(moved / "b")]), 0)
                page = (moved / "recovery.html").read_text()
                for target in re.findall(r'href="([^"]+)"', page):
                    self.assertTrue((moved / target).exists(), target)
                self.assertEqual(gzip.decompress((moved / "a/recovery-garm-stable/0" / recovery.PACKED).read_bytes()), b"[]")
                for word in ("console", "timeline", "core dump"):
                    self.assertEqual(len(re.findall(f">{word}</a>", page)), 2, word)
            finally:
                moved.rename(top)

    def test_nothing_to_merge(self):
        """Folders without cells are an error, not an empty page."""
        with tempfile.TemporaryDirectory() as name:
            self.assertEqual(inject.main(["--page", name, name]), 2)


if __name__ == "__main__":
    unittest.main()
