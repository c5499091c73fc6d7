"""How long the Photo page takes to answer many visitors at once, each with a few pictures.

    python -m benchmarks.visitors $ASL_DATA/asl_letters/valid

The app is hosted and has 20 visitors, who speak with its server as browsers do, without drawing
anything: twenty browsers would keep a small computer busier than the server does.
"""

import asyncio
import os
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from asl.data.pictures.files import list_pictures
from asl.evaluation.bench import summary
from asl.evaluation.results.result import Result, machine
from benchmarks.browser import server
from benchmarks.command import command_line, parser

_PATIENCE = 120
_TOKEN = "_streamlit_xsrf"


@dataclass
class Visitor:
    """One who opens the first page and gives it pictures.

    Attributes:
        connection: to the server.
        session: the server's name for it.
        uploader: the widget that takes pictures.
        headings: of the page as it is drawn now.
    """

    connection: ClientConnection
    session: str = ""
    uploader: str = ""
    headings: list[str] = field(default_factory=list)

    async def open(self) -> None:
        """Have the page drawn."""
        await self.connection.send(BackMsg(rerun_script=ClientState()).SerializeToString())
        await self._drawn()

    async def ask(self, url: str, pictures: list[bytes]) -> float:
        """Give pictures, and return the seconds until the answer to the last one is there."""
        began = time.perf_counter()
        asked = BackMsg()
        asked.file_urls_request.session_id = self.session
        asked.file_urls_request.request_id = uuid.uuid4().hex
        asked.file_urls_request.file_names.extend(f"{n}.jpg" for n in range(len(pictures)))
        await self.connection.send(asked.SerializeToString())
        while not (message := await self._next()).HasField("file_urls_response"):
            pass
        state = ClientState()
        widget = state.widget_states.widgets.add(id=self.uploader)
        for number, (where, content) in enumerate(
            zip(message.file_urls_response.file_urls, pictures, strict=True)
        ):
            await asyncio.to_thread(_upload, url + where.upload_url, content)
            widget.file_uploader_state_value.uploaded_file_info.add(
                file_id=where.file_id, name=f"{number}.jpg", size=len(content), file_urls=where
            )
        self.headings.clear()
        await self.connection.send(BackMsg(rerun_script=state).SerializeToString())
        await self._drawn()
        # The page's title, and one a picture.
        if len(self.headings) < 1 + len(pictures):
            raise RuntimeError(f"{len(pictures)} pictures, and the page says {self.headings}")
        return time.perf_counter() - began

    async def _drawn(self) -> None:
        while True:
            message = await self._next()
            if message.HasField("new_session"):
                self.session = message.new_session.initialize.session_id
            element = message.delta.new_element if message.HasField("delta") else None
            if element and element.HasField("file_uploader"):
                self.uploader = element.file_uploader.id
            if element and element.HasField("heading"):
                self.headings.append(element.heading.body)
            if message.HasField("script_finished"):
                return

    async def _next(self) -> ForwardMsg:
        async with asyncio.timeout(_PATIENCE):
            return ForwardMsg.FromString(await self.connection.recv())


def _upload(url: str, content: bytes) -> None:
    """Send a file as Streamlit's widget does, with the token that keeps other sites out."""
    address = urlsplit(url)
    with urlopen(f"{address.scheme}://{address.netloc}/_stcore/health", timeout=_PATIENCE) as said:
        token = SimpleCookie(said.headers["Set-Cookie"])[_TOKEN].value
    mark = uuid.uuid4().hex
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="hand.jpg"\r\n'
    body = f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + content + f"\r\n--{mark}--".encode()
    headers = {
        "Content-Type": f"multipart/form-data; boundary={mark}",
        "Cookie": f"{_TOKEN}={token}",
        "X-Xsrftoken": token,
    }
    with urlopen(Request(url, body, headers, method="PUT"), timeout=_PATIENCE):
        pass


async def measure(url: str, pictures: list[bytes], visitors: int, each: int) -> list[float]:
    """Return how many seconds each visitor waited, all having asked at once."""
    address = f"ws{url.removeprefix('http')}/_stcore/stream"
    there = []
    for _ in range(visitors):
        connection = await connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None)
        there.append(Visitor(connection))
        await there[-1].open()
    # What the server loads for the first picture is no part of this.
    await there[0].ask(url, pictures[:1])
    rounds = [pictures[1 + n * each : 1 + (n + 1) * each] for n in range(visitors)]
    seconds = await asyncio.gather(
        *(one.ask(url, own) for one, own in zip(there, rounds, strict=True))
    )
    for one in there:
        await one.connection.close()
    return seconds


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the results file."""
    asking = parser(__doc__, "visitors.json")
    asking.add_argument("pictures", type=Path, help="a folder of pictures in folders of signs")
    asking.add_argument("--visitors", type=int, default=20)
    asking.add_argument("--each", type=int, default=3, help="pictures a visitor")
    chosen = asking.parse_args(arguments)
    found, _, _ = list_pictures(chosen.pictures)
    needed = 1 + chosen.visitors * chosen.each
    if len(found) < needed:
        asking.error(f"pictures: {needed} are needed, and there are {len(found)}")
    step = len(found) // needed
    pictures = [chosen.pictures.joinpath(*parts).read_bytes() for parts in found[::step][:needed]]
    os.environ["ASL_HOSTED"] = "1"
    with tempfile.TemporaryDirectory() as home, server(Path(home)) as (url, _):
        seconds = asyncio.run(measure(url, pictures, chosen.visitors, chosen.each))
    what = f"{chosen.each} answers, of {chosen.visitors} visitors at once"
    rows: list[dict[str, Any]] = [
        {**summary(what, seconds, "s"), "aim": "2 s"},
        {"name": "the slowest of them", "value": max(seconds), "unit": "s", "aim": "8 s"},
    ]
    result = Result(
        title="Many visitors at once",
        data=f"{needed - 1} pictures of {chosen.pictures.parent.name}/{chosen.pictures.name}",
        machine=machine(("streamlit", "onnxruntime", "ai-edge-litert")),
        command=command_line("visitors", chosen.pictures),
        rows=tuple(rows),
        note="From the upload of a visitor's pictures to the last answer. The visitors ran on the "
        "same computer as the server.",
    )
    result.write(chosen.out)
    print(result.to_markdown())


if __name__ == "__main__":
    main()
