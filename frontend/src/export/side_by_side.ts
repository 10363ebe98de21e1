// Two pictures as one: beside one another, or one above the other, as they stand on the page.
import type { PictureExport } from "../types";

type Picture = readonly HTMLCanvasElement[];

export class SideBySide implements PictureExport {
  constructor(
    private readonly first: PictureExport,
    private readonly second: PictureExport,
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

  get markWidth(): number {
    return this.first.markWidth;
  }

  /** The first picture's: the second one's samples are counted by themselves. */
  screenPositions(): Float32Array {
    return this.first.screenPositions();
  }

  drawAt<T>(ratio: number, use: (picture: Picture) => T): T | null {
    return this.first.drawAt(ratio, (first) =>
      this.second.drawAt(ratio, (second) => {
        const sheet = this.sheetFor(first);
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
      sheet ??= this.sheetFor(picture);
      this.put(sheet, picture, place);
      drawn([sheet]);
    };
    this.drawAt(1, ([whole]) => {
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

  private sheetFor([samples]: Picture): HTMLCanvasElement {
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
