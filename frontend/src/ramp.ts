// The ramp of colours for numbers: viridis, as far as it is legible.
import { contrast, GREY, type Rgb, rgb, STAGE } from "./palette";
import type { Theme } from "./types";

const VIRIDIS = "#440154 #482878 #3e4989 #31688e #26828e #1f9e89 #35b779 #6ece58 #b5de2b #fde725"
  .split(" ")
  .map(rgb);
const LEGIBLE = 3;

/** Viridis without the end that would vanish into the stage: the part between the cuts is stretched over 0 to 1. */
export function legibleRamp(theme: Theme): (t: number) => Rgb {
  const legible = (t: number) => contrast(viridis(t), STAGE[theme]) >= LEGIBLE;
  let from = 0;
  let to = 1;
  while (from < 1 && !legible(from)) from += 0.005;
  while (to > from && !legible(to)) to -= 0.005;
  const table = Array.from({ length: 256 }, (_, i) => viridis(from + (to - from) * (i / 255)));
  return (t) => table[Math.round(255 * Math.min(1, Math.max(0, t)))] ?? GREY[theme];
}

function viridis(t: number): Rgb {
  const at = Math.min(0.999999, Math.max(0, t)) * (VIRIDIS.length - 1);
  const i = Math.floor(at);
  const [from, to] = [VIRIDIS[i] as Rgb, VIRIDIS[i + 1] as Rgb];
  const blend = (a: number, b: number) => Math.round(a + (b - a) * (at - i));
  return [blend(from[0], to[0]), blend(from[1], to[1]), blend(from[2], to[2])];
}
