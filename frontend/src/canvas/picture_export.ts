// Gives the picture away: as large as wanted for an image, and again at each drawing for an animation.
import type { PictureExport } from "../types";
import type { LabelCanvas } from "./label_canvas";
import type { Stage } from "./stage";

type Picture = readonly HTMLCanvasElement[];

/** The samples, and above them lines and words. */
export class StagePictureExport implements PictureExport {
  private readonly watching = new Set<(picture: Picture) => void>();

  constructor(
    private readonly stage: Stage,
    private readonly overlay: LabelCanvas,
    private readonly canvas: HTMLCanvasElement,
    private readonly above: HTMLCanvasElement,
  ) {}

  get width(): number {
    return this.canvas.clientWidth;
  }

  get height(): number {
    return this.canvas.clientHeight;
  }

  get top(): number {
    return this.canvas.getBoundingClientRect().top;
  }

  get markWidth(): number {
    return this.stage.markWidth;
  }

  screenPositions(): Float32Array {
    return this.stage.screenPositions();
  }

  drawAt<T>(ratio: number, use: (picture: Picture) => T): T | null {
    return this.stage.drawAt(ratio, () =>
      this.overlay.drawAt(ratio, () => use([this.canvas, this.above])),
    );
  }

  watch(drawn: (picture: Picture) => void): () => void {
    this.watching.add(drawn);
    this.stage.atOnce = true;
    return () => {
      this.watching.delete(drawn);
      this.stage.atOnce = this.watching.size > 0;
    };
  }

  /** There is a new picture. */
  tell(): void {
    for (const drawn of this.watching) drawn([this.canvas, this.above]);
  }
}
