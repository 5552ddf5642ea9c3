"""garm.picture and the report of image tests: what is read, compared and written."""

import struct
import tempfile
import unittest
import zlib
from pathlib import Path

import garm_path  # noqa: F401  pylint: disable=unused-import
from garm.errors import GarmError
from garm.picture import Picture, compare
from garm.suite.gallery import Gallery

GREY = Picture(3, 2, bytes([10] * 18))


def changed(x: int, y: int, rgb: tuple[int, int, int]) -> Picture:
    """GREY but for a pixel."""
    data = bytearray(GREY.data)
    data[3 * (3 * y + x):3 * (3 * y + x) + 3] = bytes(rgb)
    return Picture(3, 2, bytes(data))


class Pictures(unittest.TestCase):
    """Files and comparisons."""

    def test_ppm(self) -> None:
        """Both headers in use; a short file is refused."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.ppm"
            for header in (b"P6\n3 2\n255\n", b"P6 3 2 255\n"):
                path.write_bytes(header + changed(1, 1, (1, 2, 3)).data)
                self.assertEqual(Picture.read(path).pixel(1, 1), (1, 2, 3))
            for content in (b"P6\n3 2\n255\n12345", b"P5\n3 2\n255\n", b""):
                path.write_bytes(content)
                self.assertRaises(GarmError, Picture.read, path)

    def test_png(self) -> None:
        """Size and pixels come back from the file."""
        data = changed(2, 0, (9, 8, 7)).png()
        self.assertEqual(struct.unpack(">II", data[16:24]), (3, 2))
        at = data.index(b"IDAT")
        length = struct.unpack(">I", data[at - 4:at])[0]
        self.assertEqual(zlib.decompress(data[at + 4:at + 4 + length])[7:10], bytes((9, 8, 7)))

    def test_compare(self) -> None:
        """A channel beyond the tolerance makes a pixel differ; the picture of it is red."""
        found = compare(changed(2, 1, (10, 14, 10)), GREY, 3)
        self.assertEqual((found.pixels, found.worst), (1, 4))
        self.assertIn("(2, 1)", found.first)
        self.assertEqual(found.picture.pixel(2, 1), (255, 0, 0))
        found = compare(changed(2, 1, (10, 14, 10)), GREY, 4)
        self.assertEqual((found.pixels, found.worst, found.picture.pixel(2, 1)), (0, 4, (0, 16, 0)))
        self.assertRaises(GarmError, compare, GREY, Picture(2, 3, GREY.data), 0)

    def test_smaller_and_colours(self) -> None:
        """Every second pixel; colours are counted."""
        small = changed(2, 0, (1, 1, 1)).smaller(2)
        self.assertEqual((small.width, small.height, small.pixel(1, 0)), (2, 1, (1, 1, 1)))
        self.assertEqual(changed(0, 0, (1, 1, 1)).colours(), {b"\1\1\1": 1, bytes([10] * 3): 5})

    def test_gallery(self) -> None:
        """Failures come first; names are text, not HTML."""
        gallery = Gallery()
        gallery.add("good", True, "same", [("a", GREY)])
        gallery.add("<bad>", False, "not the same", [("a", GREY), ("b", GREY)])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "deep/pictures.html"
            gallery.write(path)
            text = path.read_text()
        self.assertLess(text.index("&lt;bad&gt;"), text.index("good"))
        self.assertEqual(text.count("data:image/png;base64,"), 3)


if __name__ == "__main__":
    unittest.main()
