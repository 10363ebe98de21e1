// Brings a camera from one picture to another: to the same place and magnification, as seen from each picture's home.
import type { Camera } from "../../types";

/** Null where the two are not seen in as many dimensions. */
export function carryCamera(camera: Camera, from: Camera, to: Camera): Camera | null {
  if (camera.kind === "plane" && from.kind === "plane" && to.kind === "plane") {
    const scale = to.height / from.height;
    return {
      kind: "plane",
      x: to.x + scale * (camera.x - from.x),
      y: to.y + scale * (camera.y - from.y),
      height: scale * camera.height,
    };
  }
  if (camera.kind === "space" && from.kind === "space" && to.kind === "space") {
    const scale = to.distance / from.distance;
    const along = (axis: 0 | 1 | 2) =>
      to.target[axis] + scale * (camera.target[axis] - from.target[axis]);
    const target = [along(0), along(1), along(2)] as const;
    return { ...camera, target, distance: scale * camera.distance };
  }
  return null;
}
