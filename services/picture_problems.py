"""The sentences for image files that cannot be read: what was found, what was expected, what to do."""

from __future__ import annotations

from pathlib import Path

from domain.errors import ImageError

HEAD_BYTES = 512

_NAMES = {"JPEG2000": "JPEG 2000", "WEBP": "WebP", "DIB": "BMP", "MPO": "JPEG", "PPM": "Netpbm"}
_SIGNATURES = {
    b"version https://git-lfs": "a Git LFS pointer instead of the picture (fetch it with git lfs pull)",
    b"%!PS": "a PostScript file",
    b"%PDF": "a PDF file",
    b"8BPS": "a Photoshop file",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"\x00\x05\x16\x07": "the macOS side file of another file",
}
_IMAGE_SIGNATURES = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG": "PNG",
    b"GIF8": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"RIFF": "WEBP",
    b"BM": "BMP",
    b"qoif": "QOI",
    b"\0\0\0\x0cjP": "JPEG2000",
}
_MEDIA_BRANDS = {b"heic", b"heix", b"heif", b"mif1", b"msf1"}
_COPY_AGAIN = "Copy the file again from its source, or leave it out."


def name_format(pillow_format: str) -> str:
    """What a person calls a format: "a JPEG image", "an AVIF image"."""
    name = _NAMES.get(pillow_format, pillow_format)
    article = "an" if name[0] in "AS" else "a"
    return f"{article} {name} image"


def describe_head(head: bytes, size: int) -> str:
    """What a file that is no readable image seems to be, from its first bytes and its size."""
    if size == 0:
        return "0 bytes"
    for signature, words in _SIGNATURES.items():
        if head.startswith(signature):
            return words
    if head[4:8] == b"ftyp" and head[8:12] in _MEDIA_BRANDS:
        return "a HEIC photo, which is not among the formats read here"
    text = _first_line(head)
    if text:
        return f'text that begins with "{text}"'
    for signature, pillow_format in _IMAGE_SIGNATURES.items():
        if head.startswith(signature):
            return f"{size:,} bytes that begin like {name_format(pillow_format)}, with a damaged or cut off header"
    return f"{size:,} bytes that begin with {head[:8].hex(' ')}, no known image format"


def unknown_content(path: Path, *, head: bytes, size: int, expected: str) -> ImageError:
    return ImageError(
        f"{show_name(path)} cannot be read. Found: {describe_head(head, size)}. Expected: {expected}.",
        remedy=_COPY_AGAIN,
    )


def damaged(path: Path, *, pillow_format: str, detail: str) -> ImageError:
    noun = name_format(pillow_format)
    detail = detail.strip().rstrip(".") or "no detail is known"
    return ImageError(
        f"{show_name(path)} cannot be read. Found: {noun} that is damaged or cut off ({detail}). "
        f"Expected: {noun} that decodes from beginning to end.",
        remedy=_COPY_AGAIN,
    )


def too_large(path: Path, *, width: int, height: int, max_pixels: int) -> ImageError:
    return ImageError(
        f"{show_name(path)} is too large to open. Found: {width:,} × {height:,} px, {width * height:,} pixels "
        f"by its header. Expected: at most {max_pixels:,} pixels.",
        remedy="Make the image smaller, or raise RELOOK_MAX_PIXELS.",
    )


def out_of_memory(path: Path, *, width: int, height: int) -> ImageError:
    return ImageError(
        f"{show_name(path)} does not fit into the free memory. Found: {width:,} × {height:,} px.",
        remedy="Close other programs, or make the image smaller.",
    )


def not_a_file(path: Path, *, found: str) -> ImageError:
    return ImageError(
        f"{show_name(path)} cannot be read. Found: {found}. Expected: an image file.",
        remedy="Put the image file in its place, or leave it out.",
    )


def unreadable(path: Path, error: OSError) -> ImageError:
    """Worded for an error of the operating system on opening the file."""
    if isinstance(error, FileNotFoundError):
        return not_a_file(path, found="no file of that name")
    if isinstance(error, PermissionError):
        return ImageError(
            f"{show_name(path)} cannot be read. Found: a file this user may not open. Expected: a file with read "
            "permission.",
            remedy="Grant the permission (chmod u+r), or leave it out.",
        )
    return not_a_file(path, found=error.strerror or type(error).__name__)


def show_name(path: Path) -> str:
    """The file name as text that can be stored and shown, whatever bytes it is made of."""
    return path.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") or str(path)


def _first_line(head: bytes) -> str:
    """The first 40 characters when the bytes are printable text, else nothing."""
    try:
        text = head[:200].decode("utf-8", "strict" if len(head) <= 200 else "ignore")
    except UnicodeDecodeError:
        return ""
    is_text = all(character.isprintable() or character in "\r\n\t" for character in text)
    lines = text.strip().splitlines()
    return lines[0][:40].strip() if is_text and lines else ""
