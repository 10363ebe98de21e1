// A set of samples, and the algebra on it. It names samples and nothing else, so it survives another step, view or engine.
import type { Combining } from "../../types";
import type { SelectionRecipe } from "../text/selection_recipe";

/** How the set came about. */
export type Reason =
  | "click"
  | "lasso"
  | "box"
  | "search"
  | "legend"
  | "list"
  | "chart"
  | "mistakes";

export interface Selection {
  /** 1 for each sample in the set. */
  readonly mask: Uint8Array;
  readonly count: number;
  readonly reason: Reason;
  /** How to make it again; null where only the samples tell. */
  readonly rule: SelectionRecipe | null;
  /** In which one goes through them; by number where none is given. */
  readonly order?: readonly number[];
}

/** The combined set, null where nothing is left of it. */
export function combine(
  before: Selection | null,
  ids: Iterable<number>,
  samples: number,
  reason: Reason,
  how: Combining,
  rule: SelectionRecipe | null = null,
): Selection | null {
  const kept = how === "replace" ? undefined : before?.mask;
  const mask = kept?.length === samples ? kept.slice() : new Uint8Array(samples);
  const value = how === "subtract" ? 0 : 1;
  for (const id of ids) {
    if (id >= 0 && id < samples) mask[id] = value;
  }
  const count = mask.reduce((sum, one) => sum + one, 0);
  return count === 0 ? null : { mask, count, reason, rule: how === "replace" ? rule : null };
}

export function idsIn(mask: Uint8Array): number[] {
  const ids: number[] = [];
  for (let i = 0; i < mask.length; i += 1) if (mask[i] === 1) ids.push(i);
  return ids;
}

/** The sample `places` further in a list, from its beginning again after its end. */
export function neighborIn(ids: readonly number[], id: number | null, places: 1 | -1): number {
  const at = id === null ? -1 : ids.indexOf(id);
  if (at !== -1) return ids[(at + places + ids.length) % ids.length] ?? 0;
  // One that is not in the list: the next of those that are.
  const after = ids.find((one) => one > (id ?? -1)) ?? ids[0] ?? 0;
  const before =
    ids.filter((one) => one < (id ?? Number.POSITIVE_INFINITY)).at(-1) ?? ids.at(-1) ?? 0;
  return places === 1 ? after : before;
}

/** Short form of a set of samples: "0-4,7". */
export function writeIds(ids: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < ids.length; ) {
    let end = i;
    while (ids[end + 1] === (ids[end] as number) + 1) end += 1;
    parts.push(end === i ? `${ids[i]}` : `${ids[i]}-${ids[end]}`);
    i = end + 1;
  }
  return parts.join(",");
}

/** Reads what `writeIds` writes; null for anything else. No more than `samples` are read, whatever the text says. */
export function readIds(text: string, samples: number): number[] | null {
  const ids: number[] = [];
  for (const part of text.split(",")) {
    const found = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (found === null) return null;
    const from = Number(found[1]);
    const to = Math.min(samples - 1, Number(found[2] ?? found[1]));
    for (let id = from; id <= to; id += 1) ids.push(id);
  }
  return ids;
}
