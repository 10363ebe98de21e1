import { layerSection } from "../layer_section";
import { fetchConfusion } from "./api";
import type { Confusion } from "./model";
import { ConfusionPanel } from "./panel";

export const CONFUSION = layerSection<{ confusion: Confusion }>({
  name: "Confusion",
  title: "How many samples of each label are predicted as each class",
  questions: {
    confusion: ({ store, key, step }) => {
      // Without the model's outputs nothing is confused.
      if (step === null || !store.measures.hasOutputs.value) return null;
      return { key: String(step), ask: (signal) => fetchConfusion(key, step, signal) };
    },
  },
  panel: ConfusionPanel,
});
