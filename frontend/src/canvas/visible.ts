// Which samples are on the stage, and in which order their thumbnails are drawn.
import type { Matrix4 } from "three";
import type { Size } from "./camera";
import { MOST_IMAGES } from "./detail";
import { type Scene, screen_positions } from "./screen";

/** A thumbnail may reach into the stage from as far outside. */
const MARGIN = 60;

/** 1 for those on the stage now, at the start or at the end of the move: a set that need not change while it lasts. */
export function samples_in_view(scene: Scene, clip: Matrix4, size: Size): Uint8Array {
  const seen = new Uint8Array(scene.to.positions.length / 4);
  for (const mix of scene.from === scene.to ? [0] : [0, scene.mix, 1]) {
    const screen = screen_positions({ ...scene, mix }, clip, size);
    for (let i = 0; i < seen.length; i += 1) {
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
 * The shuffled order in 2-D; from far to near in 3-D, since thumbnails have no depth of their own. `screen` holds the
 * depths there, and is null in 2-D.
 */
export function images_in_order(
  order: Uint32Array,
  seen: Uint8Array,
  screen: Float32Array | null,
): number[] {
  const ids: number[] = [];
  for (const id of order) {
    if (seen[id] === 1) ids.push(id);
    if (ids.length === MOST_IMAGES) break;
  }
  if (screen === null) return ids;
  const depth = (id: number) => screen[3 * id + 2] as number;
  return ids.sort((a, b) => depth(b) - depth(a));
}
