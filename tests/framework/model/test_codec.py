from __future__ import annotations

import dataclasses
import inspect
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fetchgram import model
from fetchgram.model import (
    Chat,
    Choice,
    ChoiceKind,
    Delivery,
    Destination,
    Folder,
    Inline,
    Job,
    Json,
    Link,
    LinkKind,
    Probe,
    Text,
    Word,
    decode,
    encode,
)
from fetchgram.model.codec import VERSION

WORDS = sorted(
    (kind for kind in vars(model).values() if inspect.isclass(kind) and issubclass(kind, Word) and kind is not Word),
    key=lambda kind: kind.__name__,
)
LINK = Link(plugin="p", kind=LinkKind.VIDEO, media_id="m", url="https://example.org/m")

_signs = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_json: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | _signs,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_signs, inner, max_size=3),
    max_leaves=5,
)
st.register_type_strategy(str, _signs)
st.register_type_strategy(Path, _signs.filter(lambda name: "\0" not in name).map(Path))
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
_texts = st.builds(
    Text,
    key=_signs,
    params=st.dictionaries(_signs, _signs | st.integers() | st.floats(allow_nan=False), max_size=3),
    unknown=st.just({}),
)
st.register_type_strategy(Text, _texts)


def _words(kind: type[Word]) -> st.SearchStrategy[Word]:
    fixed: dict[str, st.SearchStrategy[object]] = {"unknown": st.just({})}
    if "data" in {field.name for field in dataclasses.fields(kind)}:
        fixed["data"] = st.dictionaries(_signs, _json, max_size=3)
    return st.builds(kind, **fixed)


for _kind in WORDS:
    if _kind is not Text:
        st.register_type_strategy(_kind, _words(_kind))


def test_the_words_were_found() -> None:
    assert {Job, Link, Delivery, Chat, Text} <= set(WORDS)
    assert len(WORDS) > 20


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: kind.__name__)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_word_comes_back_from_json_as_it_went(kind: type[Word], data: st.DataObject) -> None:
    word = data.draw(st.from_type(kind))
    wire = json.loads(json.dumps(encode(word)))
    assert decode(kind, wire) == word


@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: kind.__name__)
def test_every_word_is_frozen_and_slotted(kind: type[Word]) -> None:
    assert "__dict__" not in dir(kind)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]  # a private attribute of dataclasses


def test_fields_of_a_newer_version_survive_the_round_trip_at_every_depth() -> None:
    wire = encode(Probe(link=LINK, title="t", choices=(Choice(kind=ChoiceKind.AUDIO),)))
    assert isinstance(wire["link"], dict)
    assert isinstance(wire["choices"], list)
    wire["mood"] = {"level": [1, None]}
    wire["link"]["colour"] = "red"
    (first,) = wire["choices"]
    assert isinstance(first, dict)
    first["depth_bits"] = 10
    assert encode(decode(Probe, wire)) == wire


def test_a_known_field_wins_over_an_unknown_one_of_its_name() -> None:
    word = dataclasses.replace(LINK, unknown={"plugin": "other", "colour": "red"})
    assert encode(word)["plugin"] == "p"
    assert encode(word)["colour"] == "red"


@pytest.mark.parametrize("version", [VERSION + 1, "2", None])
def test_a_later_version_is_refused(version: Json) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        decode(Link, {**encode(LINK), "$v": version})


def test_a_word_without_version_is_of_the_first() -> None:
    wire = encode(LINK)
    del wire["$v"]
    assert decode(Link, wire) == LINK


@pytest.mark.parametrize(
    "place", [Chat(bot_id=1, chat=-100, topic=3), Inline(bot_id=1, inline_message_id="x"), Folder(path=Path("a/b"))]
)
def test_members_of_a_union_are_told_apart_by_their_tag(place: Destination) -> None:
    wire = encode(place)
    assert wire["$is"] == type(place).__name__
    delivery = Delivery(id=1, job_id=2, request_id=3, destination=place)
    assert decode(Delivery, encode(delivery)).destination == place


def test_a_tag_that_is_not_of_the_union_is_refused() -> None:
    wire = encode(Delivery(id=1, job_id=2, request_id=3, destination=Folder(path=Path("x"))))
    wire["destination"] = {"$is": "Moon", "path": "x"}
    with pytest.raises(ValueError, match="'Moon' is none of Chat, Folder, Inline"):
        decode(Delivery, wire)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("plugin", 3),
        ("kind", "hologram"),
        ("hints", ["t"]),
        ("sure", "yes"),
        ("within", 5),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(field: str, value: Json) -> None:
    with pytest.raises(ValueError, match=r"expected|hologram"):
        decode(Link, {**encode(LINK), field: value})


def test_a_missing_field_is_refused() -> None:
    wire = encode(LINK)
    del wire["url"]
    with pytest.raises(ValueError, match="Link cannot be read"):
        decode(Link, wire)


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(ValueError, match="'set' has no JSON form"):
        encode(Text(key="k", params={"a": {1}}))  # type: ignore[dict-item]  # wrong on purpose
