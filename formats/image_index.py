"""Finding the image file that an address in a label or prediction file means, by its path (formats.md 1.1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, urlsplit

from formats.base import ImageMatch

_DATASTORE_PATH = re.compile(
    r"azureml://(?:.*?/)?datastores/[^/]*/paths/(.*)|AmlDatastore://[^/]+/(.*)", re.IGNORECASE | re.DOTALL
)
_SLASHES = re.compile(r"/+")


class ImageIndex:
    """Image paths by every ending of theirs: one lookup costs as many steps as the address has parts."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Index POSIX paths relative to the image folder."""
        self._paths = dict.fromkeys(paths)
        self._endings = _Endings(self._paths, fold=False)
        self._folded: _Endings | None = None

    def find(self, image_url: str) -> ImageMatch:
        """Find the image of an address: the whole path, else the longest ending that fits exactly one file.

        The address is tried as it stands, URL-decoded, and with backslashes as slashes; only then without regard to
        case and Unicode composition. Where several files fit equally well none is chosen.

        Args:
            image_url: "azureml://.../paths/a/b.jpg", "AmlDatastore://store/a/b.jpg", an absolute or relative path
                of any machine, or a web address.
        """
        spellings = list(_spell(image_url))
        for path in spellings:
            if path in self._paths:
                return ImageMatch(path, parts=path.count("/") + 1)
        match = self._endings.find_best(spellings)
        return match if match.parts else self._find_folded(spellings)

    def _find_folded(self, spellings: list[str]) -> ImageMatch:
        if self._folded is None:
            self._folded = _Endings(self._paths, fold=True)
        match = self._folded.find_best(spellings)
        if match.path is None:
            return match
        name = spellings[0].rsplit("/", 1)[-1]
        remark = f"The address says {name}, the file is {match.path}: letter case or Unicode form differs."
        return ImageMatch(match.path, match.parts, remark=remark)


class _Endings:
    """Ending of a path -> the one path that has it, or all of them."""

    def __init__(self, paths: Iterable[str], *, fold: bool) -> None:
        self._fold = fold
        self._depth = 0
        self._paths: dict[str, str | list[str]] = {}
        for path in paths:
            key = _fold(path) if fold else path
            self._depth = max(self._depth, key.count("/") + 1)
            for ending in _endings(key.split("/")):
                self._add(ending, path)

    def _add(self, ending: str, path: str) -> None:
        known = self._paths.setdefault(ending, path)
        if isinstance(known, list):
            known.append(path)
        elif known != path:
            self._paths[ending] = [known, path]

    def find_best(self, spellings: Iterable[str]) -> ImageMatch:
        """The match of the spelling of which most parts agree; `parts` is 0 when none does."""
        return max(map(self._find, spellings), key=lambda match: match.parts)

    def _find(self, path: str) -> ImageMatch:
        key = _fold(path) if self._fold else path
        for ending in _endings(key.rsplit("/", self._depth)[-self._depth :]):
            found = self._paths.get(ending)
            if isinstance(found, str):
                return ImageMatch(found, parts=ending.count("/") + 1)
            if found is not None:
                return ImageMatch(None, parts=ending.count("/") + 1, candidates=tuple(found))
        return ImageMatch(None)


def _endings(parts: list[str]) -> Iterator[str]:
    """Longest first: "a/b/c.jpg", "b/c.jpg", "c.jpg"."""
    for start in range(len(parts)):
        yield "/".join(parts[start:])


def _fold(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _spell(image_url: str) -> Iterator[str]:
    """The path of an address in the spellings a file may have, each once."""
    path = path_of(image_url)
    forms = (path, unquote(path), path.replace("\\", "/"), unquote(path).replace("\\", "/"))
    yield from dict.fromkeys(_SLASHES.sub("/", form).lstrip("/").removeprefix("./") for form in forms)


def path_of(image_url: str) -> str:
    """The path an address holds: what follows the datastore, the host or the scheme; not decoded."""
    match = _DATASTORE_PATH.fullmatch(image_url)
    if match:
        return match.group(1) if match.group(1) is not None else match.group(2)
    scheme, separator, rest = image_url.partition("://")
    if not separator:
        return image_url
    if scheme.lower() in {"http", "https", "abfss", "wasbs", "s3", "gs"}:
        try:
            return urlsplit(image_url).path
        except ValueError:
            return rest
    return rest
