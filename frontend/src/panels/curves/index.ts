import { layerSection } from "../layer_section";
import { CurvesPanel } from "./panel";

/** Asks nothing: the curves are known to the whole page. */
export const CURVES = layerSection({
  name: "Curves",
  title: "Accuracy, class separation, dead units and more over the training",
  questions: {},
  panel: CurvesPanel,
});
