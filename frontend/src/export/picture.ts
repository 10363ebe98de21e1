// The picture as an image file: the samples, lines and words as they are drawn, on the stage's colour, with a legend beside.

import { writeMoment } from "../dates";
import type { Legend, LegendEntry } from "../legend";
import { css, STAGE } from "../palette";
import type { PictureExport, Theme } from "../types";

const LINE = 18;
const MARGIN = 12;

export interface Caption {
  readonly title: string;
  readonly legend: Legend;
}

/** Draws the picture at so many pixels a CSS pixel; `caption` is null where nothing is to be written on it. */
export async function pictureFile(
  pictureExport: PictureExport,
  ratio: number,
  theme: Theme,
  caption: Caption | null,
): Promise<Blob> {
  const sheet = pictureExport.drawAt(ratio, (picture) => compose(picture, theme));
  if (sheet === null) throw new Error("There is no picture to save yet.");
  const wanted = Math.floor(pictureExport.width * ratio);
  if (sheet.width < wanted) {
    throw new Error(
      `The picture would be ${wanted} pixels wide; this graphics card draws at most ${sheet.width}. Choose a smaller scale.`,
    );
  }
  if (caption !== null) writeCaption(sheet, ratio, theme, caption);
  const blob = await new Promise<Blob | null>((done) => sheet.toBlob(done, "image/png"));
  if (blob === null)
    throw new Error("The browser could not encode the picture. Choose a smaller scale.");
  return blob;
}

/** The layers on one another, on the stage's colour. A sheet that is handed in is used again. */
export function compose(
  picture: readonly HTMLCanvasElement[],
  theme: Theme,
  sheet = document.createElement("canvas"),
): HTMLCanvasElement {
  const [samples] = picture;
  const { width, height } = samples ?? sheet;
  if (sheet.width !== width || sheet.height !== height) Object.assign(sheet, { width, height });
  const context = contextOf(sheet);
  context.fillStyle = css(STAGE[theme]);
  context.fillRect(0, 0, width, height);
  for (const layer of picture) {
    if (layer.width > 0 && layer.height > 0) context.drawImage(layer, 0, 0, width, height);
  }
  return sheet;
}

function writeCaption(sheet: HTMLCanvasElement, ratio: number, theme: Theme, caption: Caption) {
  const context = contextOf(sheet);
  context.scale(ratio, ratio);
  context.font = "12px Roboto, system-ui, sans-serif";
  context.textBaseline = "middle";
  const ink = theme === "dark" ? "#ffffff" : "#212121";
  context.lineJoin = "round";
  context.lineWidth = 6;
  context.strokeStyle = css(STAGE[theme]);
  const write = (text: string, x: number, y: number) => {
    context.strokeText(text, x, y);
    context.fillStyle = ink;
    context.fillText(text, x, y);
  };
  write(caption.title, MARGIN, MARGIN + LINE / 2);
  for (const [i, { name, color, hollow }] of entriesOf(caption.legend).entries()) {
    const y = MARGIN + (i + 1.5) * LINE;
    write(name, MARGIN + 16, y);
    context.beginPath();
    context.arc(MARGIN + 5, y, 4, 0, 2 * Math.PI);
    context.save();
    context.lineWidth = 1.5;
    context.strokeStyle = context.fillStyle = color;
    if (hollow) context.stroke();
    else context.fill();
    context.restore();
  }
}

type Entry = Pick<LegendEntry, "name" | "color" | "hollow">;

/** A ramp is named by its ends. */
export function entriesOf(legend: Legend): readonly Entry[] {
  if (legend.kind === "categories") return legend.groups ?? legend.entries;
  if (legend.kind === "none") return [];
  const stops = legend.gradient.match(/rgb\([^)]*\)/g) ?? [];
  const span = legend.high - legend.low;
  const write = (value: number) =>
    legend.ofTime ? writeMoment(value, span) : String(Number(value.toPrecision(4)));
  const ends: Entry[] = [
    { name: write(legend.low), color: stops[0] ?? "", hollow: false },
    { name: write(legend.high), color: stops.at(-1) ?? "", hollow: false },
  ];
  return legend.missing === null ? ends : [...ends, legend.missing];
}

function contextOf(sheet: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = sheet.getContext("2d");
  if (context === null) throw new Error("The browser has no memory for a picture of this size.");
  return context;
}
