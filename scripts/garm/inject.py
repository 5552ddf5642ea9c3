"""Fault injection from outside: the catalogue (hw/inject/faults.def) and a guest's rules over QMP.

Called by scripts/inject, tests/boot/recovery.py and the scripts' unit tests; calls qmp.py.
"""

from __future__ import annotations

import argparse
import ast
import re
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from .errors import GarmError
from .qmp import Qmp

TABLES = Path(__file__).resolve().parents[2] / "hw/inject"
DEVICE = "mali-g610"
ROW = re.compile(r'^INJECT_FAULT\((.*)\)$', re.M)
POINT = re.compile(r'^INJECT_POINT\((\w+), "([^"]+)", (.*?), "(.*)"\)$', re.M)
DUMPS = ("NONE", "FATAL", "MMU", "TIMEOUT", "PROGRESS", "HANG", "HALT")
DUTIES = ("NONE", "SILENT", "JOB", "GROUP", "RESET", "GONE")
EPILOG = """\
examples:
  scripts/inject --list                          every fault: family, name, duty of the driver, what it does
  scripts/inject --list power                    those of a family, or whose name has the word
  scripts/inject --table                         the same as Markdown, with parameters
  scripts/run --qmp /tmp/q ... &                 a guest that can be reached
  scripts/inject /tmp/q add 'mcu-hang:after=2s'  rules: hw/inject/README.md
  scripts/inject --page out out/*                one recovery.html of what shards of the recovery suite left in --out
  scripts/inject /tmp/q rules | log | catalogue | clear | clear-log | remove N
"""


@dataclass(frozen=True)
class Parameter:
    """Of a fault."""

    name: str
    kind: str
    default: int
    lowest: int
    highest: int


@dataclass(frozen=True)
class Fault:
    """A row of the catalogue."""

    name: str
    family: str
    point: str
    preset: str
    action: bool
    duty: str
    stage: str
    limit_ms: int
    dump: str
    what: str
    source: str
    parameters: tuple[Parameter, ...]


def split(row: str) -> list[str]:
    """A row's fields, at commas outside of quotes and parentheses."""
    fields, depth, quoted, start = [], 0, False, 0
    for at, char in enumerate(row):
        if char == '"':
            quoted = not quoted
        elif not quoted and char in "()":
            depth += 1 if char == "(" else -1
        elif char == "," and not quoted and not depth:
            fields.append(row[start:at].strip())
            start = at + 1
    return [*fields, row[start:].strip()]


def parameter(text: str) -> Parameter | None:
    """P(name, kind, default, lowest, highest) or NP."""
    if text == "NP":
        return None
    name, kind, default, lowest, highest = split(text.removeprefix("P(").removesuffix(")"))
    return Parameter(name, kind, int(default, 0), int(lowest, 0), int(highest, 0))


def catalogue(folder: Path = TABLES) -> list[Fault]:
    """Every fault, in the table's order."""
    faults = []
    for row in ROW.findall((folder / "faults.def").read_text()):
        fields = split(row)
        if len(fields) != 15:
            raise GarmError(f"faults.def: {fields[0]}: {len(fields)} fields")
        _, name, family, point, _, preset, one, two, flags, duty, stage, limit, dump, what, source = fields
        found = tuple(p for p in (parameter(one), parameter(two)) if p)
        faults.append(Fault(ast.literal_eval(name), family, point, ast.literal_eval(preset), flags == "INJECT_ACTION",
                            duty, stage, int(limit), dump, ast.literal_eval(what), ast.literal_eval(source), found))
    return faults


def points(folder: Path = TABLES) -> dict[str, tuple[str, ...]]:
    """Point id -> its keys."""
    text = (folder / "points.def").read_text()
    return {ident: tuple(re.findall(r"K\((\w+)\)", keys)) for ident, _, keys, _ in POINT.findall(text)}


def wanted(faults: Sequence[Fault], word: str) -> list[Fault]:
    """Those of a family, or with the word in the name."""
    return [f for f in faults if not word or f.family.lower() == word.lower() or word.lower() in f.name]


def time_text(ns: int) -> str:
    """250000000 -> 250ms."""
    for unit, size in (("s", 10**9), ("ms", 10**6), ("us", 10**3)):
        if ns and ns % size == 0:
            return f"{ns // size}{unit}"
    return f"{ns}ns"


def parameter_text(p: Parameter) -> str:
    """delay=200ms (1us to 60s)"""
    show = time_text if p.kind == "TIME" else str if p.highest < 2**20 else hex
    return f"{p.name}={show(p.default)} ({show(p.lowest)} to {show(p.highest)})"


def table(faults: Sequence[Fault]) -> Iterator[str]:
    """The catalogue as Markdown."""
    yield "| fault | what it does | strikes at | parameters | a correct driver loses at most | limit | core dump | source |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for f in faults:
        preset = f", `{f.preset}`" if f.preset else ""
        yield (f"| `{f.name}` | {f.what} | {f.point.replace('_', '-')}{preset} | "
               f"{', '.join(parameter_text(p) for p in f.parameters)} | {f.duty.lower()} | {f.limit_ms / 1000:g} s | "
               f"{f.dump.lower()} | "
               f"{f.source} |")


def listing(faults: Sequence[Fault]) -> Iterator[str]:
    """The catalogue for a terminal."""
    for f in faults:
        more = "".join(f" [{parameter_text(p)}]" for p in f.parameters)
        yield f"{f.family.lower():9} {f.name:22} {f.duty.lower():7} {f.what}{more}"


class Injector:
    """The rules of one running GPU."""

    def __init__(self, qmp: Qmp) -> None:
        self.qmp = qmp
        self.path = gpu_path(qmp)

    def get(self, name: str) -> str:
        """A property's text."""
        return str(self.qmp.command("qom-get", path=self.path, property=name))

    def add(self, text: str) -> None:
        """Rules; a mistake raises with the device's message."""
        self.qmp.command("qom-set", path=self.path, property="inject", value=text)

    def clear(self) -> None:
        """No rules, nothing left of faults, an empty log."""
        for word in ("clear", "clear-log"):
            self.add(word)


def gpu_path(qmp: Qmp) -> str:
    """Where the GPU is among QEMU's objects."""
    for folder in ("/machine/peripheral", "/machine/peripheral-anon"):
        for child in qmp.command("qom-list", path=folder):
            if child["type"] == f"child<{DEVICE}>":
                return f"{folder}/{child['name']}"
    raise GarmError(f"this QEMU has no {DEVICE}")


def remote(path: str, words: Sequence[str]) -> str:
    """One of the client's commands, over the socket that scripts/run --qmp serves; what is to be printed."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
        except OSError as error:
            raise GarmError(f"{path}: {error.strerror}") from error
        with closing(Qmp(connection)) as qmp:
            return command(Injector(qmp), words)


def command(injector: Injector, words: Sequence[str]) -> str:
    """Run one of the client's commands; what is to be printed."""
    match words:
        case ["add", *rules] if rules:
            for rule in rules:
                injector.add(rule)
            return ""
        case ["remove", number]:
            injector.add(f"remove {number}")
            return ""
        case [("clear" | "clear-log") as word]:
            injector.add(word)
            return ""
        case ["rules"]:
            return injector.get("inject")
        case [("log" | "catalogue") as word]:
            return injector.get(f"inject-{word}")
    raise GarmError(f"{' '.join(words) or 'no command'}: add RULE..., remove N, clear, clear-log, rules, log or catalogue")


def merge(folders: Sequence[Path]) -> None:
    """One page of the recovery suite's shards."""
    from .recovery import keep  # pylint: disable=import-outside-toplevel,cyclic-import
    found = [folder for folder in folders[1:] if (folder / "recovery.json").exists()]
    if not found:
        raise GarmError(f"no recovery.json in {', '.join(map(str, folders[1:])) or 'no folder'}")
    keep([], folders[0], found)


def main(argv: Sequence[str]) -> int:
    """The script."""
    top = argparse.ArgumentParser(prog="scripts/inject", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
                                  description="List the faults that can be injected, or control a running guest's.")
    top.add_argument("--list", nargs="?", const="", metavar="WORD", help="the catalogue")
    top.add_argument("--table", action="store_true", help="the catalogue as Markdown")
    top.add_argument("--page", nargs="+", type=Path, metavar="FOLDER",
                     help="write recovery.json and recovery.html of the first folder, from those of the others")
    top.add_argument("socket", nargs="?", help="QMP socket of the guest (scripts/run --qmp)")
    top.add_argument("command", nargs="*")
    args = top.parse_args(argv)
    try:
        if args.table:
            print("\n".join(table(catalogue())))
        elif args.list is not None:
            print("\n".join(listing(wanted(catalogue(), args.list))))
        elif args.page:
            merge(args.page)
        elif args.socket:
            print(remote(args.socket, args.command), end="")
        else:
            top.error("--list, --table, --page, or a socket and a command")
    except GarmError as error:
        print(f"scripts/inject: {error}", file=sys.stderr)
        return 2
    return 0
