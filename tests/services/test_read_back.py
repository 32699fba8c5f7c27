from dataclasses import replace

from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels
from formats.base import Facts, Record, Role
from services.read_back import find_differences, says_the_same

CAN = Instance("1", "can", Box(0.1, 0.2, 0.3, 0.4))
JAR = Instance("2", "jar", Box(0.5, 0.5, 0.9, 0.9), is_crowd=True)


def record(name, *items, **changes):
    return Record(1, "", name, Instances(items), **changes)


def differences(meant, found, precision=1e-9):
    return list(find_differences(meant, found, precision=precision))


def test_the_order_of_objects_and_their_ids_do_not_count():
    found = record("a.jpg", replace(JAR, instance_id="x"), replace(CAN, instance_id="y"))
    assert differences([record("a.jpg", CAN, JAR)], [found]) == []


def test_every_changed_thing_is_told_with_its_image():
    moved = replace(CAN, box=Box(0.1, 0.2, 0.3, 0.4001))
    for changed in (moved, replace(CAN, label="tin"), replace(CAN, is_crowd=True), replace(CAN, score=0.5)):
        assert differences([record("a.jpg", CAN)], [record("a.jpg", changed)]) == [
            "a.jpg: it reads back other than it was meant"
        ]
    assert differences([record("a.jpg", CAN)], [record("a.jpg", moved)], precision=1e-3) == []


def test_an_object_that_is_there_twice_is_not_the_same_as_once():
    assert differences([record("a.jpg", CAN, JAR)], [record("a.jpg", CAN, CAN)])
    assert differences([record("a.jpg", CAN)], [record("a.jpg", CAN, CAN)])


def test_images_in_another_order_are_paired_by_name_role_and_model():
    meant = [record("a.jpg", CAN), record("b.jpg"), record("a.jpg", JAR, role=Role.PREDICTION, facts=Facts("m"))]
    assert differences(meant, list(reversed(meant))) == []
    assert differences(meant, meant[:1]) == ["b.jpg: it is missing in the file", "a.jpg: it is missing in the file"]
    assert differences(meant[:1], meant[:2]) == ["b.jpg: nobody meant to write it"]


def test_an_image_that_stands_twice_must_stand_twice():
    twice = [record("a.jpg", CAN), record("a.jpg", JAR)]
    assert differences(twice, twice) == []
    assert differences(twice, twice[:1]) == ["a.jpg: it is missing in the file"]


def test_where_there_are_outlines_the_box_is_theirs():
    ring = (0.1, 0.1, 0.5, 0.1, 0.5, 0.5)
    outlined = replace(CAN, polygons=(ring,))
    assert says_the_same(Instances((outlined,)), Instances((replace(outlined, box=Box(0, 0, 1, 1)),)), precision=0)
    other = replace(outlined, polygons=((0.1, 0.1, 0.5, 0.1, 0.5, 0.6),))
    assert not says_the_same(Instances((outlined,)), Instances((other,)), precision=1e-9)


def test_classes_are_the_same_with_the_same_probabilities_in_any_order():
    one = Labels({"can": 0.25, "jar": 0.75})
    assert says_the_same(one, Labels({"jar": 0.75, "can": 0.25}), precision=0)
    assert not says_the_same(one, Labels({"jar": 0.75, "can": 0.26}), precision=0)
    assert not says_the_same(one, Instances(()), precision=0)
