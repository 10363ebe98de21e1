// Where the eye is. Two cameras, each a few numbers, and pure functions on them: a plane seen from straight above for
// 2-D, a turntable around a point for 3-D. Distances are in the scene's coordinates, sizes of the stage in CSS pixels.
import { Matrix4, Vector3 } from "three";
import type { Camera, NearHome, Path, PlaneCamera, SpaceCamera } from "../types";

export type { Camera, PlaneCamera, SpaceCamera } from "../types";

export interface Size {
  readonly width: number;
  readonly height: number;
}

const MARGIN = 0.09;
const OUTLIERS = 0.01;
const HALF_FIELD = Math.tan((50 / 2) * (Math.PI / 180));
const START_TURN = 0.6;
const START_LIFT = 0.35;
const MAX_LIFT = Math.PI / 2 - 0.01;
const ZOOM_LIMIT = 2 ** 12;
const ENOUGH_POINTS = 20_000;
const ROUNDS = 5;

/** x, y, z of each sample, for each step. */
export type Clouds = readonly Float32Array[];

/** Each step's cloud without its outermost 1 % at each side, equal axes, 9 % margin. */
export function fitPlane(clouds: Clouds, size: Size): PlaneCamera {
  const [left, right] = spread(clouds, 0);
  const [bottom, top] = spread(clouds, 1);
  const room = 1 - 2 * MARGIN;
  const height = Math.max((top - bottom) / room, (right - left) / room / aspect(size));
  return {
    kind: "plane",
    x: (left + right) / 2,
    y: (bottom + top) / 2,
    height: height > 0 ? height : 2,
  };
}

/** The same framing for the turntable: as near as possible with all but the outermost 1 % inside the margin. */
export function fitSpace(
  clouds: Clouds,
  size: Size,
  turned: Pick<SpaceCamera, "turn" | "lift"> = { turn: START_TURN, lift: START_LIFT },
): SpaceCamera {
  const view = axes(turned);
  const seen = turnPoints(clouds, view);
  const middle = [0, 1, 2].map((axis) => middleOf(spread(seen, axis)));
  const room = HALF_FIELD * (1 - 2 * MARGIN);
  let [right = 0, up = 0] = middle;
  const [, , back = 0] = middle;
  let distance = 0;
  // Near parts look larger, which moves the middle, which changes how near one can go: a few rounds settle it.
  for (let round = 0; round < ROUNDS; round += 1) {
    const from = { right, up, back };
    distance = Math.max(0, ...seen.map((cloud) => distanceNeeded(cloud, from, room, size)));
    if (round === ROUNDS - 1) break;
    const onScreen = seen.map((cloud) => flattened(cloud, from, distance));
    right += distance * middleOf(spread(onScreen, 0));
    up += distance * middleOf(spread(onScreen, 1));
  }
  const target = new Vector3();
  for (const [i, along] of [right, up, back].entries()) {
    target.addScaledVector(view[i] as Vector3, along);
  }
  return {
    kind: "space",
    target: [target.x, target.y, target.z],
    distance: distance > 0 ? distance : 2,
    turn: turned.turn,
    lift: turned.lift,
  };
}

/** The place that is meant, by where home is. */
export function placeNear(home: Camera, { nearness, side }: NearHome): Camera {
  return home.kind === "plane"
    ? { ...home, height: home.height / nearness }
    : { ...home, ...side, distance: home.distance / nearness };
}

/** From the scene to WebGL's clip space. */
export function clipMatrix(camera: Camera, size: Size): Matrix4 {
  if (camera.kind === "plane") {
    const half = camera.height / 2;
    const across = half * aspect(size);
    const { x, y } = camera;
    // Far larger than any depth: in 2-D all points lie at depth 0.
    return new Matrix4().makeOrthographic(x - across, x + across, y + half, y - half, -1, 1);
  }
  const eye = eyeOf(camera);
  const [right, up, back] = axes(camera);
  const view = new Matrix4().makeBasis(right, up, back).setPosition(eye).invert();
  const near = camera.distance / 100;
  const half = near * HALF_FIELD;
  const across = half * aspect(size);
  return new Matrix4()
    .makePerspective(-across, across, half, -half, near, camera.distance * 100)
    .multiply(view);
}

/** Moves the scene with the pointer. */
export function pan(camera: Camera, right: number, down: number, size: Size): Camera {
  if (camera.kind === "plane") {
    const unit = camera.height / size.height;
    return { ...camera, x: camera.x - right * unit, y: camera.y + down * unit };
  }
  const unit = (2 * HALF_FIELD * camera.distance) / size.height;
  const [across, up] = axes(camera);
  const target = new Vector3(...camera.target)
    .addScaledVector(across, -right * unit)
    .addScaledVector(up, down * unit);
  return { ...camera, target: [target.x, target.y, target.z] };
}

/** What was drawn on the stage, in the scene's coordinates. */
export function pathInScene(path: Path, camera: PlaneCamera, size: Size): Path {
  const unit = camera.height / size.height;
  return path.map(([x, y]) => [
    camera.x + (x - size.width / 2) * unit,
    camera.y - (y - size.height / 2) * unit,
  ]);
}

/** Turns the scene with the pointer; half a stage is a quarter turn. */
export function orbit(camera: SpaceCamera, right: number, down: number, size: Size): SpaceCamera {
  const unit = Math.PI / size.height;
  return {
    ...camera,
    turn: camera.turn - right * unit,
    lift: clamp(camera.lift + down * unit, -MAX_LIFT, MAX_LIFT),
  };
}

/** Enlarges by `factor` so that what lies under the pointer stays there. */
export function zoomAt(
  camera: Camera,
  factor: number,
  pointer: readonly [number, number],
  size: Size,
  home: Camera,
): Camera {
  const dx = pointer[0] - size.width / 2;
  const dy = pointer[1] - size.height / 2;
  if (camera.kind === "plane") {
    const whole = home.kind === "plane" ? home.height : camera.height;
    const height = clamp(camera.height / factor, whole / ZOOM_LIMIT, whole * 8);
    const unit = (camera.height - height) / size.height;
    return { ...camera, x: camera.x + dx * unit, y: camera.y - dy * unit, height };
  }
  const whole = home.kind === "space" ? home.distance : camera.distance;
  const distance = clamp(camera.distance / factor, whole / ZOOM_LIMIT, whole * 8);
  const moved = (distance - camera.distance) / camera.distance;
  return { ...pan(camera, dx * moved, dy * moved, size), distance } as SpaceCamera;
}

/** How many times larger than at home the scene appears. */
export function magnification(camera: Camera, home: Camera): number {
  if (camera.kind === "plane" && home.kind === "plane") return home.height / camera.height;
  if (camera.kind === "space" && home.kind === "space") return home.distance / camera.distance;
  return 1;
}

/** On the way from one camera to another of the same kind. */
export function between(from: Camera, to: Camera, t: number): Camera {
  const mix = (a: number, b: number) => a + (b - a) * t;
  // Sizes are mixed as ratios: a steady zoom, not one that races at the near end.
  const ratio = (a: number, b: number) => a * (b / a) ** t;
  if (from.kind === "plane" && to.kind === "plane") {
    return {
      kind: "plane",
      x: mix(from.x, to.x),
      y: mix(from.y, to.y),
      height: ratio(from.height, to.height),
    };
  }
  if (from.kind === "space" && to.kind === "space") {
    return {
      kind: "space",
      target: [
        mix(from.target[0], to.target[0]),
        mix(from.target[1], to.target[1]),
        mix(from.target[2], to.target[2]),
      ],
      distance: ratio(from.distance, to.distance),
      turn: mix(from.turn, to.turn),
      lift: mix(from.lift, to.lift),
    };
  }
  return to;
}

function eyeOf(camera: SpaceCamera): Vector3 {
  const [, , back] = axes(camera);
  return new Vector3(...camera.target).addScaledVector(back, camera.distance);
}

/** Right, up and towards the eye. */
function axes({ turn, lift }: Pick<SpaceCamera, "turn" | "lift">): [Vector3, Vector3, Vector3] {
  const back = new Vector3(
    Math.sin(turn) * Math.cos(lift),
    Math.sin(lift),
    Math.cos(turn) * Math.cos(lift),
  );
  const right = new Vector3(Math.cos(turn), 0, -Math.sin(turn));
  return [right, back.clone().cross(right), back];
}

/** How far each point lies to the right, up and towards the eye; of very many points an even share is enough. */
function turnPoints(clouds: Clouds, view: readonly Vector3[]): Clouds {
  const points = clouds.reduce((sum, cloud) => sum + cloud.length / 3, 0);
  const stride = Math.max(1, Math.floor(points / ENOUGH_POINTS));
  const point = new Vector3();
  return clouds.map((cloud) => {
    const turned = new Float32Array(3 * Math.ceil(cloud.length / 3 / stride));
    for (let i = 0; i < turned.length; i += 3) {
      point.fromArray(cloud, i * stride);
      for (const [k, axis] of view.entries()) turned[i + k] = point.dot(axis);
    }
    return turned;
  });
}

interface Middle {
  readonly right: number;
  readonly up: number;
  readonly back: number;
}

/** How far away all but the outermost points of a turned cloud are inside the margin. */
function distanceNeeded(cloud: Float32Array, from: Middle, room: number, size: Size): number {
  const needed = new Float32Array(cloud.length / 3);
  for (let i = 0; i < needed.length; i += 1) {
    const sideways = Math.abs((cloud[3 * i] as number) - from.right) / (room * aspect(size));
    const upwards = Math.abs((cloud[3 * i + 1] as number) - from.up) / room;
    needed[i] = (cloud[3 * i + 2] as number) - from.back + Math.max(sideways, upwards);
  }
  return needed.sort()[Math.floor((1 - OUTLIERS) * (needed.length - 1))] ?? 0;
}

/** A turned cloud as it is seen from that far away. */
function flattened(cloud: Float32Array, from: Middle, distance: number): Float32Array {
  const flat = new Float32Array(cloud.length);
  for (let i = 0; i < cloud.length; i += 3) {
    const depth = distance - (cloud[i + 2] as number) + from.back;
    flat[i] = ((cloud[i] as number) - from.right) / depth;
    flat[i + 1] = ((cloud[i + 1] as number) - from.up) / depth;
  }
  return flat;
}

function middleOf([low, high]: readonly [number, number]): number {
  return (low + high) / 2;
}

/** What holds all clouds along an axis, each without its outermost 1 % at each side. */
function spread(clouds: Clouds, axis: number): [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const cloud of clouds) {
    const along = new Float32Array(cloud.length / 3);
    for (let i = 0; i < along.length; i += 1) along[i] = cloud[3 * i + axis] ?? 0;
    along.sort();
    const cut = Math.floor(OUTLIERS * (along.length - 1));
    least = Math.min(least, along[cut] ?? least);
    most = Math.max(most, along[along.length - 1 - cut] ?? most);
  }
  return least <= most ? [least, most] : [0, 0];
}

function aspect(size: Size): number {
  return size.width / size.height;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
