import { layerSection } from "../layer_section";
import { CurvesPanel } from "./panel";

/** Asks nothing: the curves are known to the whole page. */
export const CURVES = layerSection({
  name: "Curves",
  title: "One number a step: accuracy, separation, dead units and more",
  questions: {},
  panel: CurvesPanel,
});
