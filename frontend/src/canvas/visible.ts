// Which samples are on the stage, and in which order their thumbnails are drawn.
import type { Matrix4 } from "three";
import type { Size } from "./camera";
import { MOST_IMAGES } from "./detail";
import { type PointAttributes, standsOut } from "./point_attributes";
import { type Scene, screenPositions } from "./screen";

/** A thumbnail may reach into the stage from as far outside. */
const MARGIN = 60;

/**
 * 1 for those of `order` on the stage now, at the start or at the end of the move: a set that need not change while it
 * lasts.
 */
export function samplesInView(
  order: Uint32Array,
  scene: Scene,
  clip: Matrix4,
  size: Size,
): Uint8Array {
  const seen = new Uint8Array(scene.to.positions.length / 4);
  for (const mix of scene.from === scene.to ? [0] : [0, scene.mix, 1]) {
    const screen = screenPositions({ ...scene, mix }, clip, size);
    for (const i of order) {
      const x = screen[3 * i] as number;
      const y = screen[3 * i + 1] as number;
      const inside =
        x > -MARGIN && x < size.width + MARGIN && y > -MARGIN && y < size.height + MARGIN;
      if (inside) seen[i] = 1;
    }
  }
  return seen;
}

/**
 * The given order in 2-D; from far to near in 3-D, since thumbnails have no depth of their own, the selected after the
 * others all the same. `screen` holds the depths there, and is null in 2-D.
 */
export function imagesInOrder(
  { order, marks }: Pick<PointAttributes, "order" | "marks">,
  seen: Uint8Array,
  screen: Float32Array | null,
): number[] {
  const ids: number[] = [];
  // From the end: where there are too many, the selected are drawn before all others.
  for (let k = order.length - 1; k >= 0 && ids.length < MOST_IMAGES; k -= 1) {
    const id = order[k] as number;
    if (seen[id] === 1) ids.push(id);
  }
  ids.reverse();
  if (screen === null) return ids;
  const depth = (id: number) => screen[3 * id + 2] as number;
  const above = (id: number) => Number(standsOut(marks[id]));
  return ids.sort((a, b) => above(a) - above(b) || depth(b) - depth(a));
}
