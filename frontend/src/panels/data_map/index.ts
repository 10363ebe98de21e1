import { layerSection } from "../layer_section";
import { fetchDataMap } from "./api";
import type { DataMap } from "./model";
import { DataMapPanel } from "./panel";

export const DATA_MAP = layerSection<{ map: DataMap }>({
  name: "Data map",
  title: "How confidently and how consistently the model learns each sample",
  questions: {
    map: ({ store, key }) => {
      if (!store.measures.hasOutputs.value) return null;
      return { key: "", ask: (signal) => fetchDataMap(key, signal) };
    },
  },
  panel: DataMapPanel,
});
