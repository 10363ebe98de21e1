import type { OtherLayer } from "../../measures";
import { layersAt } from "../../state/derived/other_layers";
import { layerSection } from "../layer_section";
import { fetchSimilarity } from "./api";
import { compareLayers } from "./compare_layers";
import { type CkaAnswers, CkaPanel } from "./panel";

export const CKA = layerSection<CkaAnswers, OtherLayer>({
  name: "CKA",
  title: "Similarity of the layer over the training, and to other layers",
  questions: {
    similarity: ({ key, choice }) => {
      const other = choice ?? { run: key.run, layer: key.layer };
      const of = JSON.stringify(other);
      const ask = (signal: AbortSignal) => fetchSimilarity(key, { ...other, v: "" }, {}, signal);
      return { key: of, subject: of, ask };
    },
    layers: ({ store, key, step }) => {
      const keys = step === null ? null : layersAt(store, key, step);
      if (step === null || keys === null) return null;
      return {
        key: JSON.stringify([step, keys]),
        ask: (signal) => compareLayers(keys, step, signal),
      };
    },
  },
  panel: CkaPanel,
});
