"""Ways to spoil a file. Each takes its bytes and a random source and gives other bytes."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

Change = Callable[[bytes, Random], bytes]

RAW = "\ue000raw:"
"""A text that starts so stands for what follows, unquoted."""
JUNK = [
    "",
    "x",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "1e999",
    "-1",
    "0",
    "9" * 400,
    "0x10",
    "1_0",
    "\N{ARABIC-INDIC DIGIT ONE}",
    "-0.0",
    "\0",
    "../../x",
]
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 7.5, 1e308, -1e308, 2**63, 10**40),
    *("", " ", "text", "NaN", "1", "\0", "../../etc/passwd", "=1+1", "\u202e", "x" * 5000),
    *([], {}, [[]], [None], [0, 0, 0], {"a": 1}, [[[[]]]], "\ud800"),
]
RAWS = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1e400",
    "9" * 5000,
    "[" * 3000 + "]" * 3000,
    '{"a":' * 600 + "1" + "}" * 600,
    "01",
    "1.",
    "'x'",
    "None",
    "undefined",
]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One way to spoil a file.

    Attributes:
        name: In reports.
        change: Does it.
        may_lose: What comes out may be a sound file that says less, so that less may be read without a finding.
    """

    name: str
    change: Change
    may_lose: bool = False


def flip_bits(data: bytes, random: Random) -> bytes:
    spoiled = bytearray(data)
    for _ in range(random.randint(1, 4)):
        spoiled[random.randrange(len(spoiled))] ^= 1 << random.randrange(8)
    return bytes(spoiled)


def write_over(data: bytes, random: Random) -> bytes:
    start = random.randrange(len(data))
    return data[:start] + random.randbytes(random.randint(1, 8)) + data[start + 4 :]


def insert_bytes(data: bytes, random: Random) -> bytes:
    start = random.randrange(len(data))
    return data[:start] + random.choice([b"\0", b"\n", b'"', b"{", b"]", b",", b"\xff", b"<", b"&"]) + data[start:]


def delete_bytes(data: bytes, random: Random) -> bytes:
    start = random.randrange(len(data))
    return data[:start] + data[start + random.randint(1, 40) :]


def repeat_bytes(data: bytes, random: Random) -> bytes:
    start = random.randrange(len(data))
    end = start + random.randint(1, 200)
    return data[:end] + data[start:end] + data[end:]


def truncate(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))]


def change_encoding(data: bytes, random: Random) -> bytes:
    text = data.decode("utf-8", "replace")
    name = random.choice(["utf-16", "utf-16-le", "utf-32", "latin-1", "cp037", "utf-7"])
    return text.encode(name, "replace")


def compress(data: bytes, random: Random) -> bytes:
    return gzip.compress(data, mtime=0)


def add_mark(data: bytes, random: Random) -> bytes:
    return random.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"]) + data


def change_line_ends(data: bytes, random: Random) -> bytes:
    return data.replace(b"\n", random.choice([b"\r\n", b"\n\n", b"\r\n\r\n"]))


def change_token(data: bytes, random: Random) -> bytes:
    """One word or number of a text file becomes junk."""
    text = data.decode("utf-8", "replace")
    tokens = list(re.finditer(r"[\w.+-]+", text))
    if not tokens:
        return data
    found = random.choice(tokens)
    return (text[: found.start()] + random.choice(JUNK) + text[found.end() :]).encode("utf-8", "replace")


def drop_token(data: bytes, random: Random) -> bytes:
    text = data.decode("utf-8", "replace")
    tokens = list(re.finditer(r"[ \t]*[\w.+-]+", text))
    if not tokens:
        return data
    found = random.choice(tokens)
    return (text[: found.start()] + text[found.end() :]).encode()


def lengthen_line(data: bytes, random: Random) -> bytes:
    """White space at the end of a line, where every text format allows or tells it."""
    return data.rstrip(b"\n") + b" " * 200_000 + b"\n"


TEXT = [
    Mutation("bits flipped", flip_bits, may_lose=True),
    Mutation("bytes written over", write_over, may_lose=True),
    Mutation("bytes inserted", insert_bytes, may_lose=True),
    Mutation("bytes deleted", delete_bytes, may_lose=True),
    Mutation("bytes repeated", repeat_bytes, may_lose=True),
    Mutation("truncated", truncate, may_lose=True),
    Mutation("other encoding", change_encoding),
    Mutation("compressed", compress),
    Mutation("byte order mark", add_mark),
    Mutation("line ends", change_line_ends),
    Mutation("long line", lengthen_line),
]
TOKENS = [Mutation("token changed", change_token), Mutation("token dropped", drop_token)]


# JSON


Spoil = Callable[[Any, Random], None]
Kind = type | tuple[type, ...]


OPTIONAL = {"meta"}
"""Keys that tools do not look into: Relook writes more there than a file must say."""


def _containers(value: Any) -> list[Any]:
    """All objects and lists that hold something, the outermost first."""
    found = [value] if isinstance(value, (dict, list)) and value else []
    members = (
        [value[key] for key in value if key not in OPTIONAL]
        if isinstance(value, dict)
        else value
        if isinstance(value, list)
        else []
    )
    return found + [inner for member in members for inner in _containers(member)]


def _dump(value: Any) -> bytes:
    text = json.dumps(value)
    raw = json.dumps(RAW)[1:-1]
    return re.sub(rf'"{re.escape(raw)}((?:[^"\\]|\\.)*)"', lambda match: json.loads(f'"{match[1]}"'), text).encode()


def _spoil_json(data: bytes, spoil: Spoil, kind: Kind, random: Random) -> bytes:
    """Spoil a document, or one line of a file of lines."""
    try:
        value = json.loads(data)
    except ValueError:
        lines = data.splitlines()
        index = random.randrange(len(lines))
        lines[index] = _spoil_line(lines[index], spoil, kind, random)
        return b"\n".join(lines) + b"\n"
    return _spoil_value(value, spoil, kind, random)


def _spoil_line(line: bytes, spoil: Spoil, kind: Kind, random: Random) -> bytes:
    try:
        return _spoil_value(json.loads(line), spoil, kind, random)
    except ValueError:
        return line


def _spoil_value(value: Any, spoil: Spoil, kind: Kind, random: Random) -> bytes:
    places = [place for place in _containers(value) if isinstance(place, kind)]
    if places:
        spoil(random.choice(places), random)
    return _dump(value)


def _key(place: Any, random: Random) -> Any:
    if isinstance(place, dict):
        return random.choice([key for key in place if key not in OPTIONAL] or list(place))
    return random.randrange(len(place))


def _drop_key(place: Any, random: Random) -> None:
    """Not of a map of names to yes or no, or of ranks, which then only says less."""
    if all(isinstance(value, bool) for value in place.values()) or all(key.isdigit() for key in place):
        return
    del place[_key(place, random)]


def _rename_key(place: Any, random: Random) -> None:
    key = _key(place, random)
    place[random.choice([key.upper(), f"{key} ", key[:-1], f"my_{key}"])] = place.pop(key)


def _drop_member(place: Any, random: Random) -> None:
    del place[_key(place, random)]


def _swap_type(place: Any, random: Random) -> None:
    """Another kind of value; not an empty list for a list, nor false for true: these only say less."""
    key = _key(place, random)
    less = [[], {}] if isinstance(place[key], (dict, list)) else [False, 0]
    place[key] = random.choice([value for value in VALUES if value not in less])


def _put_raw(place: Any, random: Random) -> None:
    place[_key(place, random)] = RAW + random.choice(RAWS)


def _repeat_key(place: Any, random: Random) -> None:
    """The key stands twice, and the last one holds something else."""
    key = _key(place, random)
    other = json.dumps(random.choice([each for each in VALUES if each != place[key]]))
    place[key] = f"{RAW}{json.dumps(place[key])}, {json.dumps(key)}: {other}"


def _add_key(place: Any, random: Random) -> None:
    place[random.choice(["extra", "", "\0", "a" * 300, "topX ", "__proto__"])] = random.choice(VALUES)


def _repeat_member(place: Any, random: Random) -> None:
    place.append(place[_key(place, random)])


def _exchange(place: Any, random: Random) -> None:
    one, two = _key(place, random), _key(place, random)
    place[one], place[two] = place[two], place[one]


def in_json(spoil: Spoil, kind: Kind = (dict, list)) -> Change:
    return lambda data, random: _spoil_json(data, spoil, kind, random)


JSON = [
    Mutation("key dropped", in_json(_drop_key, dict)),
    Mutation("key renamed", in_json(_rename_key, dict)),
    Mutation("key added", in_json(_add_key, dict)),
    Mutation("key repeated", in_json(_repeat_key, dict)),
    Mutation("type swapped", in_json(_swap_type)),
    Mutation("not JSON inside", in_json(_put_raw)),
    Mutation("values exchanged", in_json(_exchange), may_lose=True),
    Mutation("member repeated", in_json(_repeat_member, list)),
    Mutation("member dropped", in_json(_drop_member, list), may_lose=True),
]


# XML


def _spoil_match(data: bytes, pattern: str, change: Callable[[re.Match[str], Random], str], random: Random) -> bytes:
    text = data.decode("utf-8", "replace")
    found = list(re.finditer(pattern, text, re.DOTALL))
    if not found:
        return data
    match = random.choice(found)
    return (text[: match.start()] + change(match, random) + text[match.end() :]).encode("utf-8", "replace")


def _junk_text(random: Random) -> str:
    return random.choice([each for each in JUNK if each != "\0"])


def drop_element(data: bytes, random: Random) -> bytes:
    return _spoil_match(data, r"<(\w+)[^<>]*>[^<>]*</\1>|<\w+[^<>]*/>", lambda _match, _random: "", random)


def drop_attribute(data: bytes, random: Random) -> bytes:
    return _spoil_match(data, r'\s\w+="[^"]*"', lambda _match, _random: "", random)


def change_attribute(data: bytes, random: Random) -> bytes:
    return _spoil_match(data, r'="[^"]*"', lambda _match, source: f'="{_junk_text(source)}"', random)


def change_content(data: bytes, random: Random) -> bytes:
    return _spoil_match(data, r">[^<>]+<", lambda _match, source: f">{_junk_text(source)}<", random)


def rename_element(data: bytes, random: Random) -> bytes:
    return _spoil_match(data, r"<(\w+)([^<>]*)>([^<>]*)</\1>", lambda match, _: f"<X{match[2]}>{match[3]}</X>", random)


def nest_deeply(data: bytes, random: Random) -> bytes:
    return _spoil_match(data, r">[^<>]*<", lambda _match, _: ">" + "<a>" * 3000 + "</a>" * 3000 + "<", random)


def add_entities(data: bytes, random: Random) -> bytes:
    bomb = (
        '<!ENTITY a "'
        + "x" * 50
        + '">'
        + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 20}">' for n in range(8))
    )
    inner = random.choice([bomb, '<!ENTITY i SYSTEM "file:///etc/hostname">'])
    text = data.decode("utf-8", "replace")
    head = re.match(r"\s*(<\?xml[^>]*\?>)?", text)
    end = head.end() if head else 0
    name = random.choice(["&i;"]) if "SYSTEM" in inner else "&i;"
    return re.sub(r">[^<>]+<", f">{name}<", text[:end] + f"<!DOCTYPE x [{inner}]>" + text[end:], count=2).encode()


XML = [
    Mutation("element dropped", drop_element, may_lose=True),
    Mutation("element renamed", rename_element),
    Mutation("attribute dropped", drop_attribute),
    Mutation("attribute changed", change_attribute),
    Mutation("content changed", change_content),
    Mutation("nested deeply", nest_deeply),
    Mutation("entities", add_entities),
]


def in_archive(mutation: Mutation) -> Mutation:
    """The mutation done to one member of a ZIP archive."""

    def change(data: bytes, random: Random) -> bytes:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        texts = [name for name, content in members.items() if content and not name.endswith((".png", ".jpg"))]
        chosen = random.choice(texts)
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, mutation.change(content, random) if name == chosen else content)
        return stream.getvalue()

    return Mutation(f"{mutation.name} in an archive", change, mutation.may_lose)


def mutations_for(data: bytes) -> list[Mutation]:
    """The mutations that make sense for a file, by what it holds."""
    if data.startswith(b"PK\x03\x04"):
        return [*TEXT[:6], *(in_archive(each) for each in [*TEXT, *XML, *TOKENS])]
    if b"\0" in data[:1000]:
        return TEXT[:6]
    if data.lstrip()[:1] in {b"{", b"["}:
        return [*TEXT, *JSON, *JSON]
    return [*TEXT, *XML, *XML] if data.lstrip().startswith(b"<") else [*TEXT, *TOKENS, *TOKENS]
