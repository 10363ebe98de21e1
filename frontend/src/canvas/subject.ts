// What is drawn: samples between two poses, each with its look, put on the canvas by a painter.
import type { Matrix4 } from "three";
import type { Drawing, Pose, Theme } from "../types";
import type { Camera, Size } from "./camera";
import type { Tuning } from "./dressing";
import { Looks } from "./looks";
import type { Painter } from "./painter";
import { clip_pair, type Scene, screen_positions } from "./screen";
import type { SpriteTexture } from "./sprites";

/** From where it is seen, and on how large a canvas. */
export interface Sight {
  readonly camera: Camera;
  readonly magnification: number;
  readonly size: Size;
  readonly pixel_ratio: number;
}

export class Subject {
  drawing: Drawing = "auto";
  theme: Theme = "light";
  tuning: Tuning = { size: 1, opacity: 1 };
  private readonly looks = new Looks();
  private poses: Scene | null = null;

  constructor(private readonly painter: Painter) {}

  get present(): boolean {
    return this.poses !== null;
  }

  get samples(): number {
    return this.looks.samples;
  }

  /** Poses of the same samples or of others; null takes them away. Whether more than the mix has changed. */
  set_poses(poses: { readonly from: Pose; readonly to: Pose } | null, mix: number): boolean {
    const other = this.poses?.from !== poses?.from || this.poses?.to !== poses?.to;
    this.poses = poses && { from: poses.from, to: poses.to, mix };
    if (other && poses !== null) this.painter.set_poses(poses.from, poses.to);
    return other;
  }

  /** From now on it is that many samples. */
  hold(samples: number): void {
    if (this.looks.samples === samples) return;
    if (this.looks.samples > 0) {
      this.looks.hold(0);
      this.painter.hold(null);
    }
    if (samples === 0) return;
    this.looks.hold(samples);
    this.painter.hold(this.looks);
  }

  /** False where it has to wait for its samples. */
  set_paint(paint: Uint8Array): boolean {
    const fits = this.looks.set_paint(paint);
    if (fits) this.painter.set_looks(this.looks);
    return fits;
  }

  /** False where they have to wait for their samples. */
  set_marks(marks: Uint8Array): boolean {
    const fits = this.looks.set_marks(marks);
    if (fits) this.painter.set_looks(this.looks);
    return fits;
  }

  set_scales(scales: Uint8Array): void {
    this.looks.set_scales(scales);
    this.painter.set_looks(this.looks);
  }

  set_sprites(texture: SpriteTexture | null): void {
    this.painter.set_sprites(texture);
  }

  set_ghosts(poses: readonly Pose[]): void {
    const fitting = poses.filter(({ positions }) => positions.length === 4 * this.looks.samples);
    this.painter.set_ghosts(fitting, this.looks);
  }

  /** Decides how the samples look from there; the width of one, in CSS pixels. */
  dress(sight: Sight, screen: () => Float32Array): number {
    const { looks, poses, drawing, theme, tuning } = this;
    if (poses === null) return 0;
    return this.painter.dress({ looks, poses, ...sight, drawing, theme, tuning, screen });
  }

  draw(clip: Matrix4): void {
    if (this.poses !== null) this.painter.draw(clip_pair(this.poses, clip), clip);
  }

  /** x, y in CSS pixels and the distance from the eye of each sample. */
  seen_through(clip: Matrix4, size: Size): Float32Array {
    if (this.poses === null) return new Float32Array();
    return this.looks.hide(screen_positions(this.poses, clip, size));
  }
}
