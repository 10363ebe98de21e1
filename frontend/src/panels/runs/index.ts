import { comparedRunOf, keyOf } from "../../state/derived/other_layers";
import { layerSection } from "../layer_section";
import { fetchComparison, fetchLeaks } from "./api";
import type { Comparison, Leaks, RunChoice } from "./model";
import { RunsPanel } from "./panel";

export const RUNS = layerSection<{ comparison: Comparison; leaks: Leaks }, RunChoice>({
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
    leaks: ({ store, key, choice }) => {
      const run = choice?.leaks ?? null;
      const other = run === null ? null : keyOf(store, { run, layer: key.layer });
      if (run === null || other === null) return null;
      return {
        key: JSON.stringify(other),
        subject: run,
        ask: (signal) => fetchLeaks(key, run, signal),
      };
    },
  },
  panel: RunsPanel,
});
