from __future__ import annotations

import pytest

from domain.errors import InputError, UnknownNameError
from domain.registry import Registry


class Fruit:
    pass


class Apple(Fruit):
    pass


class Banana(Fruit):
    pass


@pytest.fixture
def fruits():
    registry: Registry[Fruit] = Registry("fruit")
    registry.register("banana", Banana)
    registry.register("apple", Apple)
    return registry


def test_classes_are_found_by_name_in_the_order_they_came(fruits):
    assert fruits["apple"] is Apple
    assert list(fruits) == ["banana", "apple"]
    assert len(fruits) == 2
    assert "apple" in fruits
    assert "cherry" not in fruits
    assert fruits.register("cherry", Apple) is Apple


def test_an_unknown_name_is_answered_with_the_known_ones(fruits):
    with pytest.raises(UnknownNameError, match=r"There is no fruit named 'cherry'. Known: apple, banana\.") as refusal:
        fruits["cherry"]
    assert isinstance(refusal.value, InputError)
    assert refusal.value.remedy == "Known: apple, banana."


def test_a_name_is_given_once(fruits):
    with pytest.raises(ValueError, match="fruit 'apple' is registered twice"):
        fruits.register("apple", Banana)
    assert fruits["apple"] is Apple


def test_an_alias_finds_the_class_and_is_no_member_of_its_own():
    registry = Registry("animal")
    registry.register("dog", int, aliases=("hound",))
    assert registry["hound"] is int
    assert "hound" in registry
    assert list(registry) == ["dog"]
    assert registry.own_name("hound") == "dog"
    assert registry.aliases_of("dog") == ("hound",)
    assert registry.own_name("cat") == "cat"
    with pytest.raises(ValueError, match="'hound' is registered twice"):
        registry.register("hound", str)
