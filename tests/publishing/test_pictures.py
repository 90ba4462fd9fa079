from struct import pack

import pytest

from caselib.publishing.pictures import pixels

PNG = b"\x89PNG\r\n\x1a\n" + pack(">I4sII", 13, b"IHDR", 40_000, 30_000)
APP = b"\xff\xe1" + pack(">H", 10) + b"Exif\0\0\xff\xc0"
SIZE = pack(">HBHH", 17, 8, 300, 400)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (PNG, 1_200_000_000),
        (PNG[:20], None),
        (b"GIF89a" + pack("<HH", 20, 30), 600),
        (b"\xff\xd8" + APP + b"\xff\xc2" + SIZE, 120_000),
        (b"\xff\xd8" + APP + b"\xff\xff\xff\xc0" + SIZE, 120_000),
        (b"\xff\xd8\xff\xc4" + pack(">H", 2) + b"\xff\xc0" + SIZE, 120_000),
        (b"\xff\xd8" + APP, None),
        (b"\xff\xd8" + APP + b"junk" + SIZE, None),
        (b"RIFF....WEBP", None),
        (b"", None),
    ],
)
def test_the_size_of_a_picture_is_read_from_its_first_bytes(data: bytes, expected: int | None) -> None:
    assert pixels(data) == expected
