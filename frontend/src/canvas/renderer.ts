// What the stage needs of whatever puts samples on its canvas: WebGL where the browser has it, else the plain 2-D canvas.
import type { Matrix4 } from "three";
import type { Pose } from "../types";
import type { Size } from "./camera";
import type { SlicePainter } from "./gradual";
import type { MarkStyle } from "./mark_style";
import type { PointAttributes } from "./point_attributes";
import type { SpriteTexture } from "./sprites";

export interface Renderer {
  /** What draws a part of the samples; null where all are drawn at once. */
  readonly parts: SlicePainter | null;
  /** From now on it is that many samples, or none. */
  hold(looks: PointAttributes | null): void;
  setPoses(from: Pose, to: Pose): void;
  setLooks(looks: PointAttributes): void;
  /** Dimmed clouds of the same samples behind the others. */
  setGhosts(poses: readonly Pose[], looks: PointAttributes): void;
  setSprites(texture: SpriteTexture | null): void;
  resize(size: Size, pixelRatio: number): void;
  /** Decides how samples look; the width of one as it is drawn then, in CSS pixels. */
  dress(style: MarkStyle): number;
  /** Draws the poses through two matrices whose products add up to clip space; ghosts through the whole camera. */
  draw(pair: readonly [Matrix4, Matrix4], clip: Matrix4): void;
  clear(): void;
  /** Waits until all is on the canvas. */
  finish(): void;
  dispose(): void;
}
