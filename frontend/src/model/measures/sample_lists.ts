// Which lists of samples are shown first of a layer, and how much of each.
import type { RuleCount } from "../../measures";

/** The rule whose samples are named with the class to change to. */
export const LABEL_ERROR = "label_error";

/** Those that a person wants to look at, in this order, with what the whole list is called. */
const FIRST: Readonly<Record<string, string>> = {
  [LABEL_ERROR]: "Possible label errors",
  forgotten: "Forgotten at least once",
  lost: "Learned, then forgotten",
  never_learnt: "Never learned",
  duplicate: "Near duplicates",
  outlier: "Far from all others",
};
/** The others, the most telling first; what is not named here comes last. */
const LATER = ["flipping", "ambiguous", "low_margin", "neighborhood_flipping", "churned", "moved"];

/** A list that names more of the samples than this says little of any of them. */
const TELLING = 1 / 20;
const MOST_LISTED = 500;
const FEW_LISTED = 50;

export interface SampleList {
  readonly id: string;
  readonly title: string;
  readonly meaning: string;
  /** What the scores count. */
  readonly score: string;
  readonly count: number;
}

/** Those that name any sample: the first ones, and the others. */
export function sampleLists(rules: readonly RuleCount[]): {
  readonly first: readonly SampleList[];
  readonly others: readonly SampleList[];
} {
  const named = rules.filter(({ count }) => count > 0);
  const listed = ({ rule, title, ...facts }: RuleCount): SampleList => ({
    ...facts,
    id: rule,
    title: FIRST[rule] ?? title,
  });
  const place = ({ rule }: RuleCount) =>
    (LATER.indexOf(rule) + LATER.length + 1) % (LATER.length + 1);
  const others = named.filter(({ rule }) => !(rule in FIRST)).sort((a, b) => place(a) - place(b));
  return {
    first: Object.keys(FIRST).flatMap((rule) =>
      named.filter((one) => one.rule === rule).map(listed),
    ),
    others: others.map(listed),
  };
}

/** How many of a list are shown, at most. */
export function mostListed(count: number, samples: number): number {
  return namesTooMany(count, samples) ? FEW_LISTED : MOST_LISTED;
}

export function namesTooMany(count: number, samples: number): boolean {
  return count > TELLING * samples;
}

/** The lists that are shown: the first ones, and the others once they are unfolded. */
export function listsToAsk(
  rules: readonly RuleCount[],
  unfolded: boolean,
  samples: number,
): { readonly rule: string; readonly limit: number }[] {
  const { first, others } = sampleLists(rules);
  return [...first, ...(unfolded ? others : [])].map(({ id, count }) => ({
    rule: id,
    limit: mostListed(count, samples),
  }));
}
