// What is drawn: samples between two poses, each with its look, put on the canvas by a painter.
import type { Matrix4 } from "three";
import type { Drawing, Pose, Theme } from "../types";
import type { Camera, Size } from "./camera";
import { Gradual, MOST_AT_ONCE } from "./gradual";
import type { Tuning } from "./mark_style";
import { PointAttributes } from "./point_attributes";
import type { Renderer } from "./renderer";
import { clipPair, partOf, type Scene, screenPositions } from "./screen";
import type { SpriteTexture } from "./sprites";

/** From where it is seen, and on how large a canvas. */
export interface Sight {
  readonly camera: Camera;
  readonly magnification: number;
  readonly size: Size;
  readonly pixelRatio: number;
}

export class DrawnSamples {
  drawing: Drawing = "auto";
  theme: Theme = "light";
  tuning: Tuning = { size: 1, opacity: 1 };
  private readonly looks = new PointAttributes();
  private poses: Scene | null = null;

  private readonly gradual: Gradual | null;

  constructor(
    private readonly renderer: Renderer,
    /** All samples are on the canvas, of which some were drawn first. */
    complete: () => void,
  ) {
    this.gradual = renderer.parts && new Gradual(renderer.parts, complete);
  }

  get present(): boolean {
    return this.poses !== null;
  }

  get samples(): number {
    return this.looks.samples;
  }

  /** Poses of the same samples or of others; null takes them away. Whether more than the mix has changed. */
  setPoses(poses: { readonly from: Pose; readonly to: Pose } | null, mix: number): boolean {
    const other = this.poses?.from !== poses?.from || this.poses?.to !== poses?.to;
    this.poses = poses && { from: poses.from, to: poses.to, mix };
    if (other && poses !== null) this.renderer.setPoses(poses.from, poses.to);
    return other;
  }

  /** From now on it is that many samples. */
  hold(samples: number): void {
    if (this.looks.samples === samples) return;
    if (this.looks.samples > 0) {
      this.looks.hold(0);
      this.renderer.hold(null);
    }
    if (samples === 0) return;
    this.looks.hold(samples);
    this.renderer.hold(this.looks);
  }

  /** False where it has to wait for its samples. */
  setPaint(paint: Uint8Array): boolean {
    const fits = this.looks.setPaint(paint);
    if (fits) this.renderer.setLooks(this.looks);
    return fits;
  }

  /** False where they have to wait for their samples. */
  setMarks(marks: Uint8Array): boolean {
    const fits = this.looks.setMarks(marks);
    if (fits) this.renderer.setLooks(this.looks);
    return fits;
  }

  setScales(scales: Uint8Array): void {
    this.looks.setScales(scales);
    this.renderer.setLooks(this.looks);
  }

  setSprites(texture: SpriteTexture | null): void {
    this.renderer.setSprites(texture);
  }

  setGhosts(poses: readonly Pose[]): void {
    const fitting = poses.filter(({ positions }) => positions.length === 4 * this.looks.samples);
    this.renderer.setGhosts(fitting, this.looks);
  }

  /** Decides how the samples look from there; the width of one, in CSS pixels. */
  dress(sight: Sight, screen: () => Float32Array): number {
    const { looks, poses, drawing, theme, tuning } = this;
    if (poses === null) return 0;
    return this.renderer.dress({ looks, poses, ...sight, drawing, theme, tuning, screen });
  }

  /** Draws all of them, or as many as a frame's time allows and the others later; how many there are now, null for all. */
  draw(clip: Matrix4, atOnce: boolean): number | null {
    this.gradual?.stop();
    if (this.poses === null) return null;
    const pair = clipPair(this.poses, clip);
    const samples = this.looks.order.length;
    if (atOnce || this.gradual === null || samples <= MOST_AT_ONCE) {
      this.renderer.draw(pair, clip);
      return null;
    }
    const shown = this.gradual.draw({ pair, clip }, samples);
    return shown < samples ? shown : null;
  }

  dispose(): void {
    this.gradual?.stop();
  }

  /** x, y in CSS pixels and the distance from the eye of each sample; in `into` where it is as long. */
  seenThrough(clip: Matrix4, size: Size, into: Float32Array): Float32Array {
    if (this.poses === null) return new Float32Array();
    return this.looks.hide(screenPositions(this.poses, clip, size, into));
  }

  /** The same of the samples from one number up to another. */
  someSeenThrough(clip: Matrix4, size: Size, from: number, to: number): Float32Array {
    if (this.poses === null) return new Float32Array();
    return this.looks.hide(screenPositions(partOf(this.poses, from, to), clip, size), from);
  }
}
