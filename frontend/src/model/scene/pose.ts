// From frames, which are integers, to poses, which the canvas can draw: a matrix beside the integers says where they lie.
import type { Dimensions, Frame, Matrix, Pose } from "../../types";
import { seenAlong, type Turn, UNTURNED_AXES } from "./components";
import type { Alignment } from "./rotations";

const MOST_EXTENT = 200_000;
const INT16 = 32767;

/** A frame of ten components is seen along `turn`, any other as it is. */
export function poseOf(
  frame: Frame,
  alignment: Alignment,
  dimensions: Dimensions,
  turn: Turn = UNTURNED_AXES,
): Pose {
  const seen = frame.width === 4 ? frame : seenAlong(turn, frame);
  return { positions: seen.positions, placement: placement(seen, alignment, dimensions) };
}

/** rotation * (scale * positions + offset) + shift, as one matrix; 2-D lays everything flat. */
function placement(frame: Frame, { rotation, shift }: Alignment, dimensions: Dimensions): Matrix {
  const matrix = new Array<number>(16).fill(0);
  matrix[15] = 1;
  for (let row = 0; row < dimensions; row += 1) {
    let moved = shift[row] as number;
    for (let column = 0; column < dimensions; column += 1) {
      const turn = rotation[3 * row + column] as number;
      matrix[4 * column + row] = turn * frame.scale;
      moved += turn * (frame.offset[column] as number);
    }
    matrix[12 + row] = moved;
  }
  return matrix;
}

/** The same samples, turned and then shifted as a whole. */
export function movedPose({ positions, placement: m }: Pose, { rotation, shift }: Alignment): Pose {
  const placement = [...m];
  for (let column = 0; column < 4; column += 1) {
    for (let row = 0; row < 3; row += 1) {
      let sum = column === 3 ? (shift[row] as number) : 0;
      for (let k = 0; k < 3; k += 1) {
        sum += (rotation[3 * row + k] as number) * (m[4 * column + k] as number);
      }
      placement[4 * column + row] = sum;
    }
  }
  return { positions, placement };
}

/** x, y, z of each sample in the scene; of each `stride`th sample where that is not 1. */
export function scenePositions({ positions, placement: m }: Pose, stride = 1): Float32Array {
  const samples = Math.ceil(positions.length / 4 / stride);
  const out = new Float32Array(3 * samples);
  for (let i = 0; i < samples; i += 1) {
    const at = 4 * i * stride;
    const x = positions[at] as number;
    const y = positions[at + 1] as number;
    const z = positions[at + 2] as number;
    for (let row = 0; row < 3; row += 1) {
      out[3 * i + row] =
        (m[row] as number) * x +
        (m[4 + row] as number) * y +
        (m[8 + row] as number) * z +
        (m[12 + row] as number);
    }
  }
  return out;
}

/** The pose on the way from one to another, for a move that is broken off there. */
export function blendPoses(from: Pose, to: Pose, mix: number): Pose {
  const a = scenePositions(from);
  const b = scenePositions(to);
  const samples = a.length / 3;
  let farthest = 0;
  for (let i = 0; i < a.length; i += 1) {
    a[i] = (a[i] as number) + mix * ((b[i] as number) - (a[i] as number));
    farthest = Math.max(farthest, Math.abs(a[i] as number));
  }
  const scale = farthest > 0 ? farthest / INT16 : 1;
  const positions = new Int16Array(4 * samples);
  for (let i = 0; i < samples; i += 1) {
    for (let axis = 0; axis < 3; axis += 1) {
      positions[4 * i + axis] = Math.round((a[3 * i + axis] as number) / scale);
    }
  }
  return { positions, placement: [scale, 0, 0, 0, 0, scale, 0, 0, 0, 0, scale, 0, 0, 0, 0, 1] };
}

/** The positions of each pose, thinned evenly where there are very many. */
export function extentOfPoses(poses: readonly Pose[]): Float32Array[] {
  const all = poses.reduce((sum, pose) => sum + pose.positions.length / 4, 0);
  const stride = Math.max(1, Math.ceil(all / MOST_EXTENT));
  return poses.map((pose) => scenePositions(pose, stride));
}
