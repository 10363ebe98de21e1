import { layerSection } from "../layer_section";
import { fetchUnits } from "./api";
import type { Units } from "./model";
import { UnitsPanel } from "./panel";

export const UNITS = layerSection<{ units: Units }>({
  name: "Units",
  title: "Which units separate the classes, and which are dead",
  questions: {
    units: ({ key, step }) =>
      step === null ? null : { key: String(step), ask: (signal) => fetchUnits(key, step, signal) },
  },
  panel: UnitsPanel,
});
