// Decides what is drawn of the samples, dots or thumbnails or both, how large, and which; tells the two that draw them.
import type { Drawing, Theme } from "../types";
import { type Camera, clipMatrix, type Size } from "./camera";
import {
  dimmedOpacity,
  dotOpacity,
  dotSize,
  imageSize,
  MOST_IMAGES,
  ringWidth,
  showsImages,
  type View,
} from "./detail";
import type { Images } from "./images";
import { overlap } from "./overlap";
import type { PointAttributes } from "./point_attributes";
import type { Dots } from "./points";
import { type Scene, screenPositions } from "./screen";
import { imagesInOrder, samplesInView } from "./visible";

/** What somebody has set of how the samples are drawn: factors, 1 for our own choice. */
export interface Tuning {
  readonly size: number;
  readonly opacity: number;
}

/** What decides how samples look, whatever draws them. */
export interface MarkStyle {
  readonly looks: PointAttributes;
  readonly poses: Scene;
  readonly camera: Camera;
  readonly magnification: number;
  readonly size: Size;
  readonly pixelRatio: number;
  readonly drawing: Drawing;
  readonly theme: Theme;
  readonly tuning: Tuning;
  readonly screen: () => Float32Array;
}

export interface MarkChoice extends MarkStyle {
  readonly dots: Dots;
  /** Null while there are no thumbnails. */
  readonly images: Images | null;
  readonly ghosts: readonly Dots[];
}

/** The width of a sample as it is drawn then, in CSS pixels. */
export function dress(from: MarkChoice): number {
  const { dots, images, looks, poses, camera, size, pixelRatio, drawing, theme } = from;
  const { tuning } = from;
  const focus = camera.kind === "space" ? camera.distance : 1;
  const dimensions = camera.kind === "space" ? 3 : 2;
  const samples = looks.order.length;
  const seen =
    images === null || drawing === "dots"
      ? null
      : samplesInView(looks.order, poses, clipMatrix(camera, size), size);
  const view: View = {
    samples,
    inView: seen === null ? samples : seen.reduce((sum, one) => sum + one, 0),
    magnification: from.magnification,
    dark: theme === "dark",
  };
  const thumbnails = images?.thumbnails ?? null;
  const width = tuning.size * imageSize(thumbnails, view);
  const imagesShown =
    seen !== null &&
    showsImages(drawing, thumbnails, view, () => {
      // Where the samples go: what is drawn need not change on the way.
      const end = screenPositions({ ...poses, mix: 1 }, clipMatrix(camera, size), size);
      return overlap(end, seen, width, size);
    });
  const style = { pixelRatio, focus, theme };
  const dotStyle = {
    ...style,
    size: tuning.size * dotSize(view),
    opacity: Math.min(1, tuning.opacity * dotOpacity(samples)),
    dimmedOpacity: Math.min(1, tuning.opacity * dimmedOpacity(samples, null)),
    ring: ringWidth(looks.selected, null),
  };
  dots.setStyle(dotStyle, dimensions);
  const ghostly = { ...dotStyle, dimmedOpacity: 2 * dotStyle.dimmedOpacity };
  for (const ghost of from.ghosts) ghost.setStyle(ghostly, dimensions);
  dots.object.visible = !imagesShown || view.inView > MOST_IMAGES;
  if (images === null) return dotStyle.size;
  images.object.visible = imagesShown;
  if (!imagesShown) return dotStyle.size;
  const stage = [size.width, size.height] as const;
  const ring = ringWidth(looks.selected, thumbnails);
  const faint = dimmedOpacity(view.inView, thumbnails);
  images.setStyle({ ...style, size: width, stage, ring, dimmedOpacity: faint });
  const ids = imagesInOrder(looks, seen, dimensions === 3 ? from.screen() : null);
  images.setSamples(ids, poses.from, poses.to, looks);
  return width;
}
