import { comparedRunOf, keyOf } from "../../state/derived/other_layers";
import { layerSection } from "../layer_section";
import { fetchComparison } from "./api";
import type { Comparison, RunChoice } from "./model";
import { RunsPanel } from "./panel";

export const RUNS = layerSection<{ comparison: Comparison }, RunChoice>({
  name: "Runs",
  title: "Compare with another run of the same samples, in numbers and by sample",
  questions: {
    comparison: ({ store, key, step, choice }) => {
      const compared = comparedRunOf(store, choice?.other ?? null);
      const other = compared && keyOf(store, compared);
      if (other === null || step === null) return null;
      return {
        key: JSON.stringify([other, step]),
        subject: JSON.stringify(choice?.other ?? null),
        ask: (signal) => fetchComparison(key, other, step, signal),
      };
    },
  },
  panel: RunsPanel,
});
