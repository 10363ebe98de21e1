// From a metadata column to the colour of every sample and the legend that explains it.
import type { Legend, LegendEntry } from "./legend";
import { CATEGORIES, COLORS, categoryColor, css, GREY, MISTAKE, type Rgb } from "./palette";
import { legibleRamp } from "./ramp";
import type { Theme } from "./types";

/** How far a group's classes are from its colour to black or white, at most, in so many steps. */
const SHADES = 5;
const DEEPEST = 0.5;
const TRUTH = /^(true|false|yes|no)$/i;
const TRUE = /^(true|yes)$/i;

/** How more classes than colours come by theirs: by groups (of each word), or only some of them (by their codes). */
export type Sharing =
  | { readonly kind: "groups"; readonly groups: Int32Array }
  | { readonly kind: "only"; readonly codes: ReadonlySet<number> };

/** Four bytes a sample, red green blue and 255, or 0 where the mark is hollow. */
export interface Coloring {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly legend: Legend;
}

export function colorAlike(samples: number, theme: Theme): Coloring {
  return { bytes: paint(samples, () => GREY[theme]), legend: { kind: "none" } };
}

/**
 * `before` are words whose colours are given already, in the order of the colours; `totals` says how common each word
 * is where that is more than the codes tell; `unseen` are samples that are drawn nowhere, and not counted.
 */
export function colorByCategory(
  codes: Int32Array,
  words: readonly string[],
  theme: Theme,
  before: readonly string[] = [],
  totals?: readonly number[],
  sharing: Sharing | null = null,
  unseen: readonly number[] = [],
): Coloring {
  const counts = new Array<number>(words.length).fill(0);
  let missing = 0;
  for (const code of codes) {
    if (code in counts) counts[code] = (counts[code] ?? 0) + 1;
    else missing += 1;
  }
  for (const i of unseen) {
    const code = codes[i] ?? -1;
    if (code in counts) counts[code] = (counts[code] ?? 0) - 1;
    else missing -= 1;
  }
  const colorOf = sharedColors(words, totals ?? counts, theme, before, sharing);
  const named = [...colorOf.keys()];
  const bytes = paint(codes.length, (i) => {
    const code = codes[i] ?? -1;
    return code in counts ? (colorOf.get(code) ?? GREY[theme]) : null;
  });
  const entries = named.map(
    (code): LegendEntry => ({
      name: words[code] ?? "",
      count: counts[code] ?? 0,
      color: css(colorOf.get(code) ?? GREY[theme]),
      hollow: false,
      codes: [code],
    }),
  );
  const others =
    codes.length - unseen.length - missing - entries.reduce((sum, entry) => sum + entry.count, 0);
  if (named.length < words.length) {
    const name = `other (${words.length - named.length} more)`;
    const codes = words.map((_, code) => code).filter((code) => !colorOf.has(code));
    entries.push({ name, count: others, color: css(GREY[theme]), hollow: false, codes });
  }
  const none = missing > 0 ? [missingEntry(missing, theme)] : [];
  entries.push(...none);
  const legend: Legend = { kind: "categories", entries };
  return {
    bytes: fillHollow(bytes, theme),
    legend:
      sharing?.kind === "groups"
        ? { ...legend, groups: [...groupEntries(sharing.groups, words, counts, theme), ...none] }
        : legend,
  };
}

/** Right and wrong predictions: only what is wrong, code 0, has a color. */
export function colorByCorrectness(
  codes: Int32Array,
  words: readonly string[],
  theme: Theme,
  unseen: readonly number[] = [],
): Coloring {
  const hidden = new Set(unseen);
  const colors = [MISTAKE[theme], GREY[theme]];
  const count = (code: number) =>
    codes.reduce((sum, one, i) => sum + Number(one === code && !hidden.has(i)), 0);
  const entries = words.map(
    (name, code): LegendEntry => ({
      name,
      count: count(code),
      color: css(colors[code] ?? GREY[theme]),
      hollow: false,
      codes: [code],
    }),
  );
  const missing = count(-1);
  if (missing > 0) entries.push(missingEntry(missing, theme));
  const bytes = paint(codes.length, (i) => colors[codes[i] ?? -1] ?? null);
  return { bytes: fillHollow(bytes, theme), legend: { kind: "categories", entries } };
}

function sharedColors(
  words: readonly string[],
  counts: readonly number[],
  theme: Theme,
  before: readonly string[],
  sharing: Sharing | null,
): ReadonlyMap<number, Rgb> {
  if (sharing === null) return colorsOf(words, counts, theme, before);
  if (sharing.kind === "groups") return shadesOf(sharing.groups, theme);
  const codes = namedCodes([...sharing.codes], counts, COLORS);
  return new Map(codes.map((code, i) => [code, CATEGORIES[theme][i] ?? GREY[theme]]));
}

/** A group's classes have its colour, the more of black (in the dark theme of white) the later they come. */
function shadesOf(groups: Int32Array, theme: Theme): ReadonlyMap<number, Rgb> {
  const ranks = new Map<number, number>();
  const end = theme === "light" ? 0 : 255;
  return new Map(
    [...groups].map((group, code) => {
      const rank = ranks.get(group) ?? 0;
      ranks.set(group, rank + 1);
      const share = (DEEPEST * (rank % SHADES)) / (SHADES - 1);
      const [red, green, blue] = CATEGORIES[theme][group] ?? GREY[theme];
      const mix = (byte: number) => Math.round(byte + share * (end - byte));
      return [code, [mix(red), mix(green), mix(blue)]];
    }),
  );
}

/** Named by their two largest classes. */
function groupEntries(
  groups: Int32Array,
  words: readonly string[],
  counts: readonly number[],
  theme: Theme,
): LegendEntry[] {
  const size = (code: number) => counts[code] ?? 0;
  return [...new Set(groups)]
    .sort((a, b) => a - b)
    .map((group) => {
      const codes = [...words.keys()].filter((code) => groups[code] === group);
      const largest = [...codes].sort((a, b) => size(b) - size(a) || a - b).slice(0, 2);
      const named = largest.map((code) => words[code]).join(", ");
      const more = codes.length - largest.length;
      return {
        name: more > 0 ? `${named} and ${more} more` : named,
        count: codes.reduce((sum, code) => sum + size(code), 0),
        color: categoryColor(group, theme),
        hollow: false,
        codes,
      };
    });
}

/** The colour of each word, as `colorByCategory` gives it to samples. */
export function categoryColors(
  codes: Int32Array,
  words: readonly string[],
  theme: Theme,
  sharing: Sharing | null = null,
): readonly Rgb[] {
  const counts = new Array<number>(words.length).fill(0);
  for (const code of codes) if (code in counts) counts[code] = (counts[code] ?? 0) + 1;
  const colorOf = sharedColors(words, counts, theme, [], sharing);
  return words.map((_, code) => colorOf.get(code) ?? GREY[theme]);
}

/** Within the limits given, else within the values' own. */
export function colorByNumber(
  values: Float64Array,
  theme: Theme,
  within?: readonly [number, number] | null,
  ofTime = false,
  unseen: readonly number[] = [],
): Coloring {
  const [low, high] = within ?? limits(values);
  const ramp = legibleRamp(theme);
  const span = high > low ? high - low : 1;
  let missing = 0;
  const bytes = paint(values.length, (i) => {
    const value = values[i] ?? Number.NaN;
    if (!Number.isNaN(value)) return ramp((value - low) / span);
    missing += 1;
    return null;
  });
  missing -= unseen.filter((i) => Number.isNaN(values[i])).length;
  const stops = Array.from({ length: 9 }, (_, i) => css(ramp(i / 8)));
  return {
    bytes: fillHollow(bytes, theme),
    legend: {
      kind: "ramp",
      low,
      high,
      ofTime,
      gradient: `linear-gradient(to right, ${stops.join(", ")})`,
      missing: missing > 0 ? missingEntry(missing, theme) : null,
    },
  };
}

/** Seconds since 1970: the later, the further along the ramp. */
export function colorByDate(
  values: Float64Array,
  theme: Theme,
  within?: readonly [number, number] | null,
  unseen: readonly number[] = [],
): Coloring {
  return colorByNumber(values, theme, within, true, unseen);
}

/** Those of the words that have a colour of their own, in the legend's order. */
function colorsOf(
  words: readonly string[],
  counts: readonly number[],
  theme: Theme,
  before: readonly string[],
): ReadonlyMap<number, Rgb> {
  // The same everywhere, also where all samples are true.
  if (words.every((word) => TRUTH.test(word))) {
    const place = (word: string) => Number(TRUE.test(word));
    return new Map(
      words.map((word, code) => [code, CATEGORIES[theme][place(word)] ?? GREY[theme]]),
    );
  }
  const free = CATEGORIES[theme].slice(before.length);
  const codes = words.map((_, code) => code).filter((code) => !before.includes(words[code] ?? ""));
  const given = before.flatMap((word, i): [number, Rgb][] => {
    const code = words.indexOf(word);
    return code === -1 ? [] : [[code, CATEGORIES[theme][i] ?? GREY[theme]]];
  });
  const added = namedCodes(codes, counts, free.length).map((code, i): [number, Rgb] => [
    code,
    free[i] ?? GREY[theme],
  ]);
  return new Map([...given, ...added].sort(([a], [b]) => a - b));
}

/** All words where the colours suffice, else the largest, one colour fewer: "other" is the tenth entry. */
function namedCodes(
  codes: readonly number[],
  counts: readonly number[],
  colors: number,
): readonly number[] {
  if (codes.length <= colors) return codes;
  const largest = [...codes].sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a - b);
  return largest.slice(0, Math.max(0, colors - 1)).sort((a, b) => a - b);
}

/** The 2 % and 98 % quantiles: a few extreme values must not flatten the ramp for all others. */
function limits(values: Float64Array): [number, number] {
  const sorted = values.filter((value) => Number.isFinite(value)).sort();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const [low, high] = [at(0.02), at(0.98)];
  return low < high ? [low, high] : [at(0), at(1)];
}

function paint(samples: number, colorOf: (i: number) => Rgb | null): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 * samples);
  for (let i = 0; i < samples; i += 1) {
    const color = colorOf(i);
    if (color === null) continue;
    bytes[4 * i] = color[0];
    bytes[4 * i + 1] = color[1];
    bytes[4 * i + 2] = color[2];
    bytes[4 * i + 3] = 255;
  }
  return bytes;
}

function fillHollow(bytes: Uint8Array<ArrayBuffer>, theme: Theme): Uint8Array<ArrayBuffer> {
  for (let i = 0; i < bytes.length; i += 4) {
    if (bytes[i + 3] === 0) bytes.set(GREY[theme], i);
  }
  return bytes;
}

function missingEntry(count: number, theme: Theme): LegendEntry {
  return { name: "no value", count, color: css(GREY[theme]), hollow: true, codes: [-1] };
}
