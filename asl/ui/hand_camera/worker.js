// Finds hands in the camera's pictures, beside the thread that draws the page.
//
// It is told {load, both}, the address of the files and whether both hands and the shoulders are
// wanted, once; then {picture, at, cut, lost} for each picture: an ImageBitmap, milliseconds that do
// not go back, which cut-out is wanted, null for none, and whether to search again: see `Asked` in
// component.py. It answers {ready}, {failed}, or for each picture {at, hands, cut, shoulders}: of
// each hand {joints, right}, 63 numbers in pixels and how surely it is a right hand, 0 to 1; the
// cut-out as bytes of a JPEG or null; and, where they were searched for, the left and the right
// shoulder, x and y in pixels, [] where there are none, else null.

const KNUCKLES_AND_WRIST = [0, 5, 9, 13, 17];
// The rule by which the app takes a hand for resting: asl/inference/pictures/stream.py.
const MOVING = 3.0, SAME_SHAPE = 0.15;

// How sure the finder must be, 0 to 1, and how large it is shown a picture, one frame after the other,
// until there is a hand: large ones are found better in few pixels. As in asl/hands/detector.py.
const SURE = 0.3, ZOOMS = [1, 0.67, 0.5, 0.8, 1.3];
// Milliseconds after which a second hand is looked for again. As long as there is none, that takes
// three times as long as to follow the first.
const BETWEEN_SECONDS = 600;

// Milliseconds after which the shoulders are searched for again: bodies hardly move.
const BETWEEN_BODIES = 3000;
const [LEFT_SHOULDER, RIGHT_SHOULDER] = [11, 12];

let landmarker = null; // finds one hand
let pair = null, followsBoth = false, pairAt = -Infinity, followed = 0; // finds two
let body = null, bodyAt = -Infinity;
let before = null, shown = null, zoomed = 0, lostBefore = null;
const canvas = new OffscreenCanvas(1, 1), view = new OffscreenCanvas(1, 1);

const load = async (files, both) => {
  const { HandLandmarker, PoseLandmarker } = await import(`${files}vision_bundle.mjs`);
  const scripts = {
    wasmLoaderPath: `${files}vision_wasm_internal.js`,
    wasmBinaryPath: `${files}vision_wasm_internal.wasm`,
  };
  const finderOf = (numHands) => HandLandmarker.createFromOptions(scripts, {
    baseOptions: { modelAssetPath: `${files}hand_landmarker.task`, delegate: "CPU" },
    runningMode: "VIDEO",
    numHands,
    minHandDetectionConfidence: SURE,
    minHandPresenceConfidence: SURE,
    minTrackingConfidence: SURE,
  });
  landmarker = await finderOf(1);
  if (!both) return;
  pair = await finderOf(2);
  body = await PoseLandmarker.createFromOptions(scripts, {
    baseOptions: { modelAssetPath: `${files}pose_landmarker.task`, delegate: "CPU" },
    runningMode: "IMAGE",
  });
};

// Joints without place and size, as asl/hands/landmarks.py has them, but for the side.
const shapeOf = (joints) => {
  let x = 0, y = 0, size = 0;
  for (const joint of KNUCKLES_AND_WRIST) {
    x += joints[3 * joint] / 5;
    y += joints[3 * joint + 1] / 5;
  }
  const shape = new Float64Array(42);
  for (let joint = 0; joint < 21; joint++) {
    shape[2 * joint] = joints[3 * joint] - x;
    shape[2 * joint + 1] = joints[3 * joint + 1] - y;
    size += (shape[2 * joint] ** 2 + shape[2 * joint + 1] ** 2) / 21;
  }
  return shape.map((value) => value / Math.sqrt(size || 1));
};

const apart = (one, other) =>
  Math.sqrt(one.reduce((sum, value, place) => sum + (value - other[place]) ** 2, 0) / 21);

// Whether the hand has come to rest in a shape that the app has not seen, or not for a while.
const isWanted = (joints, at, cut) => {
  const shape = shapeOf(joints), last = before;
  before = { at, shape };
  const speed = last && at > last.at ? (1000 * apart(shape, last.shape)) / (at - last.at) : 0;
  if (!cut || (speed > MOVING && !cut.moving)) return false;
  const isOld = !shown || at - shown.at >= cut.every;
  if (!isOld && (cut.moving || apart(shape, shown.shape) < SAME_SHAPE)) return false;
  shown = { at, shape };
  return true;
};

// The square of asl/hands/crop.py around the joints.
const cutOut = async (picture, joints, { size, context }) => {
  const xs = joints.filter((_, place) => place % 3 === 0);
  const ys = joints.filter((_, place) => place % 3 === 1);
  const [left, right, top, bottom] = [
    Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys),
  ];
  const side = Math.max(context * Math.max(right - left, bottom - top), 8);
  canvas.width = canvas.height = size;
  const brush = canvas.getContext("2d");
  brush.fillRect(0, 0, size, size);
  brush.imageSmoothingQuality = "high";
  const corner = [(left + right - side) / 2, (top + bottom - side) / 2];
  brush.setTransform(size / side, 0, 0, size / side,
    (-corner[0] * size) / side, (-corner[1] * size) / side);
  brush.drawImage(picture, 0, 0);
  const file = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
  return new Uint8Array(await file.arrayBuffer());
};

// Of each hand that was found its joints, in pixels of the picture, and how surely it is a right hand.
const handsIn = (found, width, height, zoom = 1, left = 0, top = 0) =>
  found.landmarks.map((hand, place) => {
    const side = found.handedness[place][0];
    return {
      joints: Float32Array.from(hand.flatMap(({ x, y, z }) =>
        [(x * width - left) / zoom, (y * height - top) / zoom, (z * width) / zoom])),
      right: side.categoryName === "Right" ? side.score : 1 - side.score,
    };
  });

const search = (picture, at) => {
  const { width, height } = picture, zoom = ZOOMS[zoomed % ZOOMS.length];
  const [left, top] = [(width * (1 - zoom)) / 2, (height * (1 - zoom)) / 2];
  if (zoom !== 1) {
    [view.width, view.height] = [width, height];
    view.getContext("2d").drawImage(picture, left, top, width * zoom, height * zoom);
  }
  const found = landmarker.detectForVideo(zoom === 1 ? picture : view, at);
  if (!found.landmarks.length) zoomed += 1;
  return handsIn(found, width, height, zoom, left, top);
};

const shouldersIn = ({ width, height }, found) => {
  const points = found.landmarks[0];
  if (!points) return [];
  return [LEFT_SHOULDER, RIGHT_SHOULDER].flatMap((place) =>
    [points[place].x * width, points[place].y * height]);
};

const findBoth = (picture, at) => {
  const looks = followsBoth || at - pairAt >= BETWEEN_SECONDS, most = looks ? 2 : 1;
  const see = (when) => handsIn(
    (looks ? pair : landmarker).detectForVideo(picture, when), picture.width, picture.height);
  let hands = see(at);
  // A finder that loses a hand searches for it in the next picture; in this one it may be as well.
  if (hands.length < Math.min(followed, most)) hands = see(at + 1);
  if (looks) {
    pairAt = at;
    followsBoth = hands.length > 1;
  } else if (!followed && hands.length) {
    pairAt = -Infinity; // the other one has mostly come with it
  }
  followed = hands.length;
  let shoulders = null;
  if (at - bodyAt >= BETWEEN_BODIES && (most === 1 || followsBoth)) {
    bodyAt = at;
    shoulders = shouldersIn(picture, body.detect(picture));
  }
  return { at, hands, cut: null, shoulders };
};

// What was followed may never have been a hand: on an empty picture the finder lets go of it.
const letGo = (at) => {
  [view.width, view.height] = [64, 64];
  view.getContext("2d").fillRect(0, 0, 64, 64);
  landmarker.detectForVideo(view, at);
  zoomed += 1;
};

const find = async ({ picture, at, cut, lost }) => {
  if (body) return findBoth(picture, at);
  if (lost !== lostBefore && lostBefore !== null) letGo(at - 1);
  lostBefore = lost;
  const hands = search(picture, at);
  if (!hands.length) before = shown = null;
  const wanted = hands.length && isWanted(hands[0].joints, at, cut);
  const jpeg = wanted ? await cutOut(picture, [...hands[0].joints], cut) : null;
  return { at, hands, cut: jpeg, shoulders: null };
};

self.onmessage = async ({ data }) => {
  try {
    if (data.load) {
      await load(data.load, data.both);
      self.postMessage({ ready: true });
      return;
    }
    const answer = await find(data);
    self.postMessage(answer);
  } catch (error) {
    self.postMessage({ failed: String(error?.message ?? error) });
  } finally {
    data.picture?.close();
  }
};
