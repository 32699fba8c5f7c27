from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels
from formats.base import Record, Role
from services.merging import Repeats


def boxes(name, *labels, **changes):
    items = tuple(Instance(f"{name}{label}", label, Box(0, 0, 1, 1)) for label in labels)
    return Record(1, "text", name, Instances(items), **changes)


def merged(*records, name_of=str):
    repeats = Repeats(name_of)
    for record in records:
        repeats.add(record)
    return list(repeats.merge(lambda: records))


def test_objects_of_all_lines_of_an_image_are_kept():
    whole = merged(boxes("a", "can"), boxes("b", "jar"), boxes("a", "tin"))
    assert [(each.image_url, [item.label for item in each.content.items]) for each in whole] == [
        ("a", ["can", "tin"]),
        ("b", ["jar"]),
    ]
    assert whole[0].text == ""


def test_of_classes_the_last_line_holds():
    lines = [Record(number, "", "a", Labels({name: 1.0})) for number, name in enumerate(("can", "jar"))]
    assert [each.content.names for each in merged(*lines)] == [("jar",)]


def test_a_line_nobody_can_read_takes_nothing_away():
    broken = Record(2, "", "a", None)
    assert merged(boxes("a", "can"), broken)[0].content.items[0].label == "can"
    assert merged(broken, boxes("a", "can"))[0].content.items[0].label == "can"


def test_labels_and_predictions_of_an_image_are_not_the_same():
    assert len(merged(boxes("a", "can"), boxes("a", "can", role=Role.PREDICTION))) == 2


def test_two_images_of_one_name_are_not_joined():
    first, second = merged(boxes("p/a.jpg", "can"), boxes("q/a.jpg", "jar"), name_of=lambda address: address[2:])
    assert [item.label for item in first.content.items] == ["can"]
    assert second.content is None
    assert "another image is called a.jpg" in second.findings[0].message


def test_joined_records_are_counted():
    repeats = Repeats(str)
    for record in (boxes("a", "can"), boxes("b", "jar"), boxes("a", "tin"), boxes("a", "jar")):
        repeats.add(record)
    assert repeats.count == 2
