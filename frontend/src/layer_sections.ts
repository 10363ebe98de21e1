// The sections of the inspector's "Layer", in their order.
import { CKA } from "./panels/cka";
import { CLASS_PAIR } from "./panels/class_pair";
import { CONFUSION } from "./panels/confusion";
import { CURVES } from "./panels/curves";
import { DATA_MAP } from "./panels/data_map";
import type { LayerSection } from "./panels/layer_section";
import { RUNS } from "./panels/runs";
import { UNITS } from "./panels/units";

export const LAYER_SECTIONS: readonly LayerSection[] = [
  CURVES,
  CKA,
  CONFUSION,
  DATA_MAP,
  CLASS_PAIR,
  UNITS,
  RUNS,
];
