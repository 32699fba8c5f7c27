"""The fake of the desk's server behind real HTTP."""

from __future__ import annotations

import http.server
import io
import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from PIL import Image, ImageDraw

from tests.components.annotator.fake_api import TYPES, FakeApi, named_classes, turned_jpeg


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: FakeApi

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
        pass

    def answer(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store" if kind != "image/png" else "max-age=3600")
        self.end_headers()
        self.wfile.write(content)

    def answer_json(self, status: int, value: dict[str, Any]) -> None:
        self.answer(status, json.dumps(value).encode(), "application/json")

    def is_signed_in(self) -> bool:
        if self.headers.get("X-Relook-Client") == "1" and self.headers.get("X-Relook-Token") in self.api.tokens:
            return True
        self.answer_json(401, {"error": "The sign-in has expired.", "remedy": "Sign in again."})
        return False

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        folder = next((prefix for prefix in self.api.folders if parts.path.startswith(prefix)), None)
        if parts.path in self.api.pages:
            self.answer(200, self.api.pages[parts.path].encode(), TYPES[".html"])
        elif folder:
            file = self.api.folders[folder] / parts.path.removeprefix(folder)
            self.answer(200, file.read_bytes(), TYPES.get(file.suffix, "image/jpeg"))
        elif parts.path.startswith("/images/"):
            self.answer_image(unquote(parts.path.removeprefix("/images/")), is_thumb=parts.query == "thumb")
        elif parts.path.startswith("/api/projects/3/") and self.is_signed_in():
            self.answer_api(parts.path.rsplit("/", 1)[-1], query)
        else:
            self.answer_json(404, {"error": "There is nothing here.", "remedy": ""})

    def answer_api(self, route: str, query: dict[str, str]) -> None:
        lost = next(
            (query[key] for key in ("start", "image_id") if query.get(key, "") not in ["", *self.api.items]), ""
        )
        if lost:
            self.answer_json(404, {"error": f"The project has no image '{lost}'.", "remedy": "Choose another one."})
        elif route == "queue" and query.get("order") in self.api.lost_orders:
            self.api.asked_orders.append(query["order"])
            self.answer_json(404, {"error": "This list of images is not kept any more.", "remedy": "Make it anew."})
        elif route == "queue":
            self.answer_json(200, self.api.queue(query))
        elif route in {"search", "nearest"}:
            self.answer_json(200, {"search": self.api.search, "nearest": self.api.nearest_to}[route](query))
        elif route == "classes" and self.api.classes_outage:
            self.answer_json(503, {"error": "The database is locked.", "remedy": "It is tried again."})
        elif route == "classes":
            version, classes = self.api.classes or (0, named_classes())
            self.answer_json(200, {"classes_version": version, "classes": classes})
        elif route == "history" and "decision_id" in query:
            self.answer_json(200, self.api.label_after(query["image_id"], query["decision_id"]))
        elif route == "history" and "image_id" in query:
            self.answer_json(200, self.api.history_of(query["image_id"]))
        elif route == "history":
            self.answer_json(200, self.api.history())
        else:
            known = self.api.shown(query["image_id"])
            self.answer_json(200, {**known, "held": self.api.holders.get(query["image_id"])})

    def answer_image(self, image_id: str, *, is_thumb: bool) -> None:
        if image_id in self.api.held and not is_thumb:
            self.api.held[image_id].wait(20)
        if not is_thumb:
            self.api.photo_requests.append(image_id)
        if image_id in (self.api.lost_thumbs if is_thumb else self.api.lost_photos):
            self.close_connection = True
            return
        known = self.api.items.get(image_id)
        if known is None or known.get("is_missing"):
            self.answer_json(404, {"error": "No such image.", "remedy": ""})
            return
        at = list(self.api.items).index(image_id)
        picture = Image.new("RGB", (known["width"], known["height"]), (40 + 37 * at % 180, 90, 160 - 23 * at % 120))
        if "mark" in known:
            place = [value * picture.size[side % 2] for side, value in enumerate(known["mark"])]
            ImageDraw.Draw(picture).rectangle((place[0], place[1], place[2] - 1, place[3] - 1), fill="#e02020")
        if known.get("is_turned"):
            self.answer(200, turned_jpeg(picture), "image/jpeg")
            return
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        self.answer(200, buffer.getvalue(), "image/png")

    def answer_decisions(self, answer: dict[str, Any]) -> None:
        """A conflict of the first entry that is refused is answered with a status of its own."""
        conflicts = [refusal for refusal in answer["refused"] if "conflict" in refusal]
        if conflicts and self.api.answers_conflicts_alone:
            self.answer_json(409, {name: conflicts[0][name] for name in ("error", "remedy", "conflict")})
        else:
            self.answer_json(200, answer)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.api.outage == 0:
            self.close_connection = True
        elif self.api.outage:
            self.answer_json(self.api.outage, {"error": "The database is locked.", "remedy": "It is tried again."})
        elif not self.is_signed_in():
            return
        elif self.path.endswith("/decisions") and self.api.is_mute:
            self.api.decide(body)
            self.close_connection = True
        elif self.path.endswith("/decisions"):
            self.answer_decisions(self.api.decide(body))
        elif "/leases" in self.path:
            self.answer_json(200, self.api.renew(self.path.split("/projects/3/")[1], body))
        else:
            self.answer_json(*self.api.map_of(body))
