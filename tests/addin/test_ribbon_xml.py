"""The ribbon's XML: it agrees with the table of buttons and with our VBA, and is well-formed for Excel."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from collect_xl.addin.build import OUR_MODULES
from collect_xl.addin.buttons import BUTTONS, GROUPS
from collect_xl.resources import shipped

NS = "{http://schemas.microsoft.com/office/2009/07/customui}"
SOURCES = {name: shipped(f"addin/{name}.bas").read_text("utf-8") for name in OUR_MODULES}
CALLBACKS = ("onAction", "onLoad", "loadImage")


@pytest.fixture
def ribbon():
    """The XML's root."""
    return ET.fromstring(shipped("addin/customUI14.xml").read_bytes())


def test_the_xml_says_what_the_table_says(ribbon):
    """Every button, in its group and order, with the words, picture and size of ``buttons.py``."""
    groups = [(group.get("label"), [attributes(button) for button in group]) for group in ribbon.iter(f"{NS}group")]

    assert groups == [(label, [facts(button) for button in BUTTONS if button.group == name]) for name, label in GROUPS]


def test_a_button_for_a_selection_calls_what_tells_the_selection(ribbon):
    """Which callback a button has follows from whether it works on selected cells."""
    calls = {button.get("tag"): button.get("onAction") for button in ribbon.iter(f"{NS}button")}

    assert calls == {
        button.id: f"CollectXlRibbon.{'OnButtonForSelection' if button.selection else 'OnButton'}" for button in BUTTONS
    }


def test_every_callback_is_a_sub_with_the_right_signature(ribbon):
    """Each ``onAction`` and ``getXxx`` names a public Sub that takes the control alone."""
    named = {
        value
        for element in ribbon.iter()
        for name, value in element.attrib.items()
        if name in CALLBACKS or re.fullmatch(r"get[A-Z]\w+", name)
    }

    assert named
    for callback in named:
        module, _, sub = callback.partition(".")
        assert re.search(rf"(?m)^Public Sub {sub}\(control As IRibbonControl\)$", SOURCES[module]), callback


def test_ids_are_unique_and_ours(ribbon):
    """No id stands twice, and each begins as no other add-in's would."""
    ids = [element.get("id") for element in ribbon.iter() if element.get("id")]

    assert len(ids) == len(set(ids))
    assert [each for each in ids if not re.fullmatch(r"collectXl[A-Za-z0-9]+", each)] == []


def test_no_text_is_longer_than_office_allows(ribbon):
    """Labels, tips and tags stay below the 1,024 characters of the schema; buttons need a label and a picture."""
    texts = [value for element in ribbon.iter() for value in element.attrib.values()]

    assert max(map(len, texts)) <= 1024
    assert [b.get("id") for b in ribbon.iter(f"{NS}button") if not (b.get("label") and b.get("imageMso"))] == []


def attributes(button):
    names = ("tag", "label", "screentip", "supertip", "imageMso", "size")
    return tuple(button.get(name) for name in names)


def facts(button):
    size = "large" if button.large else "normal"
    return (button.id, button.label, button.screentip, button.supertip, button.image, size)


def test_the_page_of_the_add_in_names_every_button():
    """addin/README.md names each button as the ribbon does, with what its tips say."""
    readme = (Path(__file__).parents[2] / "addin" / "README.md").read_text("utf-8")

    assert [button.label for button in BUTTONS if f"| {button.label} | " not in readme] == []
    assert [button.label for button in BUTTONS if button.supertip not in readme] == []
