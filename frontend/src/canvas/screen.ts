// Where each sample lies on the stage, reckoned on the processor with the same two matrices the shaders get. Hovering,
// and knowing which thumbnails are in view, need no reading back from the graphics card.
import { Matrix4 } from "three";
import type { Pose } from "../types";
import type { Size } from "./camera";

/** What is drawn: `from` at 0, `to` at 1, between them on straight lines. */
export interface Scene {
  readonly from: Pose;
  readonly to: Pose;
  readonly mix: number;
}

/** A scene's two matrices from a frame's integers to weighted clip space: the position is the sum of both products. */
export function clipPair({ from, to, mix }: Scene, clip: Matrix4): [Matrix4, Matrix4] {
  const weighted = (pose: Pose, weight: number) =>
    clip.clone().multiply(new Matrix4().fromArray(pose.placement)).multiplyScalar(weight);
  return [weighted(from, 1 - mix), weighted(to, mix)];
}

/** The samples from one number up to another. */
export function partOf({ from, to, mix }: Scene, first: number, end: number): Scene {
  const cut = ({ positions, placement }: Pose): Pose => {
    return { positions: positions.subarray(4 * first, 4 * end), placement };
  };
  return { from: cut(from), to: cut(to), mix };
}

/**
 * x, y in CSS pixels and the distance from the eye, for each sample; NaN for what lies behind the eye. They are written
 * into `into` where that has their length: a new array for each frame of a million samples would keep the browser tidying.
 */
export function screenPositions(
  scene: Scene,
  clip: Matrix4,
  size: Size,
  into: Float32Array = new Float32Array(),
): Float32Array {
  const [first, second] = clipPair(scene, clip);
  const a = first.elements;
  const b = second.elements;
  const p = scene.from.positions;
  const q = scene.to.positions;
  const samples = p.length / 4;
  const out = into.length === 3 * samples ? into : new Float32Array(3 * samples);
  const halfWidth = size.width / 2;
  const halfHeight = size.height / 2;
  for (let i = 0; i < samples; i += 1) {
    const px = p[4 * i] as number;
    const py = p[4 * i + 1] as number;
    const pz = p[4 * i + 2] as number;
    const qx = q[4 * i] as number;
    const qy = q[4 * i + 1] as number;
    const qz = q[4 * i + 2] as number;
    const row = (r: 0 | 1 | 3) =>
      a[r] * px +
      a[(r + 4) as 4] * py +
      a[(r + 8) as 8] * pz +
      a[(r + 12) as 12] +
      b[r] * qx +
      b[(r + 4) as 4] * qy +
      b[(r + 8) as 8] * qz +
      b[(r + 12) as 12];
    const w = row(3);
    out[3 * i] = w > 0 ? halfWidth * (1 + row(0) / w) : Number.NaN;
    out[3 * i + 1] = w > 0 ? halfHeight * (1 - row(1) / w) : Number.NaN;
    out[3 * i + 2] = w;
  }
  return out;
}

/**
 * The sample under the pointer: of those whose mark (half as wide as `reach`) covers it the one nearest to the eye, else
 * the one nearest to the pointer within `radius`; null where there is none.
 */
export function nearest(
  screen: Float32Array,
  x: number,
  y: number,
  radius: number,
  reach: number,
): number | null {
  let best: number | null = null;
  let bestCovers = false;
  let bestDepth = 0;
  let bestSquare = 0;
  const limit = Math.max(radius, reach) ** 2;
  for (let i = 0; 3 * i < screen.length; i += 1) {
    const dx = (screen[3 * i] as number) - x;
    const dy = (screen[3 * i + 1] as number) - y;
    const square = dx * dx + dy * dy;
    // Written so that NaN, behind the eye, fails.
    if (!(square <= limit)) continue;
    const covers = square <= reach * reach;
    const depth = covers ? (screen[3 * i + 2] as number) : 0;
    const better =
      best === null ||
      (covers !== bestCovers
        ? covers
        : depth !== bestDepth
          ? depth < bestDepth
          : square < bestSquare);
    if (!better) continue;
    best = i;
    bestCovers = covers;
    bestDepth = depth;
    bestSquare = square;
  }
  return best;
}
