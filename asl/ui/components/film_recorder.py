"""Record short films with the browser's own camera, where no connection for live video is needed.

The browser shows itself, counts down, records, and sends the film with the next run of the page;
until then nothing leaves it. Of several in a row, those that the page is not ready for wait in the
browser. Sound is not asked for.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import unquote

import streamlit as st

#: Seconds that a film may have, and bytes; browsers take about 0.3 MB a second.
MOST_SECONDS = 10
_MOST_BYTES = 24 << 20

_RECORDER = """
const KINDS = ["video/webm;codecs=vp8", "video/webm", "video/mp4"];

function make(root) {
  const video = root.querySelector("video");
  const [open, record, close] = root.querySelectorAll("button");
  const said = root.querySelector("[role=status]");
  const own = { send: null, asked: { seconds: 10 } };
  let stream = null, recorder = null, clock = null, left = 0, sent = 0;
  const waiting = [];

  const say = (text) => { said.textContent = text; };
  const draw = () => {
    video.hidden = record.hidden = close.hidden = !stream;
    open.hidden = Boolean(stream);
    const series = own.asked.series ?? 1;
    record.textContent = recorder || clock ? "Stop" : series > 1 ? `Record ${series}` : "Record";
  };
  const pump = () => {
    const taken = own.asked.taken ?? null;
    if (taken !== null) sent = Math.max(sent, taken);
    if (!waiting.length || (taken !== null && sent > taken)) return;
    sent += 1;
    own.send("film", waiting.shift());
  };
  own.asks = (asked) => {
    own.asked = asked;
    pump();
    draw();
  };
  const stop = () => {
    clearInterval(clock);
    clock = null;
    if (recorder?.state === "recording") recorder.stop();
  };
  own.end = () => {
    left = 0;
    if (recorder) recorder.onstop = null;
    stop();
    recorder = null;
    stream?.getTracks().forEach((track) => track.stop());
    stream = video.srcObject = null;
    draw();
  };
  const begin = () => {
    const parts = [], asked = own.asked, of = asked.series ?? 1;
    // What is shown is what was chosen when it began.
    const about = encodeURIComponent(asked.about ?? "");
    const kind = KINDS.find((one) => MediaRecorder.isTypeSupported(one));
    recorder = new MediaRecorder(stream, { mimeType: kind, videoBitsPerSecond: 2500000 });
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = () => {
      recorder = null;
      say("Sending the film");
      draw();
      const reader = new FileReader();
      reader.onload = () => {
        say("");
        waiting.push(`${about},${reader.result.slice(reader.result.indexOf(",") + 1)}`);
        pump();
        if (left > 0) countDown(asked.pause ?? 3);
      };
      reader.readAsDataURL(new Blob(parts));
    };
    recorder.start();
    left -= 1;
    const which = of > 1 ? ` ${of - left} of ${of}` : "";
    const end = performance.now() + asked.seconds * 1000;
    const tell = () => {
      const rest = Math.ceil((end - performance.now()) / 1000);
      say(`Recording${which}: sign now, ${Math.max(0, rest)} s left`);
      if (performance.now() >= end) stop();
    };
    tell();
    clock = setInterval(tell, 100);
    draw();
  };
  const countDown = (from) => {
    const of = own.asked.series ?? 1, which = of > 1 ? ` with ${of - left + 1} of ${of}` : "";
    let seconds = from;
    say(`Starts${which} in ${seconds}`);
    clock = setInterval(() => {
      seconds -= 1;
      if (seconds > 0) { say(`Starts${which} in ${seconds}`); return; }
      clearInterval(clock);
      begin();
    }, 1000);
    draw();
  };
  open.onclick = async () => {
    if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) {
      say("Browsers give the camera only to pages with https, or to an app on the same computer.");
      return;
    }
    if (!window.MediaRecorder) {
      say("This browser cannot record films: record one elsewhere, and upload it.");
      return;
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } },
      });
    } catch (error) {
      say(error.name === "NotAllowedError"
        ? "The browser keeps the camera from this page. Allow it beside the address."
        : "No camera can be opened. It may be used by another program.");
      return;
    }
    video.srcObject = stream;
    say("Hands down, then press Record.");
    draw();
    record.focus();
  };
  record.onclick = () => {
    if (recorder) {
      // One of a series has a length of its own; cut short, it would be another sign.
      if ((own.asked.series ?? 1) > 1) { recorder.onstop = () => { recorder = null; draw(); }; }
      left = 0;
      stop();
      say("");
      return;
    }
    if (clock) { clearInterval(clock); clock = null; left = 0; say(""); draw(); return; }
    left = own.asked.series ?? 1;
    countDown(3);
  };
  close.onclick = () => { own.end(); say(""); open.focus(); };
  draw();
  return own;
}

const made = new WeakMap();

export default function ({ data, setTriggerValue, parentElement }) {
  const root = parentElement.querySelector(".recorder");
  if (!made.has(root)) made.set(root, make(root));
  const own = made.get(root);
  own.send = setTriggerValue;
  own.asks(data);
  return () => { own.end(); };
}
"""

_HTML = """
<div class="recorder">
  <video autoplay muted playsinline hidden aria-label="Your camera, as in a mirror"></video>
  <div class="bar">
    <button type="button">Open the camera</button>
    <button type="button" hidden>Record</button>
    <button type="button" hidden>Close the camera</button>
    <span role="status"></span>
  </div>
</div>
"""

_CSS = """
.recorder { color: var(--st-text-color); font: 0.875rem var(--st-font); }
video { display: block; width: 100%; max-width: 30rem; transform: scaleX(-1);
  margin-bottom: 0.5rem; }
video[hidden], button[hidden] { display: none; }
.bar { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; }
button { font: inherit; color: inherit; background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
  padding: 0.35rem 0.75rem; min-height: 2.5rem; cursor: pointer; }
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
"""

_recorder = st.components.v2.component("asl_film_recorder", html=_HTML, css=_CSS, js=_RECORDER)


@dataclass(frozen=True)
class Recorded:
    """A film that came from the browser.

    Attributes:
        content: encoded, as the browser made it.
        about: what was to be shown when it began.
    """

    content: bytes
    about: str


def record_film(key: str) -> bytes | None:
    """Draw the camera with a button that records; returns a film in the run in which it came.

    Raises:
        ValueError: what came is no film of the length that is allowed.
    """
    result = _recorder(key=key, data={"seconds": MOST_SECONDS}, on_film_change=lambda: None)
    film = film_of(result.get("film"))
    return None if film is None else film.content


def record_series(
    key: str, about: str, seconds: float, series: int, pause: int, taken: int
) -> Recorded | None:
    """Draw the camera with a button that records several films in a row, of one length each.

    Args:
        about: what they show, as plain text; it comes back with each.
        seconds: that each lasts, up to `MOST_SECONDS`.
        series: how many.
        pause: seconds between two of them.
        taken: how many came so far; the next one is not sent before it has been counted.

    Raises:
        ValueError: what came is no film of the length that is allowed.
    """
    result = _recorder(
        key=key,
        data={
            "seconds": seconds, "series": series, "pause": pause, "about": about, "taken": taken,
        },
        on_film_change=lambda: None,
    )  # fmt: skip
    return film_of(result.get("film"))


def film_of(sent: object) -> Recorded | None:
    """Return what the browser sent, None if it sent nothing.

    Args:
        sent: what it shows, percent-encoded, a comma, and the film in base64.

    Raises:
        ValueError: it is no film of the length that is allowed.
    """
    if sent is None:
        return None
    if not isinstance(sent, str) or len(sent) > _MOST_BYTES * 4 // 3:
        raise ValueError(
            f"recording: more than {_MOST_BYTES >> 20} MB came; record a shorter film, or upload it"
        )
    about, comma, content = sent.partition(",")
    try:
        if not comma:
            raise binascii.Error("it says nothing of what it shows")
        return Recorded(base64.b64decode(content, validate=True), unquote(about))
    except binascii.Error:
        raise ValueError("recording: it did not arrive whole; record it again") from None
