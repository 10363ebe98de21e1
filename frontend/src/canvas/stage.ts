// The one canvas. It is told numbers (two poses and how far between them, colours, thumbnails) and draws them when
// something has changed, never otherwise; it tells which sample is pointed at.
import type { Camera, Dimensions, Drawing, NearHome, Path, Pose, Theme } from "../types";
import { clipMatrix, pathInScene } from "./camera";
import { CameraControl, type ExtentChange, type ExtentOf } from "./camera_control";
import { CanvasSize } from "./canvas_size";
import { DrawnSamples, type Sight } from "./drawn_samples";
import type { Tuning } from "./mark_style";
import { listenToPointer } from "./pointer_input";
import type { Pointing } from "./pointing";
import type { Renderer } from "./renderer";
import type { SpriteTexture } from "./sprites";
import type { StageEvents } from "./stage_events";

export class Stage {
  private readonly eye: CameraControl;
  private readonly sheet: CanvasSize;
  private readonly subject: DrawnSamples;
  private readonly pointing: Pointing;
  private readonly listening = new AbortController();
  private readonly resizing: ResizeObserver;
  private scheduled = 0;
  private first = true;
  private stale = { images: true, screen: true };
  private screen: Float32Array = new Float32Array();
  /** In CSS pixels. */
  markWidth = 0;
  /** Somebody wants each picture whole. */
  atOnce = false;

  constructor(
    canvas: HTMLCanvasElement,
    private readonly renderer: Renderer,
    private dimensions: Dimensions,
    private readonly events: StageEvents,
  ) {
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    this.eye = new CameraControl(dimensions, () => still.matches);
    this.sheet = new CanvasSize(canvas);
    this.subject = new DrawnSamples(renderer, () => this.tellDrawn(null));
    // At once: until the next frame the browser would stretch the old picture.
    this.resizing = new ResizeObserver(() => this.drawAtOnce());
    this.resizing.observe(canvas);
    const reach = {
      eye: this.eye,
      screen: () => this.screenPositions(),
      markWidth: () => this.markWidth,
      inScene: (path: Path) => this.inScene(path),
      move: (change: () => void) => this.changed(change),
    };
    const { signal } = this.listening;
    this.pointing = listenToPointer(canvas, reach, events, signal);
    // three.js, which listens since before, has set itself up again by then.
    canvas.addEventListener("webglcontextrestored", () => this.changed(), { signal });
  }

  get samples(): number {
    return this.subject.samples;
  }

  /** What to draw between; the same number of samples as before, or a new set. Null draws nothing. */
  setPoses(poses: { readonly from: Pose; readonly to: Pose } | null, mix: number): void {
    this.holdSamples(poses === null ? 0 : poses.from.positions.length / 4);
    if (this.subject.setPoses(poses, mix)) this.stale.images = true;
    this.stale.screen = true;
    this.requestDraw();
  }

  setExtent(extentOf: ExtentOf, change: ExtentChange): void {
    this.changed(() => this.eye.setExtent(extentOf, change));
  }

  /** Four bytes a sample. */
  setPaint(paint: Uint8Array): void {
    if (this.subject.setPaint(paint)) this.changed();
  }

  /** One of `MARK` a sample. */
  setMarks(marks: Uint8Array): void {
    if (this.subject.setMarks(marks)) this.changed();
  }

  /** How large each sample is, in hundredths of the common size; none where all are alike. */
  setScales(scales: Uint8Array): void {
    this.changed(() => this.subject.setScales(scales));
  }

  setSprites(texture: SpriteTexture | null): void {
    this.changed(() => this.subject.setSprites(texture));
  }

  /** Where the same samples were at other steps. */
  setGhosts(poses: readonly Pose[]): void {
    this.changed(() => this.subject.setGhosts(poses));
  }

  setTuning(tuning: Tuning): void {
    this.changed(() => {
      this.subject.tuning = tuning;
    });
  }

  setLook(dimensions: Dimensions, drawing: Drawing, theme: Theme): void {
    this.changed(() => {
      if (dimensions !== this.dimensions) this.eye.setDimensions(dimensions);
      this.dimensions = dimensions;
      this.subject.drawing = drawing;
      this.subject.theme = theme;
    });
  }

  /** As if the pointer were over that sample. */
  readonly pointAt = (sample: number | null) => this.pointing.pointAt(sample);

  home(): void {
    this.changed(() => this.eye.goHome());
  }

  /** Shows these positions of the scene as large as they fit. */
  fit(cloud: Float32Array): void {
    if (cloud.length > 0) this.changed(() => this.eye.goTo(cloud));
  }

  lookFrom(camera: Camera | NearHome): void {
    this.changed(() => this.eye.lookFrom(camera));
  }

  /** Draws at so many pixels a CSS pixel for as long as `use` takes what the canvas then holds. */
  drawAt<T>(ratio: number, use: () => T): T | null {
    const sight = this.sight();
    if (sight === null) return null;
    const drawOnce = (pixels: number) => {
      this.sheet.ratio = pixels;
      this.renderer.resize(sight.size, pixels);
      this.dress();
      this.subject.draw(clipMatrix(sight.camera, sight.size), true);
    };
    drawOnce(ratio);
    try {
      return use();
    } finally {
      drawOnce(sight.pixelRatio);
    }
  }

  /** x, y in CSS pixels and the distance from the eye of each sample, as it is drawn now; until it is asked for again. */
  screenPositions(): Float32Array {
    if (!this.stale.screen) return this.screen;
    const sight = this.sight();
    if (sight === null) return new Float32Array();
    const clip = clipMatrix(sight.camera, sight.size);
    this.screen = this.subject.seenThrough(clip, sight.size, this.screen);
    this.stale.screen = false;
    return this.screen;
  }

  /** The same of the samples from one number up to another, where not all are worth the wait. */
  readonly screenPositionsOf = (from: number, to: number): Float32Array => {
    if (to - from === this.samples) return this.screenPositions();
    if (!this.stale.screen) return this.screen.subarray(3 * from, 3 * to);
    const sight = this.sight();
    if (sight === null) return new Float32Array();
    const clip = clipMatrix(sight.camera, sight.size);
    return this.subject.someSeenThrough(clip, sight.size, from, to);
  };

  dispose(): void {
    this.listening.abort();
    this.resizing.disconnect();
    this.pointing.move(null);
    cancelAnimationFrame(this.scheduled);
    this.subject.dispose();
    this.renderer.dispose();
  }

  /** Null while there is nothing to look at, or nothing to draw on. */
  private sight(): Sight | null {
    const { camera, magnification } = this.eye;
    const { size, ratio } = this.sheet;
    if (!this.subject.present || camera === null || size === null) return null;
    return { camera, magnification, size, pixelRatio: ratio };
  }

  private inScene(path: Path): Path | null {
    const sight = this.sight();
    return sight?.camera.kind === "plane" ? pathInScene(path, sight.camera, sight.size) : null;
  }

  private changed(change = () => {}): void {
    change();
    this.events.fly(this.eye.flying);
    this.stale.images = this.stale.screen = true;
    this.requestDraw();
  }

  private requestDraw(): void {
    if (this.first && this.subject.present && this.eye.camera !== null) {
      // The browser is still busy with the page around; the first picture need not wait for its next frame.
      this.drawAtOnce();
    } else if (this.scheduled === 0) {
      this.scheduled = requestAnimationFrame((now) => this.draw(now));
    }
  }

  private drawAtOnce(): void {
    cancelAnimationFrame(this.scheduled);
    this.draw(performance.now());
  }

  private draw(now: number): void {
    this.scheduled = 0;
    // Before there is anything to draw, too: room for the first picture is made while its data travel.
    if (!this.fitCanvas()) return;
    // An empty canvas is not worth a first frame, which takes long where there is no graphics card.
    if (this.first && !this.subject.present) return;
    const flying = this.eye.advance(now);
    if (flying) {
      this.stale.screen = this.stale.images = true;
      this.events.fly(this.eye.flying);
    }
    const sight = this.sight();
    if (sight === null) {
      this.renderer.clear();
      return;
    }
    if (this.stale.images) this.dress();
    const clip = clipMatrix(sight.camera, sight.size);
    const some = this.subject.draw(clip, this.atOnce);
    this.tellFirstPicture();
    this.tellDrawn(some);
    this.pointing.follow();
    if (this.eye.flying) this.changed();
  }

  /** In the same animation frame as the drawing: no blank frame between. False where nothing could be seen. */
  private fitCanvas(): boolean {
    const other = this.sheet.fit();
    if (other === null || this.sheet.size === null) return false;
    if (!other) return true;
    this.renderer.resize(this.sheet.size, this.sheet.ratio);
    this.eye.setSize(this.sheet.size);
    this.events.fly(this.eye.flying);
    this.stale.images = this.stale.screen = true;
    return true;
  }

  private dress(): void {
    const sight = this.sight();
    if (sight === null) return;
    this.markWidth = this.subject.dress(sight, () => this.screenPositions());
    this.stale.images = false;
  }

  private holdSamples(samples: number): void {
    if (this.subject.samples === samples) return;
    this.pointing.move(null);
    this.subject.hold(samples);
    this.stale.screen = this.stale.images = true;
  }

  /** `some` samples are on the canvas; null for all. */
  private tellDrawn(some: number | null): void {
    const sight = this.sight();
    if (sight === null) return;
    this.events.drawn(clipMatrix(sight.camera, sight.size), sight.size, this.eye, some);
  }

  private tellFirstPicture(): void {
    if (!this.first) return;
    this.first = false;
    // Waits until the picture has really been drawn, this once.
    this.renderer.finish();
    this.events.firstPicture();
  }
}
