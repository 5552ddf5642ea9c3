"""Read the host's apt configuration to find the Debian mirror that it uses.

Pure text parsing, called by apt.py and by the unit tests. Knows one-line and deb822 sources.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

# Suites of the main archive. A security or third-party archive never offers plain ones of these with "main".
DEBIAN_SUITES = ("bookworm", "trixie", "forky", "sid", "oldstable", "stable", "testing", "unstable")


@dataclass(frozen=True)
class Source:
    """One archive, as a line or a stanza names it."""

    types: tuple[str, ...]
    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]


def parse_list(text: str) -> list[Source]:
    """Parse sources.list lines: `deb [options] URI SUITE COMPONENT...`."""
    found = []
    for line in text.splitlines():
        line = re.sub(r"\[[^\]]*\]", " ", line.split("#", 1)[0])
        words = line.split()
        if len(words) >= 3 and words[0] in ("deb", "deb-src"):
            found.append(Source((words[0],), words[1], (words[2],), tuple(words[3:])))
    return found


def parse_stanza(stanza: str) -> dict[str, str]:
    """Fields of one deb822 stanza, with folded lines joined and comments dropped."""
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace() and name:
            fields[name] += " " + line.strip()
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def parse_deb822(text: str) -> list[Source]:
    """Parse *.sources stanzas; one Source for each URI."""
    found = []
    for stanza in re.split(r"\n\s*\n", text):
        fields = parse_stanza(stanza)
        if fields.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        for uri in fields.get("uris", "").split():
            found.append(Source(tuple(fields.get("types", "").split()), uri,
                                tuple(fields.get("suites", "").split()),
                                tuple(fields.get("components", "").split())))
    return found


def read_sources(etc_apt: Path) -> list[Source]:
    """All sources of a host, in apt's own order."""
    found = []
    paths = [etc_apt / "sources.list", *sorted((etc_apt / "sources.list.d").glob("*"))]
    for path in paths:
        if not path.is_file():
            continue
        text = path.read_text("utf-8", "replace")
        if path.suffix == ".list":
            found += parse_list(text)
        elif path.suffix == ".sources":
            found += parse_deb822(text)
    return found


def main_archive(sources: list[Source]) -> str | None:
    """URI of the first binary source that is Debian's main archive."""
    for source in sources:
        plain = any(suite in DEBIAN_SUITES for suite in source.suites)
        local = source.uri.startswith(("cdrom:", "mirror"))
        if "deb" in source.types and plain and "main" in source.components and not local:
            return source.uri.rstrip("/")
    return None
