// Draws dots on a plain 2-D canvas where there is no WebGL: no thumbnails, and slow beyond some ten thousand samples, but
// everything else of the page works.
import type { Matrix4 } from "three";
import { MARK } from "../marks";
import { RINGS } from "../palette";
import type { Pose, Theme } from "../types";
import type { Size } from "./camera";
import { dimmedOpacity, dotOpacity, dotSize, ringWidth } from "./detail";
import type { MarkStyle } from "./mark_style";
import { PointAttributes, standsOut } from "./point_attributes";
import type { Renderer } from "./renderer";
import { type Scene, screenPositions } from "./screen";

interface Style {
  readonly size: number;
  readonly opacity: number;
  readonly dimmed: number;
  readonly ring: number;
  readonly theme: Theme;
  readonly screen: () => Float32Array;
}

export class Canvas2dRenderer implements Renderer {
  readonly parts = null;
  private looks = new PointAttributes();
  private ghosts: readonly Pose[] = [];
  private size: Size = { width: 1, height: 1 };
  private ratio = 1;
  private style: Style | null = null;

  static on(canvas: HTMLCanvasElement): Canvas2dRenderer | null {
    const context = canvas.getContext("2d");
    return context === null ? null : new Canvas2dRenderer(canvas, context);
  }

  private constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly context: CanvasRenderingContext2D,
  ) {}

  hold(looks: PointAttributes | null): void {
    this.looks = looks ?? new PointAttributes();
    this.ghosts = [];
  }

  setPoses(): void {}

  setLooks(looks: PointAttributes): void {
    this.looks = looks;
  }

  setGhosts(poses: readonly Pose[]): void {
    this.ghosts = poses;
  }

  setSprites(): void {}

  resize(size: Size, pixelRatio: number): void {
    this.size = size;
    this.ratio = pixelRatio;
    this.canvas.width = Math.round(size.width * pixelRatio);
    this.canvas.height = Math.round(size.height * pixelRatio);
  }

  dress({ looks, magnification, theme, tuning, screen }: MarkStyle): number {
    const samples = looks.order.length;
    const view = { samples, inView: samples, magnification, dark: theme === "dark" };
    this.style = {
      size: tuning.size * dotSize(view),
      opacity: Math.min(1, tuning.opacity * dotOpacity(samples)),
      dimmed: Math.min(1, tuning.opacity * dimmedOpacity(samples, null)),
      ring: ringWidth(looks.selected, null),
      theme,
      screen,
    };
    return this.style.size;
  }

  draw(_pair: readonly [Matrix4, Matrix4], clip: Matrix4): void {
    this.clear();
    if (this.style === null) return;
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    for (const pose of this.ghosts) {
      const scene: Scene = { from: pose, to: pose, mix: 0 };
      const ghost = this.looks.hide(screenPositions(scene, clip, this.size));
      this.drawCloud(ghost, this.style, true);
    }
    this.drawCloud(this.style.screen(), this.style, false);
  }

  clear(): void {
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  finish(): void {}

  dispose(): void {
    this.clear();
  }

  private drawCloud(screen: Float32Array, style: Style, ghost: boolean): void {
    const { context, looks } = this;
    const rings = RINGS[style.theme];
    for (const id of looks.order) {
      const x = screen[3 * id] as number;
      const y = screen[3 * id + 1] as number;
      if (Number.isNaN(x)) continue;
      const mark = looks.marks[id];
      const [red, green, blue, solid] = looks.paint.subarray(4 * id, 4 * id + 4);
      const radius = (style.size * looks.scaleOf(id)) / 2;
      context.globalAlpha = ghost || mark === MARK.dimmed ? style.dimmed : style.opacity;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      const color = `rgb(${red} ${green} ${blue})`;
      if (solid === 0) {
        context.lineWidth = 1.25;
        context.strokeStyle = color;
        context.stroke();
      } else {
        context.fillStyle = color;
        context.fill();
      }
      if (ghost || !standsOut(mark) || style.ring === 0) continue;
      context.globalAlpha = 1;
      context.lineWidth = style.ring;
      context.strokeStyle = `rgb(${(mark === MARK.chosen ? rings.chosen : rings.selected).join(" ")})`;
      context.stroke();
    }
  }
}
