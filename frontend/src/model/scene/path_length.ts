// How far samples travel on the stage from step to step.
import type { Pose } from "../../types";
import { scenePositions } from "./pose";

/** The length of each sample's way through the poses in their order, in the scene's units. */
export function pathLengths(poses: readonly Pose[]): Float64Array {
  const lengths = new Float64Array((poses[0]?.positions.length ?? 0) / 4);
  let before: Float32Array | null = null;
  for (const pose of poses) {
    const now = scenePositions(pose);
    for (let i = 0; before !== null && i < lengths.length; i += 1) {
      const across = (now[3 * i] as number) - (before[3 * i] as number);
      const up = (now[3 * i + 1] as number) - (before[3 * i + 1] as number);
      const back = (now[3 * i + 2] as number) - (before[3 * i + 2] as number);
      lengths[i] = (lengths[i] as number) + Math.hypot(across, up, back);
    }
    before = now;
  }
  return lengths;
}

export function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (low + (sorted[Math.floor(middle)] ?? low)) / 2;
}
