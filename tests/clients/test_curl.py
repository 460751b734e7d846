"""curl shows what HTTP promises: 200, 304, 401, HEAD, gzip."""

import asyncio
import gzip
import subprocess
from pathlib import Path

import pytest

from tests.servers.service import PASSWORD, PROTECTED, PUBLIC, USER, Service

pytestmark = pytest.mark.service("curl")


async def curl(*arguments: str) -> tuple[int, dict[str, str], bytes]:
    """Run curl; return status, header fields by lower-case name, body."""
    command = ["curl", "-sS", "-D", "-", *arguments]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=30, check=True)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    return int(lines[0].split()[1]), fields, body


async def test_200_304_head_and_gzip(service: Service) -> None:
    url = f"{service.url}/v1/webcal/{PUBLIC}"
    status, fields, body = await curl(url)
    assert status == 200
    assert fields["content-type"] == "text/calendar; charset=utf-8"
    assert body.startswith(b"BEGIN:VCALENDAR\r\n")
    assert body.endswith(b"END:VCALENDAR\r\n")
    status, same, empty = await curl("-H", f"If-None-Match: {fields['etag']}", url)
    assert (status, empty, same["etag"]) == (304, b"", fields["etag"])
    status, _, empty = await curl("-z", fields["last-modified"], url)
    assert (status, empty) == (304, b"")
    status, head, empty = await curl("-I", "-o", "/dev/null", url)
    assert (status, empty, head["content-length"]) == (200, b"", str(len(body)))
    status, packed, deflated = await curl("-H", "Accept-Encoding: gzip", url)
    assert (status, packed["content-encoding"]) == (200, "gzip")
    assert gzip.decompress(deflated) == body


async def test_every_coding_that_curl_reads_gives_the_same_octets(service: Service) -> None:
    url = f"{service.url}/v1/webcal/{PUBLIC}"
    known = (await asyncio.to_thread(subprocess.run, ["curl", "-V"], capture_output=True, check=True)).stdout.split()
    plain = (await curl(url))[2]
    tags = set()
    for coding, feature in (("gzip", b"libz"), ("br", b"brotli"), ("zstd", b"zstd")):
        if feature in known:
            status, fields, body = await curl("--compressed", "-H", f"Accept-Encoding: {coding}", url)
            assert (status, fields["content-encoding"], body) == (200, coding, plain)
            tags.add(fields["etag"])
    status, fields, body = await curl("--compressed", url)
    assert (status, fields["content-encoding"], body) == (200, "gzip", plain)
    assert fields["etag"] in tags


async def test_401_and_basic_auth(service: Service) -> None:
    url = f"{service.url}/v1/webcal/{PROTECTED}"
    status, fields, body = await curl(url)
    assert (status, fields["cache-control"]) == (401, "private, no-store")
    assert fields["www-authenticate"].startswith('Basic realm="calendar"')
    assert b"VCALENDAR" not in body
    status, fields, body = await curl("-u", f"{USER}:{PASSWORD}", url)
    assert (status, fields["cache-control"]) == (200, "private, no-cache")
    assert b"SUMMARY:secret" in body
    assert (await curl("-u", f"{USER}:wrong", url))[0] == 401


async def test_a_request_that_is_no_http_is_400_and_leaves_no_trace_of_itself(service: Service, tmp_path: Path) -> None:
    status, _, body = await curl("-X", "GE\tT", f"{service.url}/v1/webcal/{PUBLIC}")
    assert status == 400
    assert str(PUBLIC).encode() not in body
    assert b"Traceback" not in body
