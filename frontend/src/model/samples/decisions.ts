// What somebody has decided about labels that may be wrong: the tags, as the table that `tb-embed relabel` reads.
import type { Ranked } from "../../measures";
import { guarded, writeCsv } from "./csv_field";
import type { Tag, Tags } from "./tags";

/** How the table calls each tag. */
const DECIDED: Readonly<Record<Tag, string>> = {
  "wrong label": "fix",
  fine: "keep",
  unsure: "unsure",
};

export interface Decision {
  readonly id: number;
  readonly old: string;
  readonly new: string;
  readonly decided: string;
}

/** Those of the listed samples that have a tag, in the order of the list. */
export function decisions(
  listed: readonly Ranked[],
  tags: Tags,
  labelOf: (sample: number) => string,
): Decision[] {
  return listed.flatMap(({ sample, change_to: changeTo }) => {
    const tag = tags.get(sample);
    if (tag === undefined || changeTo === undefined) return [];
    return [{ id: sample, old: labelOf(sample), new: changeTo, decided: DECIDED[tag] }];
  });
}

export function decisionsCsv(rows: readonly Decision[]): string {
  const cells = rows.map((row) => [`${row.id}`, guarded(row.old), guarded(row.new), row.decided]);
  return writeCsv([["id", "old", "new", "decided"], ...cells]);
}
