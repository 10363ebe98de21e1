// What a person notes about samples while looking through them.
import type { Column } from "./table";

/** Keys 1 to 3, in this order. */
export const TAGS = ["wrong label", "fine", "unsure"] as const;
export type Tag = (typeof TAGS)[number];

/** By sample. */
export type Tags = ReadonlyMap<number, Tag>;

/** Gives all of the samples the tag; takes it from them where all have it already. */
export function tagged(before: Tags, ids: readonly number[], tag: Tag): Tags {
  const tags = new Map(before);
  const all = ids.every((id) => before.get(id) === tag);
  for (const id of ids) {
    if (all) tags.delete(id);
    else tags.set(id, tag);
  }
  return tags;
}

/** The tags as a column, so that they can be searched, shown and exported like any other. */
export function tagColumn(tags: Tags, samples: number, name: string): Column {
  const codes = new Int32Array(samples).fill(-1);
  for (const [id, tag] of tags) if (id < samples) codes[id] = TAGS.indexOf(tag);
  return { type: "category", name, codes, words: TAGS };
}
