"""Finding the image file that an address in a label or prediction file means, by its path (formats.md 1.1)."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote, urlsplit

import numpy as np
from numpy.typing import NDArray

from formats.base import ImageMatch

_DATASTORE_PATH = re.compile(
    r"azureml://(?:.*?/)?datastores/[^/]*/paths/(.*)|AmlDatastore://[^/]+/(.*)", re.IGNORECASE | re.DOTALL
)
_SLASHES = re.compile(r"/+")
_MOST_SEVERAL = 64


class ImageIndex:
    """Image paths by every ending of theirs, as sorted numbers: some 30 bytes an image beside its path."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Index POSIX paths relative to the image folder."""
        self._paths = _Paths(paths)
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
        return self.locate([image_url])[0][0]

    def locate(self, image_urls: Sequence[str]) -> list[tuple[ImageMatch, int]]:
        """Find the images of many addresses at once.

        Returns:
            For each what `find` says, and the position of the path among those indexed, -1 for none.
        """
        spelled = [list(_spell(url)) for url in image_urls]
        found = self._endings.find_best(spelled)
        lost = [number for number, (match, _) in enumerate(found) if not match.parts]
        if lost:
            for number, pair in zip(lost, self._find_folded([spelled[each] for each in lost]), strict=True):
                found[number] = pair
        return found

    def _find_folded(self, spelled: list[list[str]]) -> list[tuple[ImageMatch, int]]:
        if self._folded is None:
            self._folded = _Endings(self._paths, fold=True)
        found = self._folded.find_best(spelled)
        return [(_remark_on(match, spellings[0]), row) for (match, row), spellings in zip(found, spelled, strict=True)]


class _Paths:
    """Paths in the order given, packed."""

    def __init__(self, paths: Iterable[str]) -> None:
        packed = bytearray()
        ends = array("Q", [0])
        for path in paths:
            packed += path.encode(errors="surrogatepass")
            ends.append(len(packed))
        self._packed, self._ends = bytes(packed), ends

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, row: int) -> str:
        return self._packed[self._ends[row] : self._ends[row + 1]].decode(errors="surrogatepass")


class _Endings:
    """Ending of a path -> the rows of the paths that have it, by hash; a hit is compared with the path itself."""

    def __init__(self, paths: _Paths, *, fold: bool) -> None:
        self._paths = paths
        self._fold = fold
        self._depth = 0
        self._several: dict[str, dict[str, int]] = {}
        hashes, rows = array("q"), array("I")
        for row in range(len(paths)):
            path = paths[row]
            endings = list(_endings((_fold(path) if fold else path).split("/")))
            self._depth = max(self._depth, len(endings))
            hashes.extend(map(hash, endings))
            rows.extend([row] * len(endings))
        order = np.argsort(np.frombuffer(hashes, np.int64), kind="stable")
        self._hashes = np.frombuffer(hashes, np.int64)[order]
        self._rows = np.frombuffer(rows, np.uint32)[order]

    def find_best(self, spelled: Sequence[Sequence[str]]) -> list[tuple[ImageMatch, int]]:
        """For the spellings of each address the best match and its row; its `parts` is 0 when none fits.

        The whole path is best, then the spelling of which most parts agree.
        """
        found = self._find_plain([spellings[0] for spellings in spelled])
        open_ones = [number for number, spellings in enumerate(spelled) if len(spellings) > 1 or found[number] is None]
        closer = self._find_closely([spelled[number] for number in open_ones])
        for number, pair in zip(open_ones, closer, strict=True):
            found[number] = pair
        return [pair for pair in found if pair is not None]

    def _find_plain(self, paths: Sequence[str]) -> list[tuple[ImageMatch, int] | None]:
        """The one file that has as much of each path as any file could have; None for a closer look."""
        if not self._depth or self._fold:
            return [None] * len(paths)
        depth = self._depth
        tails = [path if path.count("/") < depth else "/".join(path.rsplit("/", depth)[1:]) for path in paths]
        hashes = np.array(list(map(hash, tails)), np.int64)
        lows = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        after = self._hashes[np.minimum(lows + 1, len(self._hashes) - 1)]
        is_one = (self._hashes[lows] == hashes) & ((after != hashes) | (lows + 1 == len(self._hashes)))
        found: list[tuple[ImageMatch, int] | None] = []
        for tail, row, one in zip(tails, self._rows[lows].tolist(), is_one.tolist(), strict=True):
            stored = self._paths[row] if one else ""
            fits = one and (stored == tail or stored.endswith(f"/{tail}"))
            found.append((ImageMatch(stored, tail.count("/") + 1), row) if fits else None)
        return found

    def _find_closely(self, spelled: Sequence[Sequence[str]]) -> list[tuple[ImageMatch, int]]:
        if not spelled:
            return []
        tails = [[self._tails(path) for path in spellings] for spellings in spelled]
        hashes = [hash(ending) for spellings in tails for endings in spellings for ending in endings]
        lows, hits = self._look_up(np.array(hashes, np.int64))
        number = 0
        found: list[tuple[ImageMatch, int]] = []
        for paths, spellings in zip(spelled, tails, strict=True):
            best, best_row = ImageMatch(None), -1
            for path, endings in zip(paths, spellings, strict=True):
                match, row = self._choose(path, endings, lows, hits, number)
                number += len(endings)
                is_whole = row >= 0 and not self._fold and match.path == path
                if match.parts > best.parts or is_whole:
                    best, best_row = match, row
                if is_whole:
                    number += sum(map(len, spellings[spellings.index(endings) + 1 :]))
                    break
            found.append((best, best_row))
        return found

    def _tails(self, path: str) -> list[str]:
        key = _fold(path) if self._fold else path
        return list(_endings(key.rsplit("/", self._depth)[-self._depth :]))

    def _look_up(self, hashes: NDArray[np.int64]) -> tuple[list[int], list[bool]]:
        lows = np.searchsorted(self._hashes, hashes)
        if not len(self._hashes):
            return lows.tolist(), [False] * len(hashes)
        hits = self._hashes[np.minimum(lows, len(self._hashes) - 1)] == hashes
        return lows.tolist(), hits.tolist()

    def _choose(
        self, path: str, endings: Sequence[str], lows: Sequence[int], hits: Sequence[bool], start: int
    ) -> tuple[ImageMatch, int]:
        for number, ending in enumerate(endings, start):
            if not hits[number]:
                continue
            match, row = self._match(path, ending, lows[number])
            if match.parts:
                return match, row
        return ImageMatch(None), -1

    def _match(self, path: str, ending: str, low: int) -> tuple[ImageMatch, int]:
        """The path that has the ending; of several the one that is it, else none with all of them as candidates."""
        parts = ending.count("/") + 1
        fitting = self._fitting(ending, low)
        if path == ending and path in fitting and not self._fold:
            return ImageMatch(path, parts), fitting[path]
        if len(fitting) == 1:
            ((stored, row),) = fitting.items()
            return ImageMatch(stored, parts), row
        return ImageMatch(None, parts if fitting else 0, tuple(fitting)), -1

    def _fitting(self, ending: str, low: int) -> dict[str, int]:
        """The paths that have the ending, with their rows."""
        if ending in self._several:
            return self._several[ending]
        fitting: dict[str, int] = {}
        digest = self._hashes[low]
        while low < len(self._hashes) and self._hashes[low] == digest:
            row = int(self._rows[low])
            stored = self._paths[row]
            key = _fold(stored) if self._fold else stored
            if key == ending or key.endswith(f"/{ending}"):
                fitting.setdefault(stored, row)
            low += 1
        if len(fitting) > 1 and len(self._several) < _MOST_SEVERAL:
            self._several[ending] = fitting
        return fitting


def _remark_on(match: ImageMatch, spelling: str) -> ImageMatch:
    if match.path is None:
        return match
    name = spelling.rsplit("/", 1)[-1]
    remark = f"The address says {name}, the file is {match.path}: letter case or Unicode form differs."
    return ImageMatch(match.path, match.parts, remark=remark)


def _endings(parts: list[str]) -> Iterator[str]:
    """Longest first: "a/b/c.jpg", "b/c.jpg", "c.jpg"."""
    for start in range(len(parts)):
        yield "/".join(parts[start:])


def _fold(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _spell(image_url: str) -> Iterator[str]:
    """The path of an address in the spellings a file may have, each once."""
    path = path_of(image_url)
    if "%" not in path and "\\" not in path:
        yield _tidy(path)
        return
    forms = (path, unquote(path), path.replace("\\", "/"), unquote(path).replace("\\", "/"))
    yield from dict.fromkeys(map(_tidy, forms))


def _tidy(path: str) -> str:
    return (_SLASHES.sub("/", path) if "//" in path else path).lstrip("/").removeprefix("./")


def path_of(image_url: str) -> str:
    """The path an address holds: what follows the datastore, the host or the scheme; not decoded."""
    if image_url.startswith("azureml://"):  # the usual case, without the expression
        start = image_url.find("/", image_url.find("/datastores/") + len("/datastores/"))
        if image_url.startswith("/paths/", start) and "/datastores/" in image_url:
            return image_url[start + len("/paths/") :]
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
