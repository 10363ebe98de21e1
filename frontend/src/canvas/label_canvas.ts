// Lines and words over the samples, on a canvas of their own that follows the camera. They are few: 2-D drawing is quick
// enough, and its letters are sharp.
import type { Matrix4 } from "three";
import { type GuestMarks, NO_GUESTS } from "../model/scene/guests";
import type { Annotations, Line } from "../types";
import type { Size } from "./camera";
import { drawGuests, GUEST_WIDTH, guestLabels, guestNear } from "./guest_marks";
import { type Box, haveRoom } from "./labels";

const THINNEST = 0.5;
const THICKEST = 3;
const FEW_TRAILS = 20;
const FONT_SIZE = 12;
/** Of a class's name, which stands amidst its samples. */
const NAME_SIZE = 16;
const HALO = 3;
const BESIDE = 8;

export interface Ink {
  readonly text: string;
  readonly surface: string;
}

export class LabelCanvas {
  private readonly context: CanvasRenderingContext2D | null;
  private annotations: Annotations = { lines: [], labels: [] };
  private guests: GuestMarks = NO_GUESTS;
  /** x and y of each guest where it was drawn last, in CSS pixels. */
  guestPlaces: Float32Array = NO_GUESTS.places;
  readonly guestWidth = GUEST_WIDTH;
  guestsDrawn: () => void = () => {};
  private view: { readonly clip: Matrix4; readonly size: Size } | null = null;
  private ink: Ink = { text: "#000", surface: "#fff" };
  private blank = true;
  private ratio: number | null = null;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d");
    showCanvas(canvas, false);
  }

  setInk(ink: Ink): void {
    this.ink = ink;
    this.draw();
  }

  setAnnotations(annotations: Annotations): void {
    this.annotations = annotations;
    this.draw();
  }

  setGuests(guests: GuestMarks): void {
    if (guests.names.length === 0 && this.guests.names.length === 0) return;
    this.guests = guests;
    this.draw();
  }

  guestAt(x: number, y: number): number | null {
    return guestNear(this.guestPlaces, x, y);
  }

  /** Where a guest was drawn last, in CSS pixels; null where it was not. */
  placeOf(guest: number): readonly [number, number] | null {
    const [x = Number.NaN, y = Number.NaN] = this.guestPlaces.subarray(2 * guest, 2 * guest + 2);
    return Number.isNaN(x) || Number.isNaN(y) ? null : [x, y];
  }

  /** The camera that the samples have just been drawn through. */
  follow(clip: Matrix4, size: Size): void {
    this.view = { clip, size };
    this.draw();
  }

  /** Draws at so many pixels a CSS pixel for as long as `use` takes what the canvas then holds. */
  drawAt<T>(ratio: number, use: () => T): T {
    this.ratio = ratio;
    this.draw();
    try {
      return use();
    } finally {
      this.ratio = null;
      this.draw();
    }
  }

  private draw(): void {
    const { context, view, annotations, guests } = this;
    const empty = annotations.lines.length + annotations.labels.length + guests.names.length === 0;
    if (context === null || view === null || (empty && this.blank)) return;
    fit(this.canvas, context, view.size, this.ratio ?? Math.min(2, devicePixelRatio));
    context.clearRect(0, 0, view.size.width, view.size.height);
    this.blank = empty;
    showCanvas(this.canvas, !empty);
    context.lineCap = context.lineJoin = "round";
    const widest = widthOfTrails(annotations.lines.length);
    for (const line of annotations.lines) {
      const points = onStage(line.points, view.clip, view.size);
      if (line.tapered) this.drawTrail(context, line, points, widest);
      else this.drawPath(context, line, points);
    }
    context.globalAlpha = 1;
    this.guestPlaces = onStage(guests.places, view.clip, view.size);
    drawGuests(context, this.guestPlaces, this.ink);
    this.drawLabels(context, view.clip, view.size);
    this.guestsDrawn();
  }

  private drawTrail(
    context: CanvasRenderingContext2D,
    line: Line,
    points: Float32Array,
    widest: number,
  ): void {
    const pieces = points.length / 2 - 1;
    context.strokeStyle = line.color || this.ink.text;
    for (let i = 0; i < pieces; i += 1) {
      const share = (i + 1) / pieces;
      context.lineWidth = THINNEST + (widest - THINNEST) * share;
      context.globalAlpha = 0.15 + 0.75 * share;
      context.beginPath();
      context.moveTo(points[2 * i] as number, points[2 * i + 1] as number);
      context.lineTo(points[2 * i + 2] as number, points[2 * i + 3] as number);
      context.stroke();
    }
  }

  private drawPath(context: CanvasRenderingContext2D, line: Line, points: Float32Array): void {
    context.strokeStyle = line.color || this.ink.text;
    context.lineWidth = 1;
    context.globalAlpha = 0.5;
    context.beginPath();
    for (let i = 0; i < points.length; i += 2) {
      context.lineTo(points[i] as number, points[i + 1] as number);
    }
    context.stroke();
  }

  private drawLabels(context: CanvasRenderingContext2D, clip: Matrix4, size: Size): void {
    const labels = [
      ...this.annotations.labels.map((label) => ({ ...label, beside: BESIDE })),
      ...guestLabels(this.guests),
    ];
    const family = getComputedStyle(this.canvas).fontFamily;
    const fontOf = (centred: boolean) =>
      centred ? `600 ${NAME_SIZE}px ${family}` : `${FONT_SIZE}px ${family}`;
    context.textBaseline = "middle";
    const boxes = labels.map(({ at, text, centred, beside }): Box => {
      context.font = fontOf(centred);
      const [x = 0, y = 0] = onStage(Float32Array.from(at), clip, size);
      const width = context.measureText(text).width;
      const left = centred ? x - width / 2 : x + beside;
      const height = (centred ? NAME_SIZE : FONT_SIZE) + 4;
      return { left, top: y - height / 2, width, height };
    });
    const kept = haveRoom(boxes, size.width, size.height);
    context.lineWidth = 2 * HALO;
    context.strokeStyle = this.ink.surface;
    context.fillStyle = this.ink.text;
    for (const [i, { text, centred }] of labels.entries()) {
      const box = boxes[i];
      if (!kept[i] || box === undefined) continue;
      context.font = fontOf(centred);
      const middle = box.top + box.height / 2;
      context.strokeText(text, box.left, middle);
      context.fillText(text, box.left, middle);
    }
  }
}

/** At their ends, in CSS pixels: very many would run together. */
export function widthOfTrails(count: number): number {
  return Math.max(1, THICKEST * Math.min(1, Math.sqrt(FEW_TRAILS / Math.max(1, count))));
}

/** A canvas on which nothing is drawn is laid over the others all the same, at every frame, unless it is not shown. */
export function showCanvas(canvas: HTMLCanvasElement, shown: boolean): void {
  canvas.style.display = shown ? "" : "none";
}

/** Takes on a size in CSS pixels, at so many pixels each. */
export function fit(
  canvas: HTMLCanvasElement,
  context: CanvasRenderingContext2D,
  { width, height }: Size,
  ratio: number,
): void {
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
}

/** x and y in CSS pixels of points of the scene; NaN for what lies behind the eye, where nothing is drawn. */
export function onStage(points: Float32Array, clip: Matrix4, size: Size): Float32Array {
  const e = clip.elements;
  const out = new Float32Array((points.length / 3) * 2);
  for (let i = 0; 3 * i < points.length; i += 1) {
    const x = points[3 * i] as number;
    const y = points[3 * i + 1] as number;
    const z = points[3 * i + 2] as number;
    const row = (r: 0 | 1 | 3) =>
      e[r] * x + e[(r + 4) as 4] * y + e[(r + 8) as 8] * z + e[(r + 12) as 12];
    const w = row(3);
    out[2 * i] = w > 0 ? (size.width / 2) * (1 + row(0) / w) : Number.NaN;
    out[2 * i + 1] = w > 0 ? (size.height / 2) * (1 - row(1) / w) : Number.NaN;
  }
  return out;
}
