// The samples as dots of an SVG file, for print and for other programs. Thumbnails, trails and words are left out.

import { MARK } from "../marks";
import { css, STAGE } from "../palette";
import type { Theme } from "../types";
import { type Caption, entriesOf } from "./picture";

/** More make a file that hardly any program opens. */
export const MOST_DOTS = 20_000;

export interface Drawn {
  readonly width: number;
  readonly height: number;
  /** x, y and depth of each sample in CSS pixels; NaN where it is not seen. */
  readonly screen: Float32Array;
  /** Red, green, blue and whether it is filled, of each sample. */
  readonly paint: Uint8Array;
  readonly marks: Uint8Array;
  readonly diameter: number;
}

/** Throws where there are too many dots. */
export function dotsSvg(drawn: Drawn, theme: Theme, caption: Caption | null): string {
  const { width, height, screen, marks } = drawn;
  const inside = (at: number, most: number) => at >= 0 && at <= most;
  const seen = Array.from({ length: screen.length / 3 }, (_, i) => i).filter(
    (i) => inside(screen[3 * i] as number, width) && inside(screen[3 * i + 1] as number, height),
  );
  if (seen.length > MOST_DOTS) {
    throw new Error(
      `An SVG file holds at most ${MOST_DOTS} samples; ${seen.length} are in view. Zoom in, hide some, or save a PNG.`,
    );
  }
  const rank = (i: number) => (marks[i] === MARK.dimmed ? 0 : marks[i] === MARK.plain ? 1 : 2);
  // The farthest first, dimmed ones before those that stand out.
  seen.sort(
    (a, b) => rank(a) - rank(b) || (screen[3 * b + 2] as number) - (screen[3 * a + 2] as number),
  );
  const ink = theme === "dark" ? "#ffffff" : "#212121";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="100%" height="100%" fill="${css(STAGE[theme])}"/>`,
    ...seen.map((i) => dot(drawn, i, ink)),
    ...(caption === null ? [] : words(caption, ink)),
    "</svg>",
  ].join("\n");
}

function dot({ screen, paint, marks, diameter }: Drawn, i: number, ink: string): string {
  const color = css([paint[4 * i] ?? 0, paint[4 * i + 1] ?? 0, paint[4 * i + 2] ?? 0]);
  const place = `cx="${(screen[3 * i] as number).toFixed(1)}" cy="${(screen[3 * i + 1] as number).toFixed(1)}"`;
  const hollow = paint[4 * i + 3] === 0;
  const chosen = marks[i] === MARK.selected || marks[i] === MARK.chosen;
  const rim = hollow ? ` stroke="${color}"` : chosen ? ` stroke="${ink}"` : "";
  const opacity = marks[i] === MARK.dimmed ? ' opacity="0.15"' : "";
  const fill = hollow ? "none" : color;
  return `<circle data-sample="${i}" ${place} r="${diameter / 2}" fill="${fill}"${rim}${opacity}/>`;
}

function words({ title, legend }: Caption, ink: string): string[] {
  const font = `font-family="Roboto, sans-serif" font-size="12" fill="${ink}"`;
  return [
    `<text x="12" y="25" ${font}>${escaped(title)}</text>`,
    ...entriesOf(legend).flatMap(({ name, color, hollow }, i) => [
      `<circle cx="17" cy="${39 + 18 * i}" r="4" fill="${hollow ? "none" : color}" stroke="${color}"/>`,
      `<text x="28" y="${43 + 18 * i}" ${font}>${escaped(name)}</text>`,
    ]),
  ];
}

function escaped(text: string): string {
  const signs: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
  // Control characters have no place in XML, escaped or not.
  return text.replace(/[&<>]/g, (sign) => signs[sign] ?? "").replace(/\p{Cc}/gu, " ");
}
