"""What the tests of feeds read out of an answer."""

from lxml import etree


def read(response):
    assert response.status_code == 200
    return etree.fromstring(response.data)


def titles(response):
    return [element.text for element in read(response).findall(".//item/title")]


def enclosures(response):
    return [element.get("url") for element in read(response).findall(".//enclosure")]
