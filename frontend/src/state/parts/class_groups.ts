// More classes than there are colours: those that lie near one another share one, or somebody names those to be coloured.
import type { ReadonlySignal } from "@preact/signals";
import type { Sharing } from "../../color";
import type { Column } from "../../model/samples/table";
import { classMedians } from "../../model/scene/trails";
import { COLORS } from "../../palette";
import type { Dimensions } from "../../types";
import type { FrameCache } from "./frame_cache";

export type Category = Extract<Column, { readonly type: "category" }>;

interface Parts {
  readonly frames: ReadonlySignal<FrameCache | null>;
  readonly steps: ReadonlySignal<readonly number[]>;
  readonly dimensions: ReadonlySignal<Dimensions>;
  readonly groupsBefore: ReadonlySignal<ReadonlyMap<string, number>>;
}

const ROUNDS = 20;

/** Groups the classes of a column as they lie at the last step; colours stay while the steps are played. */
export class ClassGroups {
  private readonly known = new WeakMap<
    readonly string[],
    { readonly frames: FrameCache; readonly groups: Int32Array }
  >();

  constructor(private readonly parts: Parts) {}

  /** The group of each word; null where each has a colour of its own, and until the last step is there. */
  of({ words, codes }: Category): Int32Array | null {
    if (words.length <= COLORS) return null;
    const { frames, steps, dimensions, groupsBefore } = this.parts;
    const before = groupsBefore.value;
    if (before.size > 0) return Int32Array.from(words, (word) => before.get(word) ?? 0);
    const shown = frames.value;
    const step = steps.value.at(-1);
    if (shown === null || step === undefined) return null;
    const known = this.known.get(words);
    if (known?.frames === shown) return known.groups;
    if (!shown.frames.value.has(step)) return null;
    const pose = shown.pose(step, dimensions.peek());
    if (pose === null) return null;
    const places = classMedians(pose, codes, [...words.keys()], null);
    const groups = groupPlaces(places, COLORS);
    this.known.set(words, { frames: shown, groups });
    return groups;
  }
}

/** How the classes share the colours; null where they need not. */
export function sharingOf(
  { words }: Category,
  only: string,
  groups: Int32Array | null,
): Sharing | null {
  if (words.length <= COLORS) return null;
  const codes = codesWith(words, only);
  if (only !== "" && codes.length > 0) return { kind: "only", codes: new Set(codes) };
  return groups && { kind: "groups", groups };
}

/** Says which classes have colours of their own where a text was asked for; more than there are colours have none. */
export function coloredInWords({ words }: Category, only: string): string {
  const count = codesWith(words, only).length;
  if (count === 0) return `No class name contains “${only}”.`;
  const largest = count > COLORS ? `the ${COLORS - 1} largest of ${count} ` : "";
  return `Colored: ${largest}classes with “${only}”.`;
}

function codesWith(words: readonly string[], text: string): readonly number[] {
  const wanted = text.toLowerCase();
  return [...words.keys()].filter((code) => words[code]?.toLowerCase().includes(wanted));
}

/**
 * The group of each place, x y z, such that near places are together: k-means from places far from one another, so that
 * it is the same each time. Places that are NaN, of classes without samples, are in the first group.
 */
export function groupPlaces(places: Float32Array, most: number): Int32Array {
  const count = places.length / 3;
  const at = (i: number) => [0, 1, 2].map((c) => places[3 * i + c] as number);
  const there = [...Array(count).keys()].filter((i) => !Number.isNaN(places[3 * i]));
  const groups = new Int32Array(count);
  let centres = farApart(there.map(at), most);
  for (let round = 0; round < ROUNDS && centres.length > 0; round += 1) {
    let moved = false;
    for (const i of there) {
      const group = nearest(centres, at(i));
      if (groups[i] !== group) moved = true;
      groups[i] = group;
    }
    if (!moved && round > 0) break;
    centres = centres.map((centre, group) => {
      const members = there.filter((i) => groups[i] === group).map(at);
      return members.length === 0 ? centre : mean(members);
    });
  }
  return groups;
}

/** The first is the one farthest from the middle, each next the one farthest from those before. */
function farApart(places: readonly number[][], most: number): number[][] {
  if (places.length === 0) return [];
  const chosen: number[][] = [];
  let away = places.map((place) => distance(place, mean(places)));
  while (chosen.length < most) {
    const farthest = away.indexOf(Math.max(...away));
    if (chosen.length > 0 && away[farthest] === 0) break;
    const next = places[farthest] as number[];
    const fresh = chosen.length === 0;
    chosen.push(next);
    away = places.map((place, i) => {
      const far = distance(place, next);
      return fresh ? far : Math.min(far, away[i] as number);
    });
  }
  return chosen;
}

function nearest(centres: readonly number[][], place: readonly number[]): number {
  let best = 0;
  for (const [i, centre] of centres.entries()) {
    if (distance(centre, place) < distance(centres[best] as number[], place)) best = i;
  }
  return best;
}

function mean(places: readonly number[][]): number[] {
  return [0, 1, 2].map(
    (c) => places.reduce((sum, one) => sum + (one[c] as number), 0) / places.length,
  );
}

function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, c) => sum + (value - (b[c] as number)) ** 2, 0);
}
