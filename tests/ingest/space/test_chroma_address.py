"""The address of a Chroma server of one's own: what it may look like, and that secrets are never kept."""

import json

import pytest

from ingest.errors import SettingsError
from ingest.space.chroma_address import ChromaAddress, Header, address_from_json, address_of, parse_header, parse_url


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("http://db:8000", "http://db:8000"),
        ("HTTPS://DB.example:443/", "https://db.example"),
        ("http://db:80/chroma/", "http://db/chroma"),
        ("https://db/a/b/api/v2", "https://db/a/b"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_one_server_has_one_address_however_it_is_written(given, kept):
    assert parse_url(given) == kept
    assert parse_url(kept) == kept


@pytest.mark.parametrize("given", ["db:8000", "ftp://db", "http://", "http://db:port", "http://db?x=1", "localhost"])
def test_what_is_no_address_is_refused_with_an_example(given):
    with pytest.raises(SettingsError, match=r"Write it as https://host:port"):
        parse_url(given)


def test_a_password_in_the_address_is_refused_and_not_repeated():
    with pytest.raises(SettingsError) as refused:
        parse_url("https://me:s3cret@db")
    assert "s3cret" not in str(refused.value)
    assert "--chroma-header" in str(refused.value)


def test_a_header_keeps_its_variable_and_never_its_value(monkeypatch):
    monkeypatch.setenv("TOKEN", "s3cret")
    for given in ("x-chroma-token: $TOKEN", "X-Chroma-Token:${TOKEN}", "Authorization: Bearer $TOKEN"):
        address = ChromaAddress("http://db", headers=(parse_header(given),))
        assert next(iter(address.header_values().values())) in ("s3cret", "Bearer s3cret")
        assert "s3cret" not in json.dumps(address.as_json()) + repr(address)
        assert address_from_json(json.loads(json.dumps(address.as_json()))) == address


def test_a_literal_value_serves_this_process_and_is_not_kept():
    address = address_of("http://db", ["Authorization: Bearer s3cret", "x-odd: pa$word"])
    assert address.header_values() == {"Authorization": "Bearer s3cret", "x-odd": "pa$word"}
    assert "s3cret" not in json.dumps(address.as_json()) + repr(address)
    assert "pa$word" not in json.dumps(address.as_json()) + repr(address)
    again = address_from_json(address.as_json())
    with pytest.raises(SettingsError, match="NEARSPACE_CHROMA_HEADERS='Authorization: "):
        again.header_values()


def test_the_environment_gives_the_values_of_the_headers_that_are_known_and_of_no_others(monkeypatch):
    monkeypatch.setenv("NEARSPACE_CHROMA_HEADERS", "authorization: Bearer s3cret\nx-other: for another server\n")
    known = ChromaAddress("http://db", headers=(Header("Authorization"),))
    assert known.header_values() == {"Authorization": "Bearer s3cret"}
    made = address_of("http://db")
    assert made.header_values() == {"authorization": "Bearer s3cret", "x-other": "for another server"}


def test_a_variable_that_is_not_set_is_named():
    address = ChromaAddress("http://db", headers=(Header("x-chroma-token", "$NOWHERE_SET"),))
    with pytest.raises(SettingsError, match="export NOWHERE_SET="):
        address.header_values()


@pytest.mark.parametrize("given", ["no colon", ": value", "name:", "bad name: x", "two\nlines: x"])
def test_a_header_of_another_form_is_refused(given):
    with pytest.raises(SettingsError, match="'Name: value'"):
        parse_header(given)


def test_what_belongs_to_an_address_is_refused_without_one():
    assert address_of(None) is None
    with pytest.raises(SettingsError, match="--chroma URL"):
        address_of(None, database="mine")
