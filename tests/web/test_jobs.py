"""A job tells its own account what became of an accepted request, and nobody else."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from tests.web.calreply import FIRST, SECOND, Api, running_api

EVENT = {"eventId": "1", "title": "Title", "start": "2018-10-24T16:33:00", "timezone": "AUS Eastern Standard Time"}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with running_api(tmp_path) as running:
        yield running


async def post(api: Api, account: str, headers: dict[str, str], ids: list[UUID]) -> str:
    body = json.dumps({"event": EVENT, "subscriptionIds": [str(each) for each in ids]})
    answer = await api.client.post(f"/subscriptionevent/{account}", data=body, headers=headers)
    assert answer.status == 202
    return answer.headers["X-Job-Id"]


async def test_the_job_of_a_202_has_ended_and_says_what_was_attached(api: Api) -> None:
    theirs, mine = await api.bearer(api.other), await api.bearer()
    await post(api, "Another", theirs, [SECOND])
    job_id = await post(api, "johnsmith", mine, [FIRST, FIRST, SECOND])
    answer = await api.client.get(f"/jobs/{job_id}", headers=mine)
    assert answer.status == 200
    assert await answer.json() == {
        "jobId": job_id,
        "status": "done",
        "attached": 1,
        "ignored": 1,
        "finishedAt": "2015-12-06T23:53:00+00:00",
    }


async def test_a_job_is_unknown_to_others_and_when_it_was_changed(api: Api) -> None:
    mine, theirs = await api.bearer(), await api.bearer(api.other)
    job_id = await post(api, "johnsmith", mine, [FIRST])
    assert (await api.client.get(f"/jobs/{job_id}", headers=theirs)).status == 404
    assert (await api.client.get(f"/jobs/{job_id}")).status == 401
    for wrong in ("x", "", "é", "=" * 9, job_id[:-2], "A" + job_id[1:], job_id + "AAAA", "A" * 5_000):
        assert (await api.client.get(f"/jobs/{wrong}", headers=mine)).status == 404, wrong
