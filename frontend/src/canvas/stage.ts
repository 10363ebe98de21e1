// The one canvas. It is told numbers (two poses and how far between them, colours, thumbnails) and draws them when
// something has changed, never otherwise; it tells which sample is pointed at.
import { Camera as ThreeCamera, Scene as ThreeScene, WebGLRenderer } from "three";
import type { Combining, Dimensions, Drawing, Path, Pose, Theme, Tool } from "../types";
import { clip_matrix, type Size } from "./camera";
import { dress } from "./dressing";
import { type ExtentChange, type ExtentOf, Eye } from "./eye";
import { listen } from "./gestures";
import { Images } from "./images";
import { Looks } from "./looks";
import { type Pointed, Pointing } from "./pointing";
import { Dots } from "./points";
import { samples_inside } from "./polygon";
import { clip_pair, type Scene, screen_positions } from "./screen";
import { listen_for_sketches } from "./sketching";
import type { SpriteTexture } from "./sprites";

const MOST_PIXELS = 2;
const SMALLEST_STAGE = 2;

export interface StageEvents {
  tool(): Tool;
  point(at: Pointed | null): void;
  click(sample: number, how: Combining): void;
  /** An outline is being drawn; null once it no longer is. */
  sketch(path: Path | null): void;
  /** These samples lie inside a finished outline. */
  enclose(samples: readonly number[], how: Combining): void;
  /** The camera has begun or ended a flight of its own. */
  fly(flying: boolean): void;
  /** The first frame that holds points has been drawn. */
  first_picture(): void;
}

export class Stage {
  private readonly renderer: WebGLRenderer;
  private readonly scene = new ThreeScene();
  private readonly three_camera = new ThreeCamera();
  private readonly eye: Eye;
  private readonly listening = new AbortController();
  private readonly resizing: ResizeObserver;
  private readonly pointing: Pointing;
  private dots: Dots | null = null;
  private images: Images | null = null;
  private poses: Scene | null = null;
  private readonly looks = new Looks();
  private dimensions: Dimensions;
  private drawing: Drawing = "auto";
  private theme: Theme = "light";
  private size: Size | null = null;
  private scheduled = 0;
  private first = true;
  private stale = { images: true, screen: true };
  private screen: Float32Array = new Float32Array();
  private mark_width = 0;

  /** Null where the browser offers no WebGL 2. */
  static on(canvas: HTMLCanvasElement, dimensions: Dimensions, events: StageEvents): Stage | null {
    const context = canvas.getContext("webgl2", { alpha: true, antialias: false, depth: true });
    return context === null ? null : new Stage(canvas, context, dimensions, events);
  }

  private constructor(
    private readonly canvas: HTMLCanvasElement,
    context: WebGL2RenderingContext,
    dimensions: Dimensions,
    private readonly events: StageEvents,
  ) {
    this.dimensions = dimensions;
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    this.eye = new Eye(dimensions, () => still.matches);
    // Nothing is cleared but to nothing: the stage's colour is the page's, in every theme and after a lost context.
    this.renderer = new WebGLRenderer({ canvas, context, alpha: true });
    this.renderer.setClearColor(0, 0);
    this.renderer.sortObjects = false;
    this.scene.matrixWorldAutoUpdate = false;
    this.pointing = new Pointing(
      () => this.screen_positions(),
      () => this.mark_width,
      (at) => events.point(at),
    );
    this.resizing = new ResizeObserver(() => this.request_draw());
    this.resizing.observe(canvas);
    const signal = this.listening.signal;
    listen(
      canvas,
      {
        point: (at) => this.pointing.move(at),
        drag: (right, down, turning) => this.moved(() => this.eye.drag(right, down, turning)),
        zoom: (factor, at) => this.moved(() => this.eye.zoom(factor, at)),
        home: () => this.home(),
      },
      signal,
    );
    listen_for_sketches(
      canvas,
      {
        tool: () => events.tool(),
        begin: () => this.pointing.move(null),
        click: (at, how) => {
          const sample = this.pointing.sample_at(at);
          if (sample !== null) events.click(sample, how);
        },
        sketch: (path) => events.sketch(path),
        sketched: (path, how) => events.enclose(samples_inside(path, this.screen_positions()), how),
      },
      signal,
    );
    // three.js, which listens since before, has set itself up again by then.
    canvas.addEventListener("webglcontextrestored", () => this.moved(() => {}), { signal });
  }

  /** What to draw between; the same number of samples as before, or a new set. Null draws nothing. */
  set_poses(poses: { readonly from: Pose; readonly to: Pose } | null, mix: number): void {
    if (poses === null) {
      this.poses = null;
      this.drop_samples();
      this.request_draw();
      return;
    }
    const { from, to } = poses;
    const other = this.poses?.from !== from || this.poses.to !== to;
    this.poses = { from, to, mix };
    this.stale.screen = true;
    if (other) {
      this.hold_samples(from.positions.length / 4);
      this.dots?.set_poses(from, to);
      this.stale.images = true;
    }
    this.request_draw();
  }

  set_extent(extent_of: ExtentOf, change: ExtentChange): void {
    this.moved(() => this.eye.set_extent(extent_of, change));
  }

  /** Four bytes a sample. */
  set_paint(paint: Uint8Array): void {
    if (this.looks.set_paint(paint)) this.moved(() => this.dots?.set_looks(this.looks));
  }

  /** One of `MARK` a sample. */
  set_marks(marks: Uint8Array): void {
    if (this.looks.set_marks(marks)) this.moved(() => this.dots?.set_looks(this.looks));
  }

  set_sprites(texture: SpriteTexture | null): void {
    if (this.images !== null) {
      this.scene.remove(this.images.object);
      this.images.dispose();
    }
    this.images = texture === null ? null : new Images(texture);
    if (this.images !== null) this.scene.add(this.images.object);
    this.moved(() => {});
  }

  set_look(dimensions: Dimensions, drawing: Drawing, theme: Theme): void {
    if (dimensions !== this.dimensions) this.eye.set_dimensions(dimensions);
    this.dimensions = dimensions;
    this.drawing = drawing;
    this.theme = theme;
    this.moved(() => {});
  }

  /** As if the pointer were over that sample. */
  readonly point_at = (sample: number | null) => this.pointing.point_at(sample);

  home(): void {
    this.moved(() => this.eye.go_home());
  }

  /** x, y in CSS pixels and the distance from the eye of each sample, as it is drawn now. */
  screen_positions(): Float32Array {
    if (!this.stale.screen) return this.screen;
    const camera = this.eye.camera;
    if (this.poses === null || camera === null || this.size === null) return new Float32Array();
    const clip = clip_matrix(camera, this.size);
    this.screen = this.looks.hide(screen_positions(this.poses, clip, this.size));
    this.stale.screen = false;
    return this.screen;
  }

  dispose(): void {
    this.listening.abort();
    this.resizing.disconnect();
    this.drop_samples();
    this.set_sprites(null);
    cancelAnimationFrame(this.scheduled);
    this.renderer.dispose();
  }

  private moved(change: () => void): void {
    change();
    this.events.fly(this.eye.flying);
    this.stale.images = true;
    this.stale.screen = true;
    this.request_draw();
  }

  private request_draw(): void {
    if (this.first && this.poses !== null && this.eye.camera !== null) {
      // The browser is still busy with the page around; the first picture need not wait for its next frame.
      cancelAnimationFrame(this.scheduled);
      this.draw(performance.now());
      return;
    }
    if (this.scheduled === 0) this.scheduled = requestAnimationFrame((now) => this.draw(now));
  }

  private draw(now: number): void {
    this.scheduled = 0;
    // An empty canvas is not worth a first frame, which takes long where there is no graphics card.
    if (this.first && this.poses === null) return;
    if (!this.fit_canvas() || this.size === null) return;
    const flying = this.eye.advance(now);
    if (flying) {
      this.stale.screen = this.stale.images = true;
      this.events.fly(this.eye.flying);
    }
    const camera = this.eye.camera;
    if (this.poses === null || this.dots === null || camera === null) {
      this.renderer.clear();
      return;
    }
    const clip = clip_matrix(camera, this.size);
    const pair = clip_pair(this.poses, clip);
    this.dots.set_clip(pair);
    this.images?.set_clip(pair);
    if (this.stale.images) this.choose_detail();
    this.renderer.render(this.scene, this.three_camera);
    this.tell_first_picture();
    this.pointing.follow();
    if (this.eye.flying) this.moved(() => {});
  }

  /** Takes on the size of the canvas's box, in the same animation frame as the drawing: no blank frame between. */
  private fit_canvas(): boolean {
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    // A hidden tab has no height.
    if (width < SMALLEST_STAGE || height < SMALLEST_STAGE) return false;
    const ratio = Math.min(MOST_PIXELS, devicePixelRatio);
    const same =
      this.size?.width === width &&
      this.size.height === height &&
      this.renderer.getPixelRatio() === ratio;
    if (same) return true;
    this.size = { width, height };
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(width, height, false);
    this.eye.set_size(this.size);
    this.stale.images = this.stale.screen = true;
    return true;
  }

  private choose_detail(): void {
    const camera = this.eye.camera;
    if (!this.poses || !this.dots || !this.size || !camera) return;
    this.mark_width = dress({
      dots: this.dots,
      images: this.images,
      looks: this.looks,
      poses: this.poses,
      camera,
      magnification: this.eye.magnification,
      size: this.size,
      pixel_ratio: this.renderer.getPixelRatio(),
      drawing: this.drawing,
      theme: this.theme,
      screen: () => this.screen_positions(),
    });
    this.stale.images = false;
  }

  private hold_samples(samples: number): void {
    if (this.dots?.samples === samples) return;
    this.drop_samples();
    this.looks.hold(samples);
    this.dots = new Dots(samples);
    this.dots.set_looks(this.looks);
    this.scene.add(this.dots.object);
  }

  private drop_samples(): void {
    this.pointing.move(null);
    if (this.dots === null) return;
    this.scene.remove(this.dots.object);
    this.dots.dispose();
    this.dots = null;
    this.stale.screen = this.stale.images = true;
  }

  private tell_first_picture(): void {
    if (!this.first) return;
    this.first = false;
    // Waits until the picture has really been drawn, this once.
    this.renderer.getContext().finish();
    this.events.first_picture();
  }
}
