"""A headless Chromium, told what to do over its DevTools protocol."""

import asyncio
import itertools
import json
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
LOAD_SECONDS = 20


class Page:
    """A tab. Its commands are those of https://chromedevtools.github.io/devtools-protocol/ ."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._loaded = asyncio.Event()
        self.requested: list[str] = []

    async def listen(self) -> None:
        """Take in what the browser says, until it ends."""
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                continue
            said = json.loads(message.data)
            if "id" in said:
                self._answers.pop(said["id"]).set_result(said)
            elif said["method"] == "Page.loadEventFired":
                self._loaded.set()
            elif said["method"] == "Network.requestWillBeSent":
                self.requested.append(said["params"]["request"]["url"])

    async def tell(self, method: str, **parameters: Any) -> Any:
        """Give a command; return its result."""
        number = next(self._numbers)
        self._answers[number] = answer = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        said = await asyncio.wait_for(answer, LOAD_SECONDS)
        assert "error" not in said, said
        return said["result"]

    async def look_like(self, *, width: int, dark: bool) -> None:
        """Be of that width, in light or dark."""
        await self.tell(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.tell("Emulation.setEmulatedMedia", features=[scheme])

    async def open(self, url: str) -> None:
        """Go to a page."""
        await self._leading(self.tell("Page.navigate", url=url))

    async def click(self, selector: str, text: str = "") -> None:
        """Click what a CSS selector finds and has that text, and wait for the page that it leads to."""
        every = f"[...document.querySelectorAll({json.dumps(selector)})]"
        await self._leading(self.run(f"{every}.find(e => e.innerText.includes({json.dumps(text)})).click()"))

    async def run(self, script: str) -> Any:
        """Return what a script ends in; a promise is waited for."""
        result = await self.tell("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    async def picture(self) -> bytes:
        """Return a picture of the whole page, a PNG."""
        return b64decode((await self.tell("Page.captureScreenshot", captureBeyondViewport=True))["data"])

    async def _leading(self, step: Any) -> None:
        self._loaded.clear()
        await step
        await asyncio.wait_for(self._loaded.wait(), LOAD_SECONDS)


@asynccontextmanager
async def chromium(program: Path, profile: Path, headers: dict[str, str]) -> AsyncIterator[Page]:
    """Run a browser that sends these header fields with each request."""
    process = await asyncio.create_subprocess_exec(
        str(program), *FLAGS, f"--user-data-dir={profile}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        port = await asyncio.wait_for(_port(process), LOAD_SECONDS)
        async with ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                target = next(each for each in await answer.json() if each["type"] == "page")
            async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                page = Page(socket)
                listening = asyncio.create_task(page.listen())
                await page.tell("Page.enable")
                await page.tell("Network.enable")
                await page.tell("Network.setExtraHTTPHeaders", headers=headers)
                yield page
                listening.cancel()
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


async def _port(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async for line in process.stderr:
        if line.startswith(b"DevTools listening on "):
            return line.decode().split(":")[2].partition("/")[0]
    raise AssertionError("Chromium has ended at once")
