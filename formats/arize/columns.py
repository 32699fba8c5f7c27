"""Which column of an Arize file means what. Names are free: the schema is the mapping (formats.md 5.2, 5.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

WIDTH = "tag/width"
HEIGHT = "tag/height"
LATENCY = "tag/latency_s"
SOURCE = "tag/source"
TAGS = "tag/tags"
OWN_TAGS = (WIDTH, HEIGHT, LATENCY, SOURCE, TAGS)
"""Tag columns that Relook writes and understands; TAGS holds a JSON list of texts."""

PREFIXES: Mapping[str, str] = {"features": "feature/", "tags": "tag/", "shap_values": "shap/"}


@dataclass(frozen=True, slots=True)
class EmbeddingColumns:
    """The columns of one embedding; the last two may be empty."""

    name: str
    vector: str
    raw_data: str = ""
    link_to_data: str = ""

    @property
    def names(self) -> list[str]:
        return [name for name in (self.vector, self.raw_data, self.link_to_data) if name]


@dataclass(frozen=True, slots=True)
class ObjectColumns:
    """The columns of the objects of a prediction or an actual.

    Attributes:
        coordinates: Boxes, or outlines.
        categories: Class names.
        scores: Empty where there are none.
        boxes: Boxes beside outlines; empty where there are none.
    """

    coordinates: str
    categories: str
    scores: str = ""
    boxes: str = ""

    @property
    def names(self) -> list[str]:
        return [name for name in (self.coordinates, self.categories, self.scores, self.boxes) if name]


@dataclass(frozen=True, slots=True)
class Columns:
    """The meaning of columns; empty where a file has no such column.

    Attributes:
        features: Names of the columns, after prefixes have been looked up.
        prefixes: Key of the schema ("features", "tags", "shap_values") -> prefix of column names.
        link: Column that names the image.
        has_outlines: The objects are outlines, not boxes.
    """

    prediction_id: str = ""
    timestamp: str = ""
    prediction_label: str = ""
    prediction_score: str = ""
    actual_label: str = ""
    actual_score: str = ""
    version: str = ""
    batch_id: str = ""
    link: str = ""
    features: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    shap_values: tuple[str, ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=dict[str, str])
    exclude: tuple[str, ...] = ()
    embeddings: tuple[EmbeddingColumns, ...] = ()
    predicted: ObjectColumns | None = None
    actual: ObjectColumns | None = None
    has_outlines: bool = False

    @property
    def has_objects(self) -> bool:
        return self.predicted is not None or self.actual is not None

    @property
    def has_prediction(self) -> bool:
        return bool(self.prediction_label or self.prediction_score or self.predicted)

    @property
    def has_actual(self) -> bool:
        return bool(self.actual_label or self.actual_score or self.actual)

    @property
    def scalars(self) -> dict[str, str]:
        """Key of the schema -> column, of those that the file has."""
        return {key: name for key in SCALARS if (name := getattr(self, key))}

    def declared(self) -> Iterator[str]:
        """Every column the schema names, prefixes aside."""
        yield from self.scalars.values()
        for embedding in self.embeddings:
            yield from embedding.names
        for objects in (self.predicted, self.actual):
            if objects is not None:
                yield from objects.names

    def resolve(self, names: Iterable[str]) -> Columns:
        """Look up what the prefixes mean in a file with these columns, and which column names the image."""
        present = tuple(names)
        taken = {*self.declared(), *self.exclude}
        found = {
            key: tuple(name for name in present if prefix and name.startswith(prefix) and name not in taken)
            for key, prefix in self.prefixes.items()
        }
        features = found.get("features", ())
        if not self.prefixes.get("features"):
            others = {*taken, *found.get("tags", ()), *found.get("shap_values", ())}
            features = tuple(name for name in present if name not in others)
        links = [embedding.link_to_data for embedding in self.embeddings if embedding.link_to_data]
        spellings = [name for name in present if name.lower() in _SPELLINGS["link"]]
        return replace(
            self,
            features=tuple(name for name in features if name not in spellings),
            tags=found.get("tags", ()),
            shap_values=found.get("shap_values", ()),
            link=next(iter([*links, *spellings]), ""),
        )


SCALARS = (
    "prediction_id",
    "timestamp",
    "prediction_label",
    "prediction_score",
    "actual_label",
    "actual_score",
    "version",
    "batch_id",
)

_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "prediction_id": ("prediction_id",),
    "timestamp": ("timestamp", "prediction_ts", "prediction_timestamp"),
    "prediction_label": ("prediction_label", "prediction"),
    "prediction_score": ("prediction_score",),
    "actual_label": ("actual_label", "actual"),
    "actual_score": ("actual_score",),
    "version": ("version", "model_version"),
    "batch_id": ("batch_id",),
    "link": ("image_link", "image_url", "link_to_data", "link_to_data_column", "url"),
    "vector": ("image_vector", "vector", "vector_column", "embedding"),
    "predicted_boxes": ("prediction_bboxes", "prediction_boxes", "prediction_bounding_boxes"),
    "predicted_polygons": ("prediction_polygons", "prediction_polygon_coordinates"),
    "predicted_categories": ("prediction_categories",),
    "predicted_scores": ("prediction_scores",),
    "actual_boxes": ("actual_bboxes", "actual_boxes", "actual_bounding_boxes"),
    "actual_polygons": ("actual_polygons", "actual_polygon_coordinates"),
    "actual_categories": ("actual_categories",),
}


def guess_columns(names: Iterable[str]) -> Columns:
    """The meaning of columns by their usual names, those of Arize's own examples among them, whatever their case."""
    known = {name.lower(): name for name in reversed(list(names))}
    found = {
        key: next((known[spelling] for spelling in spellings if spelling in known), "")
        for key, spellings in _SPELLINGS.items()
    }
    has_outlines = bool(found["predicted_polygons"] or found["actual_polygons"])
    embedding = EmbeddingColumns("image_embedding", found["vector"], link_to_data=found["link"])
    plain = Columns(
        prefixes=PREFIXES,
        embeddings=(embedding,) if found["vector"] else (),
        predicted=_objects(found, "predicted", has_outlines=has_outlines),
        actual=_objects(found, "actual", has_outlines=has_outlines),
        has_outlines=has_outlines,
    )
    return replace(plain, **{key: found[key] for key in SCALARS})


def _objects(found: Mapping[str, str], side: str, *, has_outlines: bool) -> ObjectColumns | None:
    boxes = found[f"{side}_boxes"]
    coordinates = found[f"{side}_polygons"] if has_outlines else boxes
    if not coordinates:
        return None
    scores = found.get(f"{side}_scores", "")
    return ObjectColumns(coordinates, found[f"{side}_categories"], scores, boxes if has_outlines else "")
