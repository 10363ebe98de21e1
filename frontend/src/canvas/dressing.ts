// Decides what is drawn of the samples, dots or thumbnails or both, how large, and which; tells the two that draw them.
import type { Drawing, Theme } from "../types";
import { type Camera, clip_matrix, type Size } from "./camera";
import {
  dimmed_opacity,
  dot_opacity,
  dot_size,
  image_size,
  MOST_IMAGES,
  ring_width,
  shows_images,
  type View,
} from "./detail";
import type { Images } from "./images";
import type { Looks } from "./looks";
import type { Dots } from "./points";
import type { Scene } from "./screen";
import { images_in_order, samples_in_view } from "./visible";

/** What somebody has set of how the samples are drawn: factors, 1 for our own choice. */
export interface Tuning {
  readonly size: number;
  readonly opacity: number;
}

/** What decides how samples look, whatever draws them. */
export interface Attire {
  readonly looks: Looks;
  readonly poses: Scene;
  readonly camera: Camera;
  readonly magnification: number;
  readonly size: Size;
  readonly pixel_ratio: number;
  readonly drawing: Drawing;
  readonly theme: Theme;
  readonly tuning: Tuning;
  readonly screen: () => Float32Array;
}

export interface Wardrobe extends Attire {
  readonly dots: Dots;
  /** Null while there are no thumbnails. */
  readonly images: Images | null;
  readonly ghosts: readonly Dots[];
}

/** The width of a sample as it is drawn then, in CSS pixels. */
export function dress(from: Wardrobe): number {
  const { dots, images, looks, poses, camera, size, pixel_ratio, drawing, theme } = from;
  const { tuning } = from;
  const focus = camera.kind === "space" ? camera.distance : 1;
  const dimensions = camera.kind === "space" ? 3 : 2;
  const samples = looks.order.length;
  const seen =
    images === null || drawing === "dots"
      ? null
      : samples_in_view(looks.order, poses, clip_matrix(camera, size), size);
  const view: View = {
    samples,
    in_view: seen === null ? samples : seen.reduce((sum, one) => sum + one, 0),
    magnification: from.magnification,
    dark: theme === "dark",
  };
  const thumbnails = images?.thumbnails ?? null;
  const images_shown = seen !== null && shows_images(drawing, thumbnails, view);
  const style = { pixel_ratio, focus, theme };
  const dot_style = {
    ...style,
    size: tuning.size * dot_size(view),
    opacity: Math.min(1, tuning.opacity * dot_opacity(samples)),
    dimmed_opacity: Math.min(1, tuning.opacity * dimmed_opacity(samples, null)),
    ring: ring_width(looks.selected, null),
  };
  dots.set_style(dot_style, dimensions);
  const ghostly = { ...dot_style, dimmed_opacity: 2 * dot_style.dimmed_opacity };
  for (const ghost of from.ghosts) ghost.set_style(ghostly, dimensions);
  dots.object.visible = !images_shown || view.in_view > MOST_IMAGES;
  if (images === null) return dot_style.size;
  images.object.visible = images_shown;
  if (!images_shown) return dot_style.size;
  const width = tuning.size * image_size(thumbnails, view);
  const stage = [size.width, size.height] as const;
  const ring = ring_width(looks.selected, thumbnails);
  const faint = dimmed_opacity(view.in_view, thumbnails);
  images.set_style({ ...style, size: width, stage, ring, dimmed_opacity: faint });
  const ids = images_in_order(looks, seen, dimensions === 3 ? from.screen() : null);
  images.set_samples(ids, poses.from, poses.to, looks);
  return width;
}
