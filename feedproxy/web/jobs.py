"""Jobs: what became of an accepted request, for clients that ask.

Everything is done before a 202 is sent, so a job has ended when its id is given. The id itself says how, signed and
bound to the account: nothing is stored for it, and any process can answer.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

from aiohttp import web

from feedproxy.errors import NotFound
from feedproxy.model import Account
from feedproxy.policy.secrets import keyed_hash, same
from feedproxy.web import keys
from feedproxy.web.bearer import access_token

HEADER = "X-Job-Id"
SIGNATURE_OCTETS = 16
MAX_LENGTH = 512


def job_id(key: bytes, account: Account, result: dict[str, object]) -> str:
    """Return the id of a job of the account that has ended with this result."""
    payload = json.dumps(result, separators=(",", ":"), sort_keys=True).encode()
    return urlsafe_b64encode(_signature(key, account, payload) + payload).decode().rstrip("=")


async def job(request: web.Request) -> web.Response:
    """GET /jobs/{jobId}: how the job ended. Another account's is unknown."""
    account = (await access_token(request)).account
    written = request.match_info["job_id"]
    result = _result(request.app[keys.SECRET_KEY], account, written)
    headers = {"Cache-Control": "private, no-store"}
    return web.json_response({"jobId": written, "status": "done", **result}, headers=headers)


def _result(key: bytes, account: Account, written: str) -> dict[str, object]:
    """Read an id. Raises NotFound when it is none of this account's."""
    try:
        octets = urlsafe_b64decode(written + "=" * (-len(written) % 4)) if len(written) <= MAX_LENGTH else b""
    except (Base64Error, ValueError):
        octets = b""
    signature, payload = octets[:SIGNATURE_OCTETS], octets[SIGNATURE_OCTETS:]
    if not payload or not same(signature, _signature(key, account, payload)):
        raise NotFound("there is no such job")
    result: dict[str, object] = json.loads(payload)
    return result


def _signature(key: bytes, account: Account, payload: bytes) -> bytes:
    return keyed_hash(key, "job", b"%d:" % account.id + payload)[:SIGNATURE_OCTETS]
