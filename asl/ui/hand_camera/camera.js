// The camera of the page, in which the page itself finds hands: nothing of the video is sent.
//
// What the app is told, at most eight times a second and not before it has answered:
//   seen: {number, size: [width, height], frames: [[milliseconds, right, 63 numbers], …], cut, body}
//   state: "off", "loading", "on", or why there is no camera: see TROUBLES in in_browser.py.
// A frame without a hand is [milliseconds], one with two has another 64 numbers. A cut-out is
// {frame, kind, jpeg}: of which frame, for reading or as a sample, and base64. The body, null where
// it was not searched for, is [milliseconds, left shoulder, right shoulder], x and y of each, or
// [milliseconds] where there is none.
// What the app tells: see `Asked` in component.py.

const CAMERA = {
  width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 },
};
// Milliseconds. Searching more often than a hand changes its shape would only heat the computer;
// where movement is read, every picture of the camera counts.
const BETWEEN_SEARCHES = 45, BETWEEN_SEARCHES_FOR_BOTH = 25;
const BETWEEN_MESSAGES = 120, WITHOUT_HAND = 480;
// On a computer that is slow or busy a search takes longer, the first one everywhere. Then it rests
// for the difference, so that the video goes on.
const QUICK_SEARCH = 60, QUICK_SEARCH_FOR_BOTH = 120, LONGEST_REST = 250;
const PATIENCE = 3000, COUNTED = 2000, FRESH = 500, LEAVING = 10000, DRAWN_ANEW = 2000;
const MOST_FRAMES = 12;
const STEPS = 4;

const WHY = {
  NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "none",
  OverconstrainedError: "none", NotReadableError: "busy", AbortError: "busy",
};
const SAID = {
  loading: "Starting the camera and the hand finder",
  insecure: "Browsers give the camera only to pages with https, or to an app on the same computer.",
  refused: "The browser keeps the camera from this page. Allow it beside the address.",
  none: "The browser finds no camera.",
  busy: "The camera cannot be opened. It may be used by another program.",
  old: "This browser cannot find hands by itself: it is too old, or WebAssembly is switched off.",
  finder: "The hand finder could not be started in this browser.",
};

// WebAssembly with the vector instructions (SIMD) that the finder is built with.
const VECTORS = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10,
  10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11]);
const canFind = () => {
  try {
    return Boolean(window.Worker && window.createImageBitmap && window.OffscreenCanvas
      && window.WebAssembly.validate(VECTORS));
  } catch {
    return false;
  }
};

function make(root) {
  const of = (name) => root.querySelector(`.${name}`);
  const video = of("video"), lines = of("lines"), plate = of("plate"), select = of("cameras");
  const [start, stop] = [of("start"), of("stop")];
  const [joints, cutOut] = [of("joints"), of("cut-out")];
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const own = { tell: null, asked: null };
  let stream = null, worker = null, state = "off", began = 0, turn = 0;
  let ready = false, searching = false, fresh = false, shown = null, shownAt = 0;
  let searchedAt = 0, searchFrom = 0;
  let painted; // the hands whose skeletons stand on the video
  let waiting = [], cut = null, body = null, sentAt = 0, open = null;
  let drawn = [], searched = [], sent = [], leftAt = -Infinity;
  // Begun by lot, so that what was answered on an earlier visit is none of this one's.
  let number = Math.floor(Math.random() * 2 ** 30);

  const enter = (next) => {
    state = next;
    root.dataset.state = next;
    of("said").textContent = SAID[next] ?? "";
    start.hidden = Boolean(stream) || next === "loading";
    stop.hidden = !start.hidden;
    of("stage").hidden = of("sent").hidden = !stream;
    own.tell?.("state", next);
  };

  const draw = (canvas, hands, width, height, thick) => {
    canvas.width = width;
    canvas.height = height;
    for (const hand of hands ?? []) drawHand(canvas, hand, thick);
  };

  const drawHand = (canvas, hand, thick) => {
    const brush = canvas.getContext("2d");
    brush.lineCap = "round";
    for (const [colour, extra] of [["#10141a", 3], ["#ffffff", 0]]) {
      brush.strokeStyle = brush.fillStyle = colour;
      brush.lineWidth = thick + extra;
      for (const [from, to] of own.asked.bones) {
        brush.beginPath();
        brush.moveTo(hand[3 * from], hand[3 * from + 1]);
        brush.lineTo(hand[3 * to], hand[3 * to + 1]);
        brush.stroke();
      }
      brush.fillStyle = extra ? colour : "#4ea1ff";
      for (let joint = 0; joint < 21; joint++) {
        brush.beginPath();
        brush.arc(hand[3 * joint], hand[3 * joint + 1], thick + extra / 2, 0, 2 * Math.PI);
        brush.fill();
      }
    }
  };

  const search = async (now) => {
    searching = true;
    fresh = false;
    searchedAt = now;
    const mine = turn;
    try {
      const picture = await createImageBitmap(video);
      if (mine !== turn) { picture.close(); return; }
      const { cut: wanted, lost } = own.asked;
      worker.postMessage({ picture, at: now - began, cut: wanted, lost }, [picture]);
    } catch {
      searching = false; // the camera has just no picture
    }
  };

  const searchWhatIsFresh = (now) => {
    if (ready && fresh && !searching && now >= searchFrom) search(now);
  };

  const rate = (times, now) => {
    while (times.length && now - times[0] > COUNTED) times.shift();
    return times.length / Math.min(COUNTED / 1000, Math.max(0.5, (now - began) / 1000));
  };

  // Once for each picture of the camera that is shown.
  const frame = () => {
    if (!stream) return;
    const now = performance.now();
    drawn.push(now);
    root.dataset.drawn = Number(root.dataset.drawn ?? 0) + 1;
    // A skeleton that lags far behind would only mislead.
    const hands = now - began - shownAt < FRESH ? shown : null;
    if (hands !== painted) draw(lines, hands, video.videoWidth || 1, video.videoHeight || 1, 4);
    painted = hands;
    fresh = true;
    searchWhatIsFresh(now);
    next();
  };
  const next = () => {
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(frame);
    else requestAnimationFrame(frame);
  };

  const found = ({ at, hands, cut: jpeg, shoulders }, size) => {
    searching = false;
    const now = performance.now(), took = now - searchedAt;
    const [quick, between] = own.asked.both
      ? [QUICK_SEARCH_FOR_BOTH, BETWEEN_SEARCHES_FOR_BOTH] : [QUICK_SEARCH, BETWEEN_SEARCHES];
    const rest = Math.min(took - quick, LONGEST_REST);
    searchFrom = Math.max(searchedAt + between, now + rest);
    searched.push(now);
    root.dataset.searched = Number(root.dataset.searched ?? 0) + 1;
    shown = hands.length ? hands.map((hand) => hand.joints) : null;
    shownAt = at;
    const round = (value) => Math.round(10 * value) / 10;
    waiting.push([round(at), ...hands.flatMap(({ right, joints: own }) =>
      [Math.round(1000 * right) / 1000, ...Array.from(own, round)])]);
    if (shoulders) body = [round(at), ...shoulders.map(round)];
    if (jpeg) cut = { at: round(at), kind: own.asked.cut.kind, jpeg };
    while (waiting.length > MOST_FRAMES) waiting.shift();
    if (state === "loading") enter("on");
    send(now, size);
    searchWhatIsFresh(now);
  };

  const send = (now, size) => {
    if (open !== null && now - sentAt < PATIENCE) return; // the app has not answered yet
    if (own.leaving()) return;
    const hands = waiting.some((one) => one.length > 1);
    const pause = hands ? BETWEEN_MESSAGES : WITHOUT_HAND;
    if (now - sentAt < pause) return;
    const place = cut ? waiting.findIndex((one) => one[0] === cut.at) : -1;
    const jpeg = place < 0 ? null : btoa(String.fromCharCode(...cut.jpeg));
    const message = {
      number: (number += 1), size, frames: waiting,
      cut: jpeg && { frame: place, kind: cut.kind, jpeg }, body,
    };
    show(now, message, size);
    waiting = [];
    cut = body = null;
    sentAt = now;
    open = number;
    own.tell("seen", message);
  };

  // What is sent is shown as it is sent.
  const show = (now, message, [width, height]) => {
    sent.push([now, JSON.stringify(message).length]);
    while (now - sent[0][0] > COUNTED) sent.shift();
    const last = message.frames.at(-1), hands = [];
    for (let place = 2; place < last.length; place += 64) hands.push(last.slice(place, place + 63));
    draw(joints, hands, width, height, 12);
    if (message.cut) {
      cutOut.src = `data:image/jpeg;base64,${message.cut.jpeg}`;
      cutOut.hidden = false;
    }
    const bytes = sent.reduce((sum, [, length]) => sum + length, 0);
    of("how-much").textContent = `Each second: ${Math.round(sent.length / (COUNTED / 1000))}`
      + ` messages, ${(bytes / COUNTED).toFixed(1)} kB together; ${Math.round(rate(drawn, now))}`
      + ` pictures are shown, and ${Math.round(rate(searched, now))} searched for hands.`;
  };

  const write = () => {
    const { sign, note, progress, caption, mirror, sends } = own.asked;
    of("what").textContent = sends;
    of("stage").classList.toggle("mirror", mirror);
    plate.hidden = !(sign || note || progress !== null);
    of("sign").textContent = sign;
    of("sign").classList.toggle("long", sign.length > 2);
    of("note").textContent = note;
    const share = still.matches ? Math.floor((progress ?? 0) * STEPS) / STEPS : progress ?? 0;
    plate.style.setProperty("--share", `${share}turn`);
    plate.classList.toggle("ring", progress !== null);
    of("caption").hidden = !caption;
    of("caption-text").textContent = caption;
  };

  const end = () => {
    turn += 1;
    stream?.getTracks().forEach((track) => track.stop());
    worker?.terminate();
    stream = worker = video.srcObject = shown = cut = body = open = null;
    ready = searching = fresh = false;
    waiting = [];
    drawn = [];
    searched = [];
    sent = [];
  };
  const fail = (why) => {
    end();
    enter(why);
  };

  const load = () => {
    const mine = turn, files = new URL(own.asked.files, new URL(".", document.baseURI));
    worker = new Worker(new URL("worker.js", files));
    worker.onerror = () => mine === turn && fail("finder");
    worker.onmessage = ({ data }) => {
      if (mine !== turn) return;
      if (data.failed) fail("finder");
      else if (data.ready) ready = true;
      else found(data, [video.videoWidth, video.videoHeight]);
    };
    worker.postMessage({ load: files.href, both: own.asked.both });
  };

  const begin = async () => {
    end();
    const mine = turn;
    if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) return fail("insecure");
    if (!canFind()) return fail("old");
    enter("loading");
    began = performance.now();
    load();
    try {
      const chosen = select.value ? { deviceId: { exact: select.value } } : { facingMode: "user" };
      const opened = await navigator.mediaDevices.getUserMedia({
        audio: false, video: { ...CAMERA, ...chosen },
      });
      if (mine !== turn) { opened.getTracks().forEach((track) => track.stop()); return; }
      stream = opened;
    } catch (error) {
      if (mine === turn) fail(WHY[error.name] ?? "busy");
      return;
    }
    stream.getVideoTracks()[0].onended = () => mine === turn && fail("busy");
    video.srcObject = stream;
    enter("loading");
    next();
    await offerCameras();
  };
  // Their names are told only to pages that have been given one.
  const offerCameras = async () => {
    const all = (await navigator.mediaDevices.enumerateDevices()).filter(
      (device) => device.kind === "videoinput");
    const used = stream?.getVideoTracks()[0]?.getSettings().deviceId ?? "";
    select.replaceChildren(...all.map((device, place) =>
      new Option(device.label || `Camera ${place + 1}`, device.deviceId, false,
        device.deviceId === used)));
    select.hidden = all.length < 2;
  };

  start.onclick = async () => { await begin(); if (stream) stop.focus(); };
  stop.onclick = () => { end(); enter("off"); start.focus(); };
  select.onchange = begin;
  own.asks = (asked) => {
    own.asked = asked;
    if (asked.taken === open) open = null;
    write();
  };
  own.leaving = () => performance.now() - leftAt < LEAVING;
  // See asl/ui/live/browser.py: it waits until what has been sent by now has been passed on.
  own.leave = (event) => {
    if (stream && !own.leaving()) event.preventDefault();
    leftAt = performance.now();
  };
  own.end = end;
  return own;
}

const made = new WeakMap();
let removed = null; // the camera that was taken off the page last, while it goes on

// Where the app or the browser is busy, Streamlit may take a component off a page that is only
// drawn again, and put it back. The camera goes on meanwhile.
function take(root) {
  if (!removed || removed.page !== location.pathname) {
    made.set(root, make(root));
    return root;
  }
  const before = removed.root;
  clearTimeout(removed.ends);
  removed = null;
  root.replaceWith(before);
  before.querySelector("video").play().catch(() => {}); // it has none while the camera is off
  return before;
}

export default function ({ data, setTriggerValue, setStateValue, parentElement }) {
  const found = parentElement.querySelector(".hand-camera");
  const root = made.has(found) ? found : take(found);
  const own = made.get(root);
  own.tell = (name, value) => (name === "seen" ? setTriggerValue : setStateValue)(name, value);
  own.asks(data);
  document.addEventListener("asl-leave", own.leave); // once, however often this is done
  return () => {
    document.removeEventListener("asl-leave", own.leave);
    own.tell = null;
    if (own.leaving()) return own.end();
    const mine = { root, page: location.pathname, ends: setTimeout(() => {
      if (removed === mine) removed = null;
      own.end();
    }, DRAWN_ANEW) };
    removed = mine;
  };
}
