"""How large a picture is, by its first bytes: what is small as a file can fill the memory of whoever decodes it."""

from struct import error, unpack_from

MOST_PIXELS = 50_000_000
"""More than a camera makes that is not made for posters; decoded they take 150 MB."""
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""The markers of a JPEG after which its size stands."""


def pixels(data: bytes) -> int | None:
    """Width times height of a PNG, GIF or JPEG; None if it is none, or too damaged to tell."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            wide, high = unpack_from(">II", data, 16)
        elif data.startswith(b"GIF8"):
            wide, high = unpack_from("<HH", data, 6)
        elif data.startswith(b"\xff\xd8"):
            high, wide = unpack_from(">HH", data, _frame(data) + 5)
        else:
            return None
    except error:
        return None
    return int(wide) * int(high)


def _frame(data: bytes) -> int:
    """Where the segment begins that tells the size of a JPEG."""
    at = 2
    marker, kind, length = unpack_from(">BBH", data, at)
    while marker == 0xFF and kind not in _FRAMES:
        at += 1 if kind == 0xFF else 2 + length  # a segment may be preceded by any number of 0xFF
        marker, kind, length = unpack_from(">BBH", data, at)
    return at if marker == 0xFF else len(data)
