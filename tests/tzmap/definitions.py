"""VTIMEZONE texts for the tests, built from the few facts that matter in each."""

from collections.abc import Iterable


def observance(
    start: str,
    offset_to: str,
    offset_from: str | None = None,
    *,
    rule: str = "",
    daylight: bool = False,
    extra: str = "",
) -> str:
    """One STANDARD or DAYLIGHT; `extra` is further content lines, joined by `|`."""
    kind = "DAYLIGHT" if daylight else "STANDARD"
    lines = [f"BEGIN:{kind}", f"DTSTART:{start}", f"TZOFFSETTO:{offset_to}"]
    lines += [f"TZOFFSETFROM:{offset_from}"] if offset_from else []
    lines += [f"RRULE:{rule}"] if rule else []
    lines += extra.split("|") if extra else []
    return "\r\n".join([*lines, f"END:{kind}"])


def vtimezone(tzid: str, *observances: str, extra: str = "") -> bytes:
    """A VTIMEZONE component; `extra` is further properties of its own, joined by `|`."""
    lines = ["BEGIN:VTIMEZONE", f"TZID:{tzid}", *(extra.split("|") if extra else []), *observances, "END:VTIMEZONE", ""]
    return "\r\n".join(lines).encode()


def yearly(month: int, day: str) -> str:
    """The RRULE of an onset as Exchange orders its parts."""
    return f"FREQ=YEARLY;INTERVAL=1;BYDAY={day};BYMONTH={month}"


def exchange(
    tzid: str,
    standard: str,
    daylight: str,
    to_standard: tuple[int, str, str] = (10, "-1SU", "030000"),
    to_daylight: tuple[int, str, str] = (3, "-1SU", "020000"),
    *,
    extra: str = "",
) -> bytes:
    """What Exchange writes: one pair of rules since 1601, each onset as (month, weekday, time)."""
    return vtimezone(
        tzid,
        observance(f"16010101T{to_standard[2]}", standard, daylight, rule=yearly(*to_standard[:2])),
        observance(f"16010101T{to_daylight[2]}", daylight, standard, rule=yearly(*to_daylight[:2]), daylight=True),
        extra=extra,
    )


def fixed_exchange(tzid: str, offset: str) -> bytes:
    """What Exchange writes for a zone without daylight-saving time: two observances, one offset."""
    start = "16010101T000000"
    return vtimezone(tzid, observance(start, offset, offset), observance(start, offset, offset, daylight=True))


def american(tzid: str, standard: str, daylight: str) -> bytes:
    """A pair of the rules of the United States since 2007."""
    return vtimezone(
        tzid,
        observance("20070311T020000", daylight, standard, rule="FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", daylight=True),
        observance("20071104T020000", standard, daylight, rule="FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"),
    )


def european(tzid: str, standard: str, daylight: str, hour: int) -> bytes:
    """A pair of the rules of the European Union; `hour` is the standard-time hour at which summer time begins."""
    return vtimezone(
        tzid,
        observance(
            f"19700329T{hour:02}0000", daylight, standard, rule="FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", daylight=True
        ),
        observance(f"19701025T{hour + 1:02}0000", standard, daylight, rule="FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"),
    )


def folded(text: bytes, width: int, line_end: bytes = b"\r\n") -> bytes:
    """The same component, every line folded after `width` octets, with other line ends."""
    lines: Iterable[bytes] = text.split(b"\r\n")
    pieces = ((line[i : i + width] for i in range(0, max(len(line), 1), width)) for line in lines)
    return line_end.join((line_end + b" ").join(line) for line in pieces)
