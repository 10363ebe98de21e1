// What the stage needs of whatever puts samples on its canvas: WebGL where the browser has it, else the plain 2-D canvas.
import type { Matrix4 } from "three";
import type { Pose } from "../types";
import type { Size } from "./camera";
import type { Attire } from "./dressing";
import type { Looks } from "./looks";
import type { SpriteTexture } from "./sprites";

export interface Painter {
  /** From now on it is that many samples, or none. */
  hold(looks: Looks | null): void;
  setPoses(from: Pose, to: Pose): void;
  setLooks(looks: Looks): void;
  /** Dimmed clouds of the same samples behind the others. */
  setGhosts(poses: readonly Pose[], looks: Looks): void;
  setSprites(texture: SpriteTexture | null): void;
  resize(size: Size, pixelRatio: number): void;
  /** Decides how samples look; the width of one as it is drawn then, in CSS pixels. */
  dress(attire: Attire): number;
  /** Draws the poses through two matrices whose products add up to clip space; ghosts through the whole camera. */
  draw(pair: readonly [Matrix4, Matrix4], clip: Matrix4): void;
  clear(): void;
  /** Waits until all is on the canvas. */
  finish(): void;
  dispose(): void;
}
