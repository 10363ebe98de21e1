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

export interface Wardrobe {
  readonly dots: Dots;
  /** Null while there are no thumbnails. */
  readonly images: Images | null;
  readonly looks: Looks;
  readonly poses: Scene;
  readonly camera: Camera;
  readonly magnification: number;
  readonly size: Size;
  readonly pixel_ratio: number;
  readonly drawing: Drawing;
  readonly theme: Theme;
  readonly screen: () => Float32Array;
}

/** The width of a sample as it is drawn then, in CSS pixels. */
export function dress(from: Wardrobe): number {
  const { dots, images, looks, poses, camera, size, pixel_ratio, drawing, theme } = from;
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
  dots.set_style(
    {
      ...style,
      size: dot_size(view),
      opacity: dot_opacity(samples),
      dimmed_opacity: dimmed_opacity(samples, null),
      ring: ring_width(looks.selected, null),
    },
    dimensions,
  );
  dots.object.visible = !images_shown || view.in_view > MOST_IMAGES;
  if (images === null) return dot_size(view);
  images.object.visible = images_shown;
  if (!images_shown) return dot_size(view);
  const width = image_size(thumbnails, view);
  const stage = [size.width, size.height] as const;
  const ring = ring_width(looks.selected, thumbnails);
  const faint = dimmed_opacity(view.in_view, thumbnails);
  images.set_style({ ...style, size: width, stage, ring, dimmed_opacity: faint });
  const ids = images_in_order(looks, seen, dimensions === 3 ? from.screen() : null);
  images.set_samples(ids, poses.from, poses.to, looks);
  return width;
}
