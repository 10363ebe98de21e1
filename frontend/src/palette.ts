// The colours of the page. Every one has a contrast of at least 3:1 with the stage of its theme, and the same position means the
// same class in both themes.
import type { Theme } from "./types";

export type Rgb = readonly [number, number, number];

export const STAGE: Readonly<Record<Theme, Rgb>> = { light: rgb("#ffffff"), dark: rgb("#262626") };

export const CATEGORIES: Readonly<Record<Theme, readonly Rgb[]>> = {
  light: "#866e07 #035d35 #042ecc #bf7eac #05927b #a356fb #da2665 #920f02 #d47c46 #426da7"
    .split(" ")
    .map(rgb),
  dark: "#fdd22f #2ab873 #4d81fb #e091c9 #76f8db #8a73ad #b26676 #df3f2b #fb822d #9ec7fe"
    .split(" ")
    .map(rgb),
};
/** So many classes have a colour each. */
export const COLORS = 10;

/** Around selected samples, and around the one whose card is shown: the theme's text and accent. */
export const RINGS: Readonly<Record<Theme, { readonly selected: Rgb; readonly chosen: Rgb }>> = {
  light: { selected: rgb("#212121"), chosen: rgb("#c25400") },
  dark: { selected: rgb("#ffffff"), chosen: rgb("#ffa040") },
};
export const GREY: Readonly<Record<Theme, Rgb>> = { light: rgb("#757575"), dark: rgb("#9e9e9e") };

/** A sample that is predicted wrong, among grey ones. */
export const MISTAKE: Readonly<Record<Theme, Rgb>> = {
  light: rgb("#d01716"),
  dark: rgb("#ff6b5e"),
};

/** The colour of a category by its place, grey where the colours are used up. */
export function categoryColor(place: number, theme: Theme): string {
  return css(CATEGORIES[theme][place] ?? GREY[theme]);
}

/** WCAG's contrast ratio. */
export function contrast(a: Rgb, b: Rgb): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

export function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

function luminance(color: Rgb): number {
  const [red = 0, green = 0, blue = 0] = color.map((byte) => {
    const c = byte / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function rgb(hex: string): Rgb {
  const number = Number.parseInt(hex.slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}
