// Holds some samples still: each frame is turned and shifted as a whole so that they stay as near as they can to where
// they were, and what moves then is the others, as seen from them.
import type { Dimensions, Pose } from "../../types";
import { movedPose, scenePositions } from "./pose";
import { alignRigidly } from "./rigid_motion";

export interface Held {
  readonly ids: readonly number[];
  /** The step at whose places they stay. */
  readonly step: number;
}

/** x, y, z of some samples in the scene. */
export function placesOf(pose: Pose, ids: readonly number[]): Float32Array {
  const positions = new Int16Array(4 * ids.length);
  for (const [k, id] of ids.entries()) {
    positions.set(pose.positions.subarray(4 * id, 4 * id + 4), 4 * k);
  }
  return scenePositions({ ...pose, positions });
}

/** `along`, moved as the pose is so that the samples `ids` come to lie at `places` as well as they can. */
export function holdStill(
  pose: Pose,
  ids: readonly number[],
  places: Float32Array,
  dimensions: Dimensions,
  along: Pose = pose,
): Pose {
  return movedPose(along, alignRigidly(placesOf(pose, ids), places, dimensions));
}
