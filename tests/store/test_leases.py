from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from domain.image import ImageRef
from domain.prediction import Task
from store import leases
from store.engine import writing
from store.images import ImageFile, save_images
from store.leases import Holder, Lease
from store.projects import delete_project, insert_project
from store.review_schema import image_facts

NOW = 1_000_000.0
LATER = NOW + 600


@pytest.fixture
def give(connection, project_id):
    """A function that gives somebody images, by number."""

    def give_some(reviewer, *numbers, client="tab", now=NOW, until=LATER):
        names = [f"{number}.jpg" for number in numbers]
        leases.grant(connection, project_id, reviewer, names, client_id=client, now=now, until=until)

    return give_some


@pytest.fixture
def free_for(connection, project_id):
    """A function that lists the images nobody else works on."""

    def list_free(reviewer, now=NOW):
        mine = image_facts.c.project_id == project_id
        query = select(image_facts.c.image_id).where(mine, leases.is_free(project_id, reviewer, now=now))
        return sorted(connection.scalars(query))

    return list_free


def test_an_image_is_free_for_the_one_who_has_it_and_for_nobody_else(give, free_for):
    give("Ana", 0, 1)

    assert free_for("Ana") == ["0.jpg", "1.jpg", "2.jpg"]
    assert free_for("Ben") == ["2.jpg"]
    assert free_for("Ben", now=LATER) == ["0.jpg", "1.jpg", "2.jpg"]


def test_a_lease_is_renewed_when_it_is_due_and_by_its_own_page_only(connection, project_id, give):
    give("Ana", 0, until=NOW + 100)
    give("Ana", 1, until=NOW + 500)
    give("Ana", 2, client="other", until=NOW + 100)

    leases.renew(connection, project_id, "Ana", client_id="tab", until=NOW + 900, due=NOW + 300)

    ends = {lease.image_id: lease.expires_at - NOW for lease in leases.list_leases(connection, project_id, now=NOW)}
    assert ends == {"0.jpg": 900, "1.jpg": 500, "2.jpg": 100}


def test_what_expired_is_forgotten_and_the_rest_stays(connection, project_id, give, free_for):
    give("Ana", 0, until=NOW + 1)
    give("Ana", 1)

    leases.drop_expired(connection, project_id, now=NOW + 1, until=NOW + 601)

    assert leases.list_leases(connection, project_id, now=0) == [Lease("1.jpg", "Ana", LATER)]


def test_a_clock_put_back_an_hour_holds_nothing_for_longer_than_a_lease(connection, project_id, give, free_for):
    give("Ana", 0, until=LATER)
    back = NOW - 3600

    leases.drop_expired(connection, project_id, now=back, until=back + 600)

    assert free_for("Ben", now=back + 599) == ["1.jpg", "2.jpg"]
    assert free_for("Ben", now=back + 600) == ["0.jpg", "1.jpg", "2.jpg"]


def test_leases_are_given_back_by_image_by_page_or_both(connection, project_id, give, free_for):
    give("Ana", 0, 1)
    give("Ana", 2, client="other")
    give("Ben", 0)

    leases.release(connection, project_id, "Ana", image_ids=["0.jpg"])
    leases.release(connection, project_id, "Ana", image_ids=["2.jpg"], client_id="tab")
    assert leases.list_holders(connection, project_id, now=NOW) == [Holder("Ana", 2, LATER), Holder("Ben", 1, LATER)]
    leases.release(connection, project_id, "Ana", client_id="tab")
    assert free_for("Cleo") == ["1.jpg"]


def test_an_image_given_again_belongs_to_the_page_that_asked_last(connection, project_id, give):
    give("Ana", 0)
    give("Ana", 0, client="other", until=LATER + 1)

    assert leases.list_leases(connection, project_id, now=NOW) == [Lease("0.jpg", "Ana", LATER + 1)]
    leases.release(connection, project_id, "Ana", client_id="tab")
    assert leases.list_leases(connection, project_id, now=NOW, image_ids=["0.jpg", "1.jpg"]) != []


def test_one_image_is_given_unless_somebody_else_has_it(connection, project_id, give):
    give("Ben", 0)
    give("Ben", 1, until=NOW - 1)
    give("Ana", 2, until=NOW - 1)
    given = {"client_id": "tab", "now": NOW, "until": LATER}

    for name in ("0.jpg", "1.jpg", "1.jpg", "2.jpg"):
        leases.grant_unless_held(connection, project_id, "Ana", name, **given)

    ana = [lease.image_id for lease in leases.list_leases(connection, project_id, now=NOW) if lease.reviewer == "Ana"]
    assert ana == ["1.jpg", "2.jpg"]


def test_leases_go_with_their_project(connection, project_id, give):
    give("Ana", 0)

    delete_project(connection, project_id)

    assert leases.list_leases(connection, project_id, now=NOW) == []


def test_many_who_take_at_once_never_take_the_same(engine):
    with engine.begin() as connection:
        project_id = insert_project(connection, name="Large", task=Task.DETECTION, image_folder="/photos")
        images = [ImageRef(f"{n:03}.jpg", f"/photos/{n}.jpg", 40, 30) for n in range(40)]
        save_images(connection, project_id, [ImageFile(image, n, 100, 0) for n, image in enumerate(images)])
    taken: dict[str, list[str]] = {f"Person {number}": [] for number in range(8)}
    mine = image_facts.c.project_id == project_id

    def take(reviewer):
        for _ in range(5):
            with writing(engine) as connection:
                leases.lock_queue(connection, project_id)
                free = leases.is_free(project_id, reviewer, now=NOW)
                query = select(image_facts.c.image_id).where(mine, free, image_facts.c.image_id.not_in(taken[reviewer]))
                names = connection.scalars(query.order_by(image_facts.c.position).limit(1)).all()
                leases.grant(connection, project_id, reviewer, names, client_id="tab", now=NOW, until=LATER)
            taken[reviewer] += names

    threads = [threading.Thread(target=take, args=(reviewer,)) for reviewer in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    everything = [name for names in taken.values() for name in names]
    assert len(everything) == len(set(everything)) == 40
