// The one canvas. It is told numbers (two poses and how far between them, colours, thumbnails) and draws them when
// something has changed, never otherwise; it tells which sample is pointed at.
import type { Camera, Combining, Dimensions, Drawing, Path, Pose, Theme } from "../types";
import { clip_matrix, path_in_scene, type Size } from "./camera";
import type { Tuning } from "./dressing";
import { type ExtentChange, type ExtentOf, Eye } from "./eye";
import { listen } from "./gestures";
import { Looks } from "./looks";
import type { Painter } from "./painter";
import { Pointing } from "./pointing";
import { samples_inside } from "./polygon";
import { clip_pair, type Scene, screen_positions } from "./screen";
import { listen_for_sketches } from "./sketching";
import type { SpriteTexture } from "./sprites";
import type { StageEvents } from "./stage_events";

const MOST_PIXELS = 2;
const SMALLEST_STAGE = 2;

export class Stage {
  private readonly eye: Eye;
  private readonly listening = new AbortController();
  private readonly resizing: ResizeObserver;
  private readonly pointing: Pointing;
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
  /** In CSS pixels. */
  mark_width = 0;
  private pixel_ratio = 0;
  private tuning: Tuning = { size: 1, opacity: 1 };

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly painter: Painter,
    dimensions: Dimensions,
    private readonly events: StageEvents,
  ) {
    this.dimensions = dimensions;
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    this.eye = new Eye(dimensions, () => still.matches);
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
        sketched: (path, how) => this.enclose(path, how),
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
      this.painter.set_poses(from, to);
      this.stale.images = true;
    }
    this.request_draw();
  }

  set_extent(extent_of: ExtentOf, change: ExtentChange): void {
    this.moved(() => this.eye.set_extent(extent_of, change));
  }

  /** Four bytes a sample. */
  set_paint(paint: Uint8Array): void {
    if (this.looks.set_paint(paint)) this.moved(() => this.painter.set_looks(this.looks));
  }

  /** One of `MARK` a sample. */
  set_marks(marks: Uint8Array): void {
    if (this.looks.set_marks(marks)) this.moved(() => this.painter.set_looks(this.looks));
  }

  /** How large each sample is, in hundredths of the common size; none where all are alike. */
  set_scales(scales: Uint8Array): void {
    this.looks.set_scales(scales);
    this.moved(() => this.painter.set_looks(this.looks));
  }

  set_sprites(texture: SpriteTexture | null): void {
    this.moved(() => this.painter.set_sprites(texture));
  }

  /** Where the same samples were at other steps. */
  set_ghosts(poses: readonly Pose[]): void {
    const fitting = poses.filter(({ positions }) => positions.length === 4 * this.looks.samples);
    this.moved(() => this.painter.set_ghosts(fitting, this.looks));
  }

  set_tuning(tuning: Tuning): void {
    this.tuning = tuning;
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

  /** Shows these positions of the scene as large as they fit. */
  fit(cloud: Float32Array): void {
    if (cloud.length > 0) this.moved(() => this.eye.go_to(cloud));
  }

  look_from(camera: Camera): void {
    this.moved(() => this.eye.look_from(camera));
  }

  /** Draws at so many pixels a CSS pixel for as long as `use` takes what the canvas then holds. */
  draw_at<T>(ratio: number, use: () => T): T | null {
    const camera = this.eye.camera;
    if (this.poses === null || this.size === null || camera === null) return null;
    const draw_once = (pixels: number) => {
      if (this.poses === null || this.size === null) return;
      this.pixel_ratio = pixels;
      this.painter.resize(this.size, pixels);
      this.choose_detail();
      const clip = clip_matrix(camera, this.size);
      this.painter.draw(clip_pair(this.poses, clip), clip);
    };
    const before = this.pixel_ratio;
    draw_once(ratio);
    try {
      return use();
    } finally {
      draw_once(before);
    }
  }

  /** x, y in CSS pixels and the distance from the eye of each sample, as it is drawn now; until it is asked for again. */
  screen_positions(): Float32Array {
    if (!this.stale.screen) return this.screen;
    const camera = this.eye.camera;
    if (this.poses === null || camera === null || this.size === null) return new Float32Array();
    const clip = clip_matrix(camera, this.size);
    this.screen = this.looks.hide(screen_positions(this.poses, clip, this.size, this.screen));
    this.stale.screen = false;
    return this.screen;
  }

  dispose(): void {
    this.listening.abort();
    this.resizing.disconnect();
    this.pointing.move(null);
    cancelAnimationFrame(this.scheduled);
    this.painter.dispose();
  }

  private enclose(path: Path, how: Combining): void {
    const { camera } = this.eye;
    const { size } = this;
    const flat = camera?.kind === "plane" && size !== null;
    const outline = flat ? path_in_scene(path, camera, size) : null;
    this.events.enclose(samples_inside(path, this.screen_positions()), how, outline);
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
    if (this.poses === null || camera === null) {
      this.painter.clear();
      return;
    }
    const clip = clip_matrix(camera, this.size);
    if (this.stale.images) this.choose_detail();
    this.painter.draw(clip_pair(this.poses, clip), clip);
    this.tell_first_picture();
    this.events.drawn(clip, this.size, this.eye.moved);
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
      this.size?.width === width && this.size.height === height && this.pixel_ratio === ratio;
    if (same) return true;
    this.size = { width, height };
    this.pixel_ratio = ratio;
    this.painter.resize(this.size, ratio);
    this.eye.set_size(this.size);
    this.stale.images = this.stale.screen = true;
    return true;
  }

  private choose_detail(): void {
    const camera = this.eye.camera;
    if (!this.poses || !this.size || !camera) return;
    this.mark_width = this.painter.dress({
      looks: this.looks,
      poses: this.poses,
      camera,
      magnification: this.eye.magnification,
      size: this.size,
      pixel_ratio: this.pixel_ratio,
      drawing: this.drawing,
      theme: this.theme,
      tuning: this.tuning,
      screen: () => this.screen_positions(),
    });
    this.stale.images = false;
  }

  private hold_samples(samples: number): void {
    if (this.looks.samples === samples) return;
    this.drop_samples();
    this.looks.hold(samples);
    this.painter.hold(this.looks);
  }

  private drop_samples(): void {
    this.pointing.move(null);
    if (this.looks.samples === 0) return;
    this.looks.hold(0);
    this.painter.hold(null);
    this.stale.screen = this.stale.images = true;
  }

  private tell_first_picture(): void {
    if (!this.first) return;
    this.first = false;
    // Waits until the picture has really been drawn, this once.
    this.painter.finish();
    this.events.first_picture();
  }
}
