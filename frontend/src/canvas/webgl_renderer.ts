// Draws with WebGL 2 through three.js: dots, thumbnails, and ghosts behind them. After a lost context three.js sets itself
// up again and sends geometry and pictures anew, since they are kept here.
import {
  type Matrix4,
  Camera as ThreeCamera,
  Matrix4 as ThreeMatrix,
  Scene as ThreeScene,
  WebGLRenderer,
} from "three";
import { MARK } from "../marks";
import type { Pose } from "../types";
import { BackCanvas } from "./back_canvas";
import type { Size } from "./camera";
import type { Sight, SlicePainter } from "./gradual";
import { Images } from "./images";
import { dress, type MarkStyle } from "./mark_style";
import { PointAttributes } from "./point_attributes";
import { Dots } from "./points";
import type { Renderer } from "./renderer";
import type { SpriteTexture } from "./sprites";

const NOWHERE = new ThreeMatrix().multiplyScalar(0);

export class WebGlRenderer implements Renderer, SlicePainter {
  readonly parts = this;
  private readonly renderer: WebGLRenderer;
  private readonly scene = new ThreeScene();
  private readonly camera = new ThreeCamera();
  /** No dot at all: whoever draws some later finds their program compiled. */
  private readonly compiled = new Dots(0);
  private dots: Dots | null = null;
  private images: Images | null = null;
  private ghosts: { readonly dots: Dots; readonly pose: Pose }[] = [];
  private back: BackCanvas | null = null;
  /** Passed once the graphics card has done what was asked for before it. */
  private fence: WebGLSync | null = null;
  /** How many of the samples, the last in the order of drawing, are selected. */
  private selected = 0;
  private count = 0;

  /** Null where the browser offers no WebGL 2. */
  static on(canvas: HTMLCanvasElement): WebGlRenderer | null {
    const context = canvas.getContext("webgl2", { alpha: true, antialias: false, depth: true });
    return context === null ? null : new WebGlRenderer(canvas, context);
  }

  private constructor(canvas: HTMLCanvasElement, context: WebGL2RenderingContext) {
    // Nothing is cleared but to nothing: the stage's colour is the page's, in every theme and after a lost context.
    this.renderer = new WebGLRenderer({ canvas, context, alpha: true });
    this.renderer.setClearColor(0, 0);
    this.renderer.sortObjects = false;
    this.scene.matrixWorldAutoUpdate = false;
    // While the data travel, so that the first picture need not wait for it.
    this.renderer.compile(this.scene.add(this.compiled.object), this.camera);
    this.scene.remove(this.compiled.object);
  }

  hold(looks: PointAttributes | null): void {
    this.dropGhosts();
    if (this.dots !== null) {
      this.scene.remove(this.dots.object);
      this.dots.dispose();
    }
    this.dots = looks && new Dots(looks.samples);
    if (this.dots === null || looks === null) return;
    this.setLooks(looks);
    this.scene.add(this.dots.object);
  }

  setPoses(from: Pose, to: Pose): void {
    this.dots?.setPoses(from, to);
  }

  setLooks(looks: PointAttributes): void {
    this.dots?.setLooks(looks);
    this.selected = looks.selected;
    this.count = looks.order.length;
  }

  setGhosts(poses: readonly Pose[], looks: PointAttributes): void {
    this.dropGhosts();
    if (poses.length === 0) return;
    const dimmed = new PointAttributes();
    dimmed.hold(looks.samples);
    dimmed.setPaint(looks.paint);
    dimmed.setScales(looks.scales);
    const hidden = (mark: number) => mark === MARK.hidden;
    dimmed.setMarks(looks.marks.map((mark) => (hidden(mark) ? mark : MARK.dimmed)));
    for (const pose of poses) {
      const dots = new Dots(looks.samples);
      dots.setLooks(dimmed);
      dots.setPoses(pose, pose);
      this.ghosts.push({ dots, pose });
      // Objects are drawn in the order of this list.
      this.scene.children.unshift(dots.object);
    }
  }

  setSprites(texture: SpriteTexture | null): void {
    if (this.images !== null) {
      this.scene.remove(this.images.object);
      this.images.dispose();
    }
    this.images = texture === null ? null : new Images(texture);
    if (this.images !== null) this.scene.add(this.images.object);
  }

  resize({ width, height }: Size, pixelRatio: number): void {
    this.renderer.setPixelRatio(pixelRatio);
    this.renderer.setSize(width, height, false);
  }

  dress(style: MarkStyle): number {
    if (this.dots === null) return 0;
    const ghosts = this.ghosts.map(({ dots }) => dots);
    return dress({ ...style, dots: this.dots, images: this.images, ghosts });
  }

  draw(pair: readonly [Matrix4, Matrix4], clip: Matrix4): void {
    this.setClip(pair, clip);
    this.renderer.render(this.scene, this.camera);
  }

  drawSome({ pair, clip }: Sight, most: number): void {
    this.setClip(pair, clip);
    const first = this.count - this.selected;
    const parts = [
      { from: 0, to: Math.min(most, first), sparse: most < first },
      { from: first, to: this.count, sparse: most < first },
    ];
    this.eachPart(parts, (i) => {
      this.renderer.autoClear = i === 0;
      this.renderer.render(this.scene, this.camera);
    });
    this.renderer.autoClear = true;
    this.setFence();
  }

  drawSlice({ pair, clip }: Sight, from: number, to: number): void {
    this.setClip(pair, clip);
    this.back ??= new BackCanvas(this.renderer);
    const back = this.back;
    this.eachPart([{ from, to, sparse: false }], () => {
      back.draw(this.scene, this.camera, from === 0);
    });
    this.setFence();
  }

  showSlices(): void {
    this.back?.show(this.camera);
  }

  idle(): boolean {
    const gl = this.renderer.getContext() as WebGL2RenderingContext;
    if (this.fence === null || gl.isContextLost()) return true;
    if (gl.clientWaitSync(this.fence, 0, 0) === gl.TIMEOUT_EXPIRED) return false;
    gl.deleteSync(this.fence);
    this.fence = null;
    return true;
  }

  /** Draws parts of the samples; ghosts are drawn with the first ones, thumbnails with the last. */
  private eachPart(
    parts: readonly { from: number; to: number; sparse: boolean }[],
    draw: (i: number) => void,
  ): void {
    const images = this.images?.object;
    const imagesShown = images?.visible ?? false;
    for (const [i, part] of parts.entries()) {
      if (part.from === part.to && i > 0) continue;
      this.dots?.setPart(part);
      for (const { dots } of this.ghosts) {
        dots.object.visible = part.from === 0;
        dots.setPart(part.sparse ? part : null);
      }
      if (images !== undefined) images.visible = imagesShown && part.to === this.count;
      draw(i);
    }
    for (const { dots } of this.ghosts) {
      dots.object.visible = true;
      dots.setPart(null);
    }
    if (images !== undefined) images.visible = imagesShown;
    this.dots?.setPart(null);
  }

  private setFence(): void {
    const gl = this.renderer.getContext() as WebGL2RenderingContext;
    if (this.fence !== null) gl.deleteSync(this.fence);
    this.fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
  }

  private setClip(pair: readonly [Matrix4, Matrix4], clip: Matrix4): void {
    this.dots?.setClip(pair);
    this.images?.setClip(pair);
    for (const { dots, pose } of this.ghosts) {
      const placed = clip.clone().multiply(new ThreeMatrix().fromArray(pose.placement));
      dots.setClip([placed, NOWHERE]);
    }
  }

  clear(): void {
    this.renderer.clear();
  }

  finish(): void {
    this.renderer.getContext().finish();
  }

  dispose(): void {
    this.hold(null);
    this.setSprites(null);
    this.back?.dispose();
    this.compiled.dispose();
    this.renderer.dispose();
    // A browser has some sixteen contexts: one that waited to be collected would in time cost another canvas its own.
    this.renderer.forceContextLoss();
  }

  private dropGhosts(): void {
    for (const { dots } of this.ghosts) {
      this.scene.children = this.scene.children.filter((one) => one !== dots.object);
      dots.dispose();
    }
    this.ghosts = [];
  }
}
