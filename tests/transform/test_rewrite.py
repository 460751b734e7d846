"""Texts rewritten: once is enough, and no text can start a line."""

from hypothesis import given, settings
from hypothesis import strategies as st

from feedproxy.ics.components import parse
from feedproxy.ics.text import escape, unescape
from feedproxy.transform import Options, Rendered, render
from feedproxy.transform.rewrite import Prefix, Replace, Rewrite
from tests.readers import rfc
from tests.transform.calendars import event, feed

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.text("ab[] ,;\\\n", max_size=12)
rules = st.lists(
    st.builds(Prefix, st.sampled_from(["SUMMARY", "CATEGORIES"]), texts | st.text(max_size=5))
    | st.builds(Replace, st.sampled_from(["SUMMARY", "CATEGORIES"]), texts.filter(bool), texts | st.text(max_size=5)),
    min_size=1,
    max_size=3,
)


def rewritten(summary: str, *given_rules: Prefix | Replace, name: str = "SUMMARY") -> Rendered:
    body = feed(
        event("UID:x\nDTSTART:20260701T100000Z\nX-HERE:1").replace(
            b"X-HERE:1\r\n", name.encode() + b":" + escape(summary) + b"\r\n"
        )
    )
    return render(body, options=Options(steps=(Rewrite(given_rules),)))


def text_of(out: Rendered, name: bytes = b"SUMMARY") -> str:
    line = parse(out.body).components[0].first(name)
    assert line is not None
    return unescape(line.value)


@settings(max_examples=300, deadline=None)
@given(texts, rules, st.sampled_from(["SUMMARY", "CATEGORIES"]))
def test_what_was_rewritten_stays_as_it_is(summary: str, given_rules: list[Prefix | Replace], name: str) -> None:
    out = rewritten(summary, *given_rules, name=name)
    assert render(out.body, options=Options(steps=(Rewrite(given_rules),))).body == out.body
    assert len(rfc.Feed(out.body).events()) == 1


@settings(max_examples=200, deadline=None)
@given(texts, st.text(max_size=20))
def test_the_text_comes_behind_the_prefix_whatever_the_two_hold(summary: str, prefix: str) -> None:
    seen = unescape(escape(prefix))
    wanted = summary if not summary or summary.startswith(seen) else seen + summary
    assert text_of(rewritten(summary, Prefix("SUMMARY", prefix))) == wanted


def test_a_replacement_that_holds_what_it_replaces_is_made_once() -> None:
    out = rewritten("Bears and Chicago Bears", Replace("SUMMARY", "Bears", "Chicago Bears"))
    assert text_of(out) == "Chicago Bears and Chicago Bears"


def test_rules_apply_in_order() -> None:
    assert text_of(rewritten("a", Replace("SUMMARY", "a", "b"), Replace("SUMMARY", "b", "c"))) == "c"


def test_rules_that_never_come_to_rest_leave_the_text_alone_and_say_so() -> None:
    out = rewritten("a", Prefix("SUMMARY", "x"), Replace("SUMMARY", "x", "y"))
    assert text_of(out) == "a"
    assert [(c.step, c.rule, c.examples) for c in out.report.changes] == [("rewrite", "unsettled", ("x SUMMARY",))]


def test_the_items_of_a_list_are_texts_of_their_own() -> None:
    body = feed(event("UID:x\nDTSTART:20260701T100000Z\nCATEGORIES:a\\, b, c,a"))
    step = Rewrite([Replace("categories", "a", ""), Prefix("CATEGORIES", "  t:")])
    out = render(body, options=Options(steps=(step,)))
    line = parse(out.body).components[0].first(b"CATEGORIES")
    assert line is not None
    assert line.value == b"t:\\, b,t:c,t:"


def test_values_that_are_no_plain_text_stay() -> None:
    body = feed(
        event("UID:x\nDTSTART:20260701T100000Z\nSUMMARY;ENCODING=QUOTED-PRINTABLE:a=20b\nx-b;ENCODING=BASE64:YQ==")
    )
    step = Rewrite([Prefix("SUMMARY", "p"), Replace("X-B", "Y", "Z")])
    assert render(body, options=Options(steps=(step,))).body == render(body).body
