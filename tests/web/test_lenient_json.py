"""The slips of published examples are read as meant, JSON is read as JSON, and nothing else is read at all."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.web import lenient_json
from feedproxy.web.lenient_json import NotJson

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
JSON_LIKE = st.text(alphabet=st.sampled_from('{}[]:,"\\ \n\t\rTrueFalsNn01.5e-\x07\ufeff'), max_size=60)


class TestTheSlipsOfPublishedExamples:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ('{"ids": ["a", "b", ]}', {"ids": ["a", "b"]}),
            ('{"a": 1,\n}', {"a": 1}),
            ('{"a": {"b": [1,],},}', {"a": {"b": [1]}}),
            ('{"a": True, "b": False, "c": None}', {"a": True, "b": False, "c": None}),
            ('{"a": "True, False,]"}', {"a": "True, False,]"}),
            ('{"ip": "115.64.15.127"\n "agent": "x"}', {"ip": "115.64.15.127", "agent": "x"}),
            ('{"a": 1\r\n"b": [2]\n\t"c": {}\n"d": null\n"e": 0}', {"a": 1, "b": [2], "c": {}, "d": None, "e": 0}),
            ('\ufeff{"a": 1}', {"a": 1}),
            ('\ufeff{"a": 1,}', {"a": 1}),
            ('{"a": "tab\there", "b": "line\nbreak"}', {"a": "tab\there", "b": "line\nbreak"}),
            ('{"a": 1, "a": 2}', {"a": 2}),
            ('{"a": 1, "a": 2,}', {"a": 2}),
        ],
    )
    def test_are_read_as_meant(self, text: str, value: object) -> None:
        assert lenient_json.read(text) == value


class TestWhatIsNotJson:
    @pytest.mark.parametrize(
        "text",
        [
            "{ id: 00000000-0000-0000-0000-000000000000 }",
            "{'a': 1}",
            '{"a": "b" "c": 1}',
            '{"a": 1 2}',
            '{"a": [1\n2]}',
            '["a"\n"b"]',
            '{"a"\n"b": 1}',
            '{"a":\n"b" "c"}',
            "[,]",
            "[1,,]",
            "{,}",
            '{"a": 1},',
            '{"a": tRUE}',
            '{"a": undefined}',
            '{"a": NaN}',
            '{"a": -Infinity,}',
            '{"a": 01}',
            '{"a": "b}',
            '{"a": "b\\',
            '{"a": "\\x"}',
            '{"a": 1} {"b": 2}',
            '{"a": 1\x0b}',
            "{",
            "]",
            "",
            "// comment\n{}",
            "9" * 5_000,
            "[" + "9" * 5_000 + ",]",
        ],
    )
    def test_is_refused(self, text: str) -> None:
        with pytest.raises(NotJson):
            lenient_json.read(text)

    def test_is_refused_with_the_place_in_what_was_sent(self) -> None:
        with pytest.raises(NotJson, match=r"line 3, column 3$"):
            lenient_json.read('{"a": False\n"b": [1,],\n  c: 1}')

    @given(JSON_LIKE)
    def test_raises_nothing_but_its_own_error(self, text: str) -> None:
        try:
            value = lenient_json.read(text)
        except NotJson:
            return
        assert lenient_json.read(json.dumps(value)) == value


class TestDepth:
    @pytest.mark.parametrize("relaxed", ["", ","])
    @pytest.mark.parametrize(("opening", "closing"), [("[[", "]]"), ('{"a":{"a":', "}}"), ('[{"a":', "}]")])
    def test_is_bounded(self, opening: str, closing: str, relaxed: str) -> None:
        def nested(pairs: int) -> str:
            return opening * pairs + "1" + relaxed + closing * pairs

        assert lenient_json.read(nested(16))
        with pytest.raises(NotJson, match="more than 32 brackets"):
            lenient_json.read(nested(17))

    @pytest.mark.parametrize("text", ["[" * 1_000_000, '{"a":' * 200_000, "[" * 500_000 + "]" * 500_000 + ","])
    def test_of_a_million_is_refused_like_any_other(self, text: str) -> None:
        with pytest.raises(NotJson):
            lenient_json.read(text)


class TestJson:
    @given(JSON)
    def test_reads_as_the_strict_reader_reads_it(self, value: Any) -> None:
        for text in json.dumps(value), json.dumps(value, indent=1), json.dumps(value, ensure_ascii=False):
            assert lenient_json.read(text) == value

    @given(JSON)
    def test_is_not_changed_by_the_relaxed_pass(self, value: Any) -> None:
        for text in json.dumps(value), json.dumps(value, indent=1), json.dumps(value, ensure_ascii=False):
            assert lenient_json.relax(text) == text


class TestTheRelaxedPass:
    """Its work grows with the text: each character is in one token, and the result is as long as the text."""

    @given(JSON_LIKE)
    def test_looks_at_each_character_once_and_adds_none(self, text: str) -> None:
        cut: list[str] = []
        try:
            cut.extend(token for _, token in lenient_json.tokens(text))
            relaxed = lenient_json.relax(text)
        except NotJson:
            assert text.startswith("".join(cut))
        else:
            assert "".join(cut) == text
            assert len(relaxed) == len(text)
        assert all(cut)

    @given(JSON)
    def test_turns_the_slips_of_any_document_into_that_document(self, value: Any) -> None:
        text = json.dumps({"value": value, "last": [None, True]}, indent=2)
        python_like = text.replace("\n  ]", ",\n  ]").replace('],\n  "last"', ']\n  "last"')
        assert lenient_json.read(python_like) == {"value": value, "last": [None, True]}
