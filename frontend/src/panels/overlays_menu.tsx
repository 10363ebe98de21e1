// What can be shown on the stage besides the samples, and how large and opaque they are drawn. Folded until it is wanted.

import { CheckField, Field, SliderField } from "../controls/field";
import { Menu } from "../controls/menu";
import { withoutRepeats } from "../model/samples/prediction_columns";
import { capitalized } from "../model/text/words";
import { ghostSteps } from "../state/actions/display";
import { namesClasses, sequenceColumn } from "../state/derived/annotations";
import { namedStep, stepNoun } from "../state/derived/titles";
import { MANY_SAMPLES } from "../state/parts/display";
import type { Store } from "../state/store";
import type { DisplayMode } from "../types";

const overlaysOf = (noun: string): readonly (readonly [DisplayMode, string])[] => [
  ["none", "None"],
  ["ghost", `Another ${noun}`],
  ["onion", `Two ${noun}s`],
  ["density", "Density"],
  ["regions", "Decision regions"],
];

const ICON =
  "M12 5C7 5 2.700 8.100 1 12c1.700 3.900 6 7 11 7s9.300-3.100 11-7c-1.700-3.900-6-7-11-7zm0 11.500a4.500 4.500 0 1 1 0-9 " +
  "4.500 4.500 0 0 1 0 9zm0-2a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z";

export function OverlaysMenu({ store }: { store: Store }) {
  return (
    <Menu name="Overlays" title="Trails, class names, density; size and opacity" icon={ICON}>
      <Marks store={store} />
      <Overlays store={store} />
      <Dots store={store} />
      {store.steps.value.length > 2 && (
        <CheckField
          name={`Space ${stepNoun(store)}s evenly`}
          title="On the timeline; otherwise in proportion to the training between them"
          checked={store.display.even.value}
          choose={(even) => store.display.spaceEvenly(even)}
        />
      )}
    </Menu>
  );
}

function Marks({ store }: { store: Store }) {
  const { trails, sequence } = store.display;
  const columns = withoutRepeats(store.samples.columns.value);
  const linked = sequenceColumn(store);
  return (
    <>
      <CheckField
        name="Trails"
        title={`The last ten ${stepNoun(store)}s of hovered and selected samples and class medians`}
        checked={trails.value}
        choose={(shown) => store.display.showTrails(shown)}
      />
      {columns.some(({ type }) => type === "category") && (
        <CheckField
          name="Class names"
          title="At the median of each class; at most 20 classes"
          checked={namesClasses(store)}
          choose={(shown) => store.display.showClassNames(shown)}
        />
      )}
      {linked !== undefined && (
        <CheckField
          name="Sequence lines"
          title={`From each sample to the next, named by ${linked.name}`}
          checked={sequence.value}
          choose={(shown) => store.display.showSequence(shown)}
        />
      )}
      <Field
        name="Label samples by"
        title="Shown next to hovered and selected samples"
        options={[["", "None"], ...columns.map(({ name }) => [name, name] as const)]}
        chosen={store.display.labelBy.value}
        choose={(column) => store.display.chooseLabelBy(column)}
      />
    </>
  );
}

function Overlays({ store }: { store: Store }) {
  const { mode: overlay } = store.display;
  const steps = store.steps.value;
  const options = steps.map((step) => [`${step}`, capitalized(namedStep(store, step))] as const);
  const [first, other] = ghostSteps(store);
  return (
    <>
      <Field
        name="Overlay"
        title={`Drawn behind the samples; density by default beyond ${MANY_SAMPLES.toLocaleString("en-US")} samples`}
        options={overlaysOf(stepNoun(store))}
        chosen={overlay.value}
        choose={(value) => store.display.chooseOverlay(value as DisplayMode)}
      />
      {first !== undefined && (
        <Field
          name={overlay.value === "onion" ? `First ${stepNoun(store)}` : `Which ${stepNoun(store)}`}
          title="Drawn dimmed behind the samples"
          options={options}
          chosen={`${first}`}
          choose={(step) => store.display.chooseGhost("ghostStep", Number(step))}
        />
      )}
      {other !== undefined && (
        <Field
          name={`Second ${stepNoun(store)}`}
          title="Drawn dimmed behind the samples"
          options={options}
          chosen={`${other}`}
          choose={(step) => store.display.chooseGhost("otherStep", Number(step))}
        />
      )}
    </>
  );
}

function Dots({ store }: { store: Store }) {
  const { dotSize, opacity } = store.display;
  const numbers = withoutRepeats(store.samples.columns.value).filter(
    ({ type }) => type === "number",
  );
  return (
    <>
      {numbers.length > 0 && (
        <Field
          name="Size by"
          title="Larger numbers make larger samples; dots without a number are hollow"
          options={[["", "None"], ...numbers.map(({ name }) => [name, name] as const)]}
          chosen={store.display.sizeBy.value}
          choose={(column) => store.display.chooseSizeBy(column)}
        />
      )}
      <SliderField
        name="Size"
        title="How large samples are drawn"
        value={dotSize.value}
        choose={(factor) => store.display.tune("dotSize", factor)}
      />
      <SliderField
        name="Opacity"
        title="How opaque dots are drawn in 2D"
        value={opacity.value}
        choose={(factor) => store.display.tune("opacity", factor)}
      />
    </>
  );
}
