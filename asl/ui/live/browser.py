"""What only the visitor's browser knows or can do: cameras, permissions, a voice, the clipboard.

Text goes to the browser as data and is never read as HTML there.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

_PROBE = """
const EMPTY = "about:blank", PASSED_ON = 100; // milliseconds
const FRAMES = `iframe[data-testid=stCustomComponentV1]:not([src="${EMPTY}"])`;

export default function ({ setStateValue }) {
  let stopped = false, permission = null, last = "";
  const motion = window.matchMedia("(prefers-reduced-motion: reduce)");
  const devices = navigator.mediaDevices;
  const ask = async () => {
    let cameras = null;
    try {
      const all = await devices.enumerateDevices();
      cameras = all.filter((device) => device.kind === "videoinput").length;
    } catch {}
    const found = {
      secure: Boolean(window.isSecureContext && devices?.getUserMedia),
      permission: permission?.state ?? "unknown",
      cameras,
      stillness: motion.matches,
    };
    const text = JSON.stringify(found);
    if (!stopped && text !== last) {
      last = text;
      setStateValue("found", found);
    }
  };
  (async () => {
    try {
      permission = await navigator.permissions.query({ name: "camera" });
      permission.addEventListener("change", ask);
    } catch {}
    await ask();
  })();
  // What a component says names its page: behind a click on a link to another page it would call
  // the visitor back. So the camera falls silent first, frames such as that of streamlit-webrtc are
  // emptied, and the click is done again when what they have said has been passed on.
  const leave = (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || link.target || link.origin !== location.origin) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (link.pathname === location.pathname) return;
    const frames = [...document.querySelectorAll(FRAMES)];
    const isSilent = document.dispatchEvent(new CustomEvent("asl-leave", { cancelable: true }));
    if (isSilent && !frames.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    frames.forEach((frame) => { frame.src = EMPTY; });
    setTimeout(() => link.click(), PASSED_ON);
  };
  document.addEventListener("click", leave, true);
  motion.addEventListener("change", ask);
  devices?.addEventListener?.("devicechange", ask);
  return () => {
    stopped = true;
    document.removeEventListener("click", leave, true);
    motion.removeEventListener("change", ask);
    permission?.removeEventListener?.("change", ask);
    devices?.removeEventListener?.("devicechange", ask);
  };
}
"""

_SPEAKER = """
export default function ({ data, parentElement }) {
  const bar = parentElement.querySelector(".bar");
  const [speak, copy] = bar.querySelectorAll("button");
  const said = parentElement.querySelector("[role=status]");
  // What was said of one text is not true of the next.
  if (bar.dataset.text !== data.text) {
    bar.dataset.text = data.text;
    said.textContent = "";
  }
  speak.hidden = !("speechSynthesis" in window);
  speak.disabled = copy.disabled = !data.text;
  speak.onclick = () => {
    const words = new SpeechSynthesisUtterance(data.text.toLowerCase());
    words.lang = "en-US";
    window.speechSynthesis.cancel();
    window.speechSynthesis.speak(words);
  };
  copy.onclick = async () => {
    try {
      await navigator.clipboard.writeText(data.text);
      said.textContent = "Copied";
    } catch {
      said.textContent = "The browser does not allow it: select the text and copy it by hand";
    }
  };
}
"""

_SPEAKER_HTML = """
<div class="bar">
  <button type="button">Speak</button><button type="button">Copy</button>
  <span role="status"></span>
</div>
"""

_SPEAKER_CSS = """
.bar { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center;
  color: var(--st-text-color); font: 0.875rem var(--st-font); }
button { font: inherit; color: inherit; background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
  padding: 0.35rem 0.75rem; min-height: 2.5rem; cursor: pointer; }
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
button:disabled { opacity: 0.5; cursor: default; }
"""

_probe = st.components.v2.component("asl_camera_probe", js=_PROBE)
_speaker = st.components.v2.component(
    "asl_speaker", html=_SPEAKER_HTML, css=_SPEAKER_CSS, js=_SPEAKER
)


# In the session's state: what the browser said last, and what the page was drawn with; the latter
# is missing while the page is being drawn.
_FOUND = "browser-found"
_DRAWN_WITH = "browser-drawn-with"


@dataclass(frozen=True)
class Browser:
    """What the browser says; None means that it has not said, or does not know.

    Attributes:
        secure: it gives cameras to this page at all (HTTPS, or the app on the same computer).
        permission: "granted", "denied", or "prompt" if the visitor has not been asked yet.
        cameras: how many there are.
        stillness: the visitor's system asks for less movement.
    """

    secure: bool | None = None
    permission: str | None = None
    cameras: int | None = None
    stillness: bool = False

    @classmethod
    def of(cls, found: object) -> Browser:
        """Take what came from the browser, as far as it makes sense."""
        if not isinstance(found, dict):
            return cls()
        secure, permission = found.get("secure"), found.get("permission")
        cameras = found.get("cameras")
        return cls(
            secure if isinstance(secure, bool) else None,
            permission if permission in ("granted", "denied", "prompt") else None,
            cameras if isinstance(cameras, int) and not isinstance(cameras, bool) else None,
            found.get("stillness") is True,
        )


def ask_browser() -> Browser:
    """Ask the browser about cameras, without using one; the page is drawn again when it answers."""
    st.session_state.pop(_DRAWN_WITH, None)
    _listen()
    known = st.session_state.get(_FOUND, Browser())
    st.session_state[_DRAWN_WITH] = known
    return known


@st.fragment
def _listen() -> None:
    # What is told to the whole page stops a script of it that runs, and a click that this script
    # has not come to is lost. What is told to a fragment waits.
    result = _probe(key="live-probe", on_found_change=lambda: None, height=1)
    if (found := result.get("found")) is not None:
        st.session_state[_FOUND] = Browser.of(found)
    known = st.session_state.get(_FOUND, Browser())
    if known != st.session_state.get(_DRAWN_WITH, known):
        st.rerun()


def offer_to_speak(text: str) -> None:
    """Draw buttons that speak a text, in the browser's own voice, and copy it."""
    _speaker(key="live-speaker", data={"text": text})
