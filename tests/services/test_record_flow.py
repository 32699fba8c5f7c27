import pytest

from domain.geometry import Box
from domain.prediction import Instance, Instances
from formats import FORMATS
from formats.azure.jsonl import AzureJsonl
from formats.base import ImageFacts, Record
from services.record_flow import Flow, relative_path

URL = "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/photos/a%20b.jpg"


class Upright(AzureJsonl):
    name = "upright"
    is_upright = True
    wants_addresses = False


class Images:
    def __init__(self, *facts):
        self.facts = {each.path: each for each in facts}

    def find(self, address):
        return self.facts.get(address)

    def file(self, path):
        return self.facts.get(path) and path


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (URL, "photos/a b.jpg"),
        ("AmlDatastore://store/photos/a.jpg", "photos/a.jpg"),
        ("https://host/photos/a.jpg?sig=x", "photos/a.jpg"),
        ("../../etc/passwd", "etc/passwd"),
        ("/data/photos/a.jpg", "data/photos/a.jpg"),
        ("C:\\photos\\a.jpg", "photos/a.jpg"),
        ("./100%.jpg", "100%.jpg"),
    ],
)
def test_a_path_is_relative_and_leads_nowhere_else(address, path):
    assert relative_path(address) == path


def test_objects_are_turned_where_the_target_shows_pictures_upright_and_back():
    stored = Record(1, "", "a.jpg", Instances((Instance("1", "can", Box(0.1, 0.2, 0.3, 0.4)),)))
    images = Images(ImageFacts("a.jpg", 400, 300, orientation=6))
    upright = Flow(AzureJsonl(), Upright(), images).pass_on(stored)
    assert upright.size == (300, 400)
    assert upright.content.items[0].box.as_tuple() == pytest.approx((0.6, 0.1, 0.8, 0.3))

    back = Flow(Upright(), AzureJsonl(), images).pass_on(upright)
    assert back.size == (400, 300)
    assert back.content.items[0].box.as_tuple() == pytest.approx((0.1, 0.2, 0.3, 0.4))


def test_addresses_stay_for_targets_that_want_them_and_become_paths_for_others():
    record = Record(1, "", URL, Instances(()))
    assert Flow(FORMATS["azure-batch"](), AzureJsonl()).pass_on(record).image_url == URL
    assert Flow(AzureJsonl(), FORMATS["azure-batch"]()).pass_on(record).image_url == "photos/a b.jpg"


def test_paths_get_the_prefix_where_addresses_are_wanted():
    record = Record(1, "", "a.jpg", Instances(()))
    flow = Flow(FORMATS["azure-batch"](), AzureJsonl(), url_prefix="azureml://datastores/d/paths/")
    assert flow.pass_on(record).image_url == "azureml://datastores/d/paths/a.jpg"


def test_the_size_of_the_file_holds_against_the_one_that_is_declared():
    record = Record(1, "", "a.jpg", Instances(()), size=(499, 666))
    flow = Flow(FORMATS["azure-batch"](), AzureJsonl(), Images(ImageFacts("a.jpg", 281, 374)))
    assert flow.pass_on(record).size == (281, 374)
