"""Bodies, from bytes to objects: whatever comes, the field is named."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.v1 import bodies
from api.v1.calls import Query, Refused

JSON, FORM = "application/json", bodies.FORM


def tried(fn):
    """Return what comes, be it a refusal."""
    try:
        return fn()
    except Refused as refused:
        return refused


def refusal(raw, kind=JSON):
    with pytest.raises(Refused) as caught:
        bodies.read(raw, kind)
    [(name, [problem])] = caught.value.errors.items()
    return caught.value.status, name, problem.key


@pytest.mark.parametrize(
    ("raw", "status", "name", "key"),
    [
        (b"\xff\xfe{}", 422, "body", "invalid_format"),
        (b'{"a": "\xc3"}', 422, "body", "invalid_format"),
        (b"{", 422, "body", "invalid_format"),
        (b"[]", 422, "body", "invalid_format"),
        (b'"text"', 422, "body", "invalid_format"),
        (b"5", 422, "body", "invalid_format"),
        (b'{"a": NaN}', 422, "body", "invalid_format"),
        (b'{"a": -Infinity}', 422, "body", "invalid_format"),
        (b'{"a": {"b": 1e999}}', 422, "a.b", "invalid_format"),
        (b'{"a": ' + b"9" * 5000 + b"}", 422, "body", "invalid_format"),
        (b'{"a": 1, "a": 1}', 422, "a", "duplicate_key"),
        (b'{"a": [{}, {"b": {"c": 1, "d": 2, "c": 3}}]}', 422, "a[1].b.c", "duplicate_key"),
        (b'{"a": {"b": "\\ud800"}}', 422, "a.b", "invalid_format"),
        (b'{"a": {"\\udfff": 1}}', 422, "a", "invalid_format"),
        (b'{"a": ["x\\u0000y"]}', 422, "a[0]", "invalid_format"),
        (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", 422, "a" + "[0]" * 19 + "[0…", "invalid_format"),
        (b'{"a": ' + b"[" * 400_000 + b"]" * 400_000 + b"}", 422, "body", "invalid_format"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 422, "body", "invalid_format"),
        (b" " * (bodies.LARGEST + 1), 413, "body", "too_large"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_is_named(raw, status, name, key):
    assert refusal(raw) == (status, name, f"errors.{key}")


@pytest.mark.parametrize("raw", [b"", b"  \n", b"null", b"{}"])
def test_nothing_is_an_empty_object(raw):
    assert bodies.read(raw, JSON) == {}


@pytest.mark.parametrize(
    "kind", ["", JSON, "application/json; charset=utf-8", "application/json;", "text/plain"]
)
def test_a_body_is_json_whatever_it_is_called(kind):
    assert bodies.read('{"a": ["é", 1.5, true, null]}'.encode(), kind) == {"a": ["é", 1.5, True, None]}


def test_a_body_in_parts_is_refused():
    assert refusal(b"--x", "multipart/form-data; boundary=x") == (415, "body", "errors.not_recognized")


def test_a_body_of_a_megabyte_is_read():
    text = "x" * (bodies.LARGEST - 10)
    assert bodies.read(json.dumps({"a": text}).encode(), JSON) == {"a": text}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a=1&b=x+y%26", {"a": "1", "b": "x y&"}),
        ("a=", {"a": ""}),
        ("c[profile_id]=default", {"c": {"profile_id": "default"}}),
        ("ids[]=a&ids[]=b", {"ids": ["a", "b"]}),
        (
            "x[i][][email]=a&x[i][][name]=A&x[i][][email]=b",
            {"x": {"i": [{"email": "a", "name": "A"}, {"email": "b"}]}},
        ),
        ("x[][y][z]=1&x[][y][w]=2", {"x": [{"y": {"z": "1", "w": "2"}}]}),
    ],
)
def test_forms_write_objects_and_lists_with_brackets(text, read):
    assert bodies.read(text.encode(), FORM) == read


@pytest.mark.parametrize(
    ("text", "name", "key"),
    [
        ("a=1&a=2", "a", "duplicate_key"),
        ("a=1&a[b]=2", "a[b]", "invalid_format"),
        ("a=1&a[]=2", "a[]", "invalid_format"),
        ("a=%ff", "body", "invalid_format"),
        ("a=%00", "a", "invalid_format"),
        ("&".join(f"a{n}=1" for n in range(1001)), "body", "invalid_format"),
        ("a" + "[b]" * 40 + "=1", "a" + "[b]" * 19 + "[b", "invalid_format"),
        ("a" + "[]" * 400 + "=1", "a" + "[]" * 29 + "[", "invalid_format"),
    ],
    ids=lambda value: value[:30],
)
def test_what_is_wrong_with_a_form_is_named(text, name, key):
    assert refusal(text.encode(), FORM) == (422, name, f"errors.{key}")


VALUES = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.binary() | VALUES.map(lambda value: json.dumps(value).encode()),
    st.sampled_from([JSON, FORM, "", "x/y"]),
)
def test_any_body_is_read_or_refused(raw, kind):
    came = tried(lambda: bodies.read(raw, kind))
    if isinstance(came, Refused):
        assert came.status in (413, 415, 422)
        json.dumps(came.answer().body, ensure_ascii=False).encode()
    else:
        assert isinstance(came, dict)


WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
GOOD = st.recursive(
    WORDS | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(WORDS, GOOD, max_size=3))
def test_what_is_read_is_what_was_written(value):
    assert bodies.read(json.dumps(value).encode(), JSON) == value


@given(st.lists(st.tuples(st.text("ab[]"), st.text("x"))))
def test_any_form_is_read_or_refused(pairs):
    came = tried(lambda: bodies.read(urlencode(pairs).encode(), FORM))
    assert isinstance(came, dict) or came.status == 422


@given(st.text())
def test_any_query_is_read_or_refused(text):
    came = tried(lambda: Query.of(text).texts("a"))
    assert isinstance(came, list) or came.status == 422


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", False),
        ("f=", False),
        ("f=True", True),
        ("f=true", True),
        ("f=1", True),
        ("f=False", False),
        ("f=0", False),
    ],
)
def test_booleans_are_read_as_every_sdk_writes_them(text, value):
    assert Query.of(text).flag("f") is value


@pytest.mark.parametrize("text", ["a=%ff", "&".join(f"a{n}=1" for n in range(1001))])
def test_a_query_that_cannot_be_read_is_refused(text):
    with pytest.raises(Refused) as caught:
        Query.of(text)
    assert list(caught.value.errors) == ["query"]


def test_a_boolean_that_is_none_is_refused():
    with pytest.raises(Refused) as caught:
        Query.of("f=yes").flag("f")
    assert list(caught.value.errors) == ["f"]


def test_lists_come_with_brackets_written_in_either_way():
    assert Query.of("c%5B%5D=a&c[]=b&c=c&d=").texts("c") == ["a", "b", "c"]
