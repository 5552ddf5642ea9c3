"""Finding the mirror in a host's apt configuration."""

import tempfile
import unittest
from pathlib import Path

import garm_path  # noqa: F401
from garm.aptsources import main_archive, parse_deb822, parse_list, read_sources

LIST = """\
# deb http://commented.example/debian bookworm main
deb http://security.example/debian-security bookworm-security main
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://mirror.example/debian/ bookworm main contrib # note
deb-src http://mirror.example/debian bookworm main
"""
SOURCES = """\
Types: deb
# a comment inside
URIs: http://old.example/debian
Enabled: no
Suites: trixie
Components: main

Types: deb deb-src
URIs: http://new.example/debian
Suites: trixie trixie-updates
Components: main
  non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""
OTHER = "deb https://packages.example/apt cloud-sdk-bookworm main\ndeb https://node.example/x nodistro main\n"


class Parse(unittest.TestCase):
    def test_list(self) -> None:
        sources = parse_list(LIST)
        self.assertEqual(len(sources), 3)
        self.assertEqual(sources[1].components, ("main", "contrib"))
        self.assertEqual(main_archive(sources), "http://mirror.example/debian")

    def test_deb822(self) -> None:
        sources = parse_deb822(SOURCES)
        self.assertEqual(len(sources), 1)
        self.assertEqual(sources[0].suites, ("trixie", "trixie-updates"))
        self.assertEqual(sources[0].components, ("main", "non-free-firmware"))
        self.assertEqual(main_archive(sources), "http://new.example/debian")

    def test_third_party_is_not_the_archive(self) -> None:
        self.assertIsNone(main_archive(parse_list(OTHER)))

    def test_source_only_is_not_the_archive(self) -> None:
        self.assertIsNone(main_archive(parse_list("deb-src http://mirror.example/debian trixie main")))

    def test_read_sources(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            etc = Path(folder)
            (etc / "sources.list.d").mkdir()
            (etc / "sources.list.d/a.list").write_text(OTHER)
            (etc / "sources.list.d/b.sources").write_text(SOURCES)
            (etc / "sources.list.d/c.list.save").write_text(LIST)
            self.assertEqual(main_archive(read_sources(etc)), "http://new.example/debian")


if __name__ == "__main__":
    unittest.main()
