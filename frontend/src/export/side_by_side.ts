// Two pictures as one: beside one another, or one above the other, as they stand on the page.
import type { Easel } from "../types";

type Picture = readonly HTMLCanvasElement[];

export class SideBySide implements Easel {
  constructor(
    private readonly first: Easel,
    private readonly second: Easel,
    private readonly stacked: boolean,
  ) {}

  get width(): number {
    return this.stacked ? this.first.width : this.first.width + this.second.width;
  }

  get height(): number {
    return this.stacked ? this.first.height + this.second.height : this.first.height;
  }

  get top(): number {
    return this.first.top;
  }

  get mark_width(): number {
    return this.first.mark_width;
  }

  /** The first picture's: the second one's samples are counted by themselves. */
  screen_positions(): Float32Array {
    return this.first.screen_positions();
  }

  draw_at<T>(ratio: number, use: (picture: Picture) => T): T | null {
    return this.first.draw_at(ratio, (first) =>
      this.second.draw_at(ratio, (second) => {
        const sheet = this.sheet_for(first);
        this.put(sheet, first, 0);
        this.put(sheet, second, 1);
        return use([sheet]);
      }),
    );
  }

  /** What a canvas holds can be read only while it is drawn: each picture is taken when it tells of itself. */
  watch(drawn: (picture: Picture) => void): () => void {
    let sheet: HTMLCanvasElement | null = null;
    const take = (picture: Picture, place: 0 | 1) => {
      sheet ??= this.sheet_for(picture);
      this.put(sheet, picture, place);
      drawn([sheet]);
    };
    this.draw_at(1, ([whole]) => {
      sheet = whole ?? null;
    });
    const unwatch = [
      this.first.watch((picture) => take(picture, 0)),
      this.second.watch((picture) => take(picture, 1)),
    ];
    return () => {
      for (const stop of unwatch) stop();
    };
  }

  private sheet_for([samples]: Picture): HTMLCanvasElement {
    const { width = 0, height = 0 } = samples ?? {};
    const sheet = document.createElement("canvas");
    sheet.width = this.stacked ? width : 2 * width;
    sheet.height = this.stacked ? 2 * height : height;
    return sheet;
  }

  private put(sheet: HTMLCanvasElement, picture: Picture, place: 0 | 1): void {
    const context = sheet.getContext("2d");
    const width = this.stacked ? sheet.width : sheet.width / 2;
    const height = this.stacked ? sheet.height / 2 : sheet.height;
    const [x, y] = this.stacked ? [0, place * height] : [place * width, 0];
    context?.clearRect(x, y, width, height);
    for (const layer of picture) {
      if (layer.width > 0 && layer.height > 0) context?.drawImage(layer, x, y, width, height);
    }
  }
}
