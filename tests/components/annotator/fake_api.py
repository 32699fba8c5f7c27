"""The server's side of the desk's protocol, in memory behind real HTTP, with switches for its failures."""

from __future__ import annotations

import base64
import io
import struct
import threading
from pathlib import Path
from typing import Any

from PIL import Image

STATIC = Path(__file__).resolve().parents[3] / "components" / "annotator" / "static"
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8", ".woff2": "font/woff2"}
SETTLED = {"accept", "correct", "reject", "flag", "wrong_evidence"}
LEAVES_OPEN = {"send_back", "resolve"}
NOON = "2026-11-20T12:00:00+00:00"
CLASSES = ["can", "carton", "milk_bottle", "water_bottle"]
PALETTE = [
    "#41BDFE",
    "#FAA500",
    "#0FA184",
    "#FE67BB",
    "#FFF31A",
    "#FF4E14",
    "#987CFF",
    "#67F392",
    "#C2FFF5",
    "#A4884F",
    "#D7AFA5",
    "#BBCEFF",
]


def obj(object_id: str, box: list[float], **values: Any) -> dict[str, Any]:
    """One object as the protocol writes it."""
    usual = {"label": "can", "score": 0.9, "source": "prediction", "polygons": [], "is_crowd": None}
    return {**usual, "id": object_id, "box": box, **values}


def item(image_id: str, **values: Any) -> dict[str, Any]:
    """One image as the protocol writes it; its photo is a plain 400 x 300 picture.

    With `mark`, a box in fractions, the photo has a red field; with `is_turned` its file lies on its side, by EXIF.
    """
    usual = {
        "name": image_id.rsplit("/", 1)[-1],
        "url": f"/images/{image_id}",
        "thumb": f"/images/{image_id}?thumb",
        "width": 400,
        "height": 300,
        "readable": True,
        "problem": "",
        "reason": "",
        "status": "new",
        "again": False,
        "decision_id": "",
        "decided_by": "",
        "decided_at": "",
        "note": "",
        "region": None,
        "source": "prediction",
        "labels": [],
        "predicted": [],
        "objects": [],
        "predictions": [],
    }
    return {**usual, "image_id": image_id, **values}


def changes_between(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What a row of the log changed, as the protocol writes it."""
    old, new = ({one["id"]: one for one in state["objects"]} for state in (before, after))
    said = lambda one: one and [one[key] for key in ("label", "box", "polygons")]  # noqa: E731  local shorthand
    pairs = [{"id": name, "before": old.get(name), "after": new.get(name)} for name in {**new, **old}]
    labels = {"before": before["labels"], "after": after["labels"]} if after["labels"] else None
    return {"labels": labels, "objects": [pair for pair in pairs if said(pair["before"]) != said(pair["after"])]}


def named_classes() -> list[dict[str, Any]]:
    """The classes as the page gives them."""
    return [{"name": name, "colour": PALETTE[at % 12]} for at, name in enumerate(CLASSES)]


def gradient_map(label: str) -> dict[str, Any]:
    """A map of 4 x 4 values that rise from left to right."""
    values = [column / 3 for _ in range(4) for column in range(4)]
    text = base64.b64encode(struct.pack("<16f", *values)).decode()
    known = {"region": [0, 0, 1, 1], "regional": False, "seconds": 0.21, "method": "GradCAM", "warnings": []}
    return {"grid": [4, 4], "values": text, "inside": 0.71, **known}


def turned_jpeg(picture: Image.Image) -> bytes:
    """A photo as a camera held upright writes it: lying on its side, with EXIF orientation 6."""
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    picture.transpose(Image.Transpose.ROTATE_90).save(buffer, "JPEG", quality=95, exif=exif)
    return buffer.getvalue()


class FakeApi:
    """Images, decisions and maps of one project; what a test wants to see or break is an attribute."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self.items = {known["image_id"]: known for known in items}
        self.rows: list[dict[str, Any]] = []
        self.posts: list[dict[str, Any]] = []
        self.map_requests: list[dict[str, Any]] = []
        self.tokens = {"token"}
        self.outage: int | None = None  # status for every post; 0 hangs up without an answer
        self.is_mute = False  # decisions are written, and the answer never comes
        self.refusals: dict[str, tuple[str, str]] = {}  # image -> error and remedy
        self.conflicts: dict[str, dict[str, Any]] = {}  # image -> the decision of somebody else that stands
        self.answers_conflicts_alone = True  # with a status of its own rather than among the refused
        self.merges: dict[str, dict[str, Any]] = {}  # image -> item as it is once two changes are put together
        self.holders: dict[str, dict[str, Any]] = {}  # image -> who else works on it, for how long
        self.queue_held: dict[str, Any] | None = None  # who works on what is left
        self.classes: tuple[int, list[dict[str, Any]]] | None = None  # version and list, once a lead changed it
        self.sent_back: dict[str, str] = {}  # image -> what a lead says; its decision is not in force any more
        self.classes_outage = False  # the list itself cannot be had
        self.hidden: set[str] = set()  # images that the queue does not give
        self.asked_orders: list[str] = []  # of the queue
        self.lost_orders: set[str] = set()  # the server does not know them any more
        self.lease_posts: list[tuple[str, dict[str, Any]]] = []  # route and body
        self.nearest: dict[str, list[dict[str, Any]]] = {}  # image -> decided images like it
        self.nearest_missing = ""  # why there are none
        self.nearest_requests: list[str] = []
        self.map_error: tuple[str, str] | None = None
        self.map_gate: threading.Event | None = None  # maps wait for it
        self.inside = 0.71  # what maps say lies inside the shape
        self.held: dict[str, threading.Event] = {}  # photos that wait for an event
        self.lost_photos: set[str] = set()  # the server hangs up when it is asked for them
        self.lost_thumbs: set[str] = set()  # the same of their thumbnails
        self.photo_requests: list[str] = []
        self.folders: dict[str, Path] = {"/static/": STATIC}
        self.pages: dict[str, str] = {}
        self.lock = threading.Lock()

    # ---- the log

    def in_force(self) -> dict[str, dict[str, Any]]:
        """The decision in force per image: an undo counts while no redo names it."""
        redone = {row["undoes"] for row in self.rows if row["undoes"]}
        undone = {row["undoes"] for row in self.rows if row["undoes"] and row["decision_id"] not in redone}
        made = [row for row in self.rows if not row["undoes"] and row["decision_id"] not in undone]
        return {row["image_id"]: row for row in made if row["image_id"] not in self.sent_back}

    def decided(self) -> int:
        return sum(row["verdict"] in SETTLED for row in self.in_force().values())

    def totals(self) -> dict[str, int]:
        skipped = sum(row["verdict"] == "skip" for row in self.in_force().values())
        total, decided = len(self.items), self.decided()
        return {"total": total, "decided": decided, "skipped": skipped, "left": total - decided}

    def shown(self, image_id: str) -> dict[str, Any]:
        row = self.in_force().get(image_id)
        known = self.items[image_id]
        if image_id in self.sent_back:
            said = {"status": "send_back", "decision_id": f"back {image_id}", "decided_by": "Lea", "decided_at": NOON}
            return {**known, **said, "note": self.sent_back[image_id]}
        if row is None and image_id in self.conflicts:
            row = {"verdict": "correct", "labels": None, "objects": None, "note": "", "region": None}
            row |= self.conflicts[image_id]
        if row is None:
            return known
        content = {name: row[name] for name in ("labels", "objects") if row[name] is not None}
        decided = {"status": row["verdict"], "decision_id": row["decision_id"], "decided_by": row["reviewer"]}
        said = {"decided_at": row["decided_at"], "note": row["note"], "region": row["region"]}
        return {**known, **decided, **said, **content, **({"source": "correction"} if content else {})}

    # ---- the routes

    def queue(self, query: dict[str, str]) -> dict[str, Any]:
        ids, force = list(self.items), self.in_force()
        self.asked_orders.append(query.get("order", ""))
        after, start, count = query.get("after", ""), query.get("start", ""), int(query["count"])
        fresh = [name for name in ids if name not in force or force[name]["verdict"] in LEAVES_OPEN]
        fresh = [name for name in fresh if name not in self.hidden]
        skipped = [name for name in ids if name in force and force[name]["verdict"] == "skip"]
        order = [*[(name, False) for name in ids], *[(name, True) for name in skipped]]
        first = next((at for at, (name, _) in enumerate(order) if name == (after or start)), -1)
        if after:
            last = max(
                at for at, (name, again) in enumerate(order) if name == after and (not again or name not in fresh)
            )
            first = last
        rest = [(name, again) for name, again in order[first + 1 :] if again or name in fresh]
        begin = [(start, False)] if start and not after else []
        chosen = [*begin, *[pair for pair in rest if pair[0] != start or not begin]][:count]
        items = [{**self.shown(name), "again": again, "held": self.holders.get(name)} for name, again in chosen]
        return {"items": items, "held": None if items else self.queue_held, **self.version(), **self.totals()}

    def history(self) -> dict[str, Any]:
        redone = {row["undoes"] for row in self.rows if row["undoes"]}
        undos = [
            row
            for row in self.rows
            if row["undoes"] and any(made["decision_id"] == row["undoes"] and not made["undoes"] for made in self.rows)
        ]
        named = lambda rows: [{"decision_id": row["decision_id"], "image_id": row["image_id"]} for row in rows]  # noqa: E731  local shorthand
        return {
            "undo": named(self.in_force().values()),
            "redo": named(row for row in undos if row["decision_id"] not in redone),
        }

    def version(self) -> dict[str, int]:
        return {"classes_version": self.classes[0] if self.classes else 0}

    def history_of(self, image_id: str) -> dict[str, Any]:
        """Every row about an image, newest first, with what it changed."""
        redone = {row["undoes"] for row in self.rows if row["undoes"]}
        undone = {row["undoes"] for row in self.rows if row["undoes"] and row["decision_id"] not in redone}
        force = self.in_force().get(image_id, {}).get("decision_id")
        first = {name: self.items[image_id][name] for name in ("labels", "objects")}
        entries, states = [], [first]
        for row in (row for row in self.rows if row["image_id"] == image_id):
            after = {name: row[name] if row[name] is not None else states[-1][name] for name in first}
            known = {name: row[name] for name in ("decision_id", "verdict", "note", "region", "undoes")}
            told = {"by": row["reviewer"], "at": row["decided_at"], "kind": "undo" if row["undoes"] else "decision"}
            flags = {"is_undone": row["decision_id"] in undone, "is_in_force": row["decision_id"] == force}
            entries.append({**known, **told, **flags, **changes_between(states[-1], after)})
            states.append(after)
        return {"image_id": image_id, "entries": entries[::-1], "more": 0}

    def label_after(self, image_id: str, decision_id: str) -> dict[str, Any]:
        row = next(row for row in self.rows if row["decision_id"] == decision_id)
        return {"decision_id": decision_id, "image_id": image_id, "labels": row["labels"], "objects": row["objects"]}

    def search(self, query: dict[str, str]) -> dict[str, Any]:
        """Images whose path holds a text, three at a time."""
        names = [name for name in self.items if query.get("text", "").lower() in name.lower()]
        begin = names.index(query["after"]) + 1 if "after" in query else 0
        page = names[begin : begin + 3]
        found = [{"image_id": name, "name": name.split("/")[-1], "folder": name.rpartition("/")[0]} for name in page]
        return {"found": found, "next": page[-1] if len(names) > begin + 3 else None}

    def nearest_to(self, query: dict[str, str]) -> dict[str, Any]:
        image_id = query["image_id"]
        self.nearest_requests.append(image_id)
        examples = self.nearest.get(image_id, [])
        missing = "" if examples else self.nearest_missing or "No person has accepted another image yet."
        typical = 0.4 if examples else None
        return {"image_id": image_id, "examples": examples, "typical": typical, "missing": missing}

    def renew(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        self.lease_posts.append((route, body))
        held = {name: self.holders[name] for name in body.get("image_ids", []) if name in self.holders}
        return {"expires_in": 600, "held": held, "sent_back": len(self.sent_back), **self.version()}

    def decide(self, body: dict[str, Any]) -> dict[str, Any]:
        refused = []
        with self.lock:
            self.posts.append(body)
            known = {(row["client_id"], row["seq"]) for row in self.rows}
            for entry in body["entries"]:
                if (body["client_id"], entry["seq"]) in known:
                    continue
                if entry["image_id"] in self.refusals:
                    error, remedy = self.refusals[entry["image_id"]]
                    refused.append({"seq": entry["seq"], "error": error, "remedy": remedy})
                    continue
                standing = self.conflicts.get(entry["image_id"])
                if standing and entry["parent"] != standing["decision_id"]:
                    words = {"error": f"{standing['reviewer']} changed the image too.", "remedy": "Choose."}
                    refused.append({"seq": entry["seq"], **words, "conflict": standing})
                    continue
                self.rows.append({**entry, "client_id": body["client_id"], "reviewer": "Ana R.", "decided_at": NOON})
                self.sent_back.pop(entry["image_id"], None)
            mine = [row["seq"] for row in self.rows if row["client_id"] == body["client_id"]]
        totals = self.totals()
        acknowledged = {"acknowledged": max(mine, default=0), "saved_at": "10:42:07", "refused": refused}
        merged = [
            {**{name: entry[name] for name in ("seq", "decision_id", "image_id")}, "item": item}
            for entry in body["entries"]
            if (item := self.merges.get(entry["image_id"]))
        ]
        left = {name: totals[name] for name in ("decided", "skipped", "left")}
        return {**acknowledged, **left, "merged": merged, **self.version()}

    def map_of(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.map_requests.append(body)
        if self.map_error:
            return 422, {"error": self.map_error[0], "remedy": self.map_error[1]}
        if self.map_gate:
            self.map_gate.wait(20)
        return 200, {**gradient_map(body["label"]), "inside": self.inside, "key": f"key {len(self.map_requests)}"}

    # ---- what a test asks

    def decisions(self) -> list[dict[str, Any]]:
        """Rows that decide, in the order of arrival."""
        return [row for row in self.rows if not row["undoes"]]
