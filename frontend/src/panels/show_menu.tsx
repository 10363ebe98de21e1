// What can be shown on the stage besides the samples, and how large and dense they are drawn: folded until it is wanted.

import { CheckField, Field, SliderField } from "../controls/field";
import { Menu } from "../controls/menu";
import { withoutRepeats } from "../model/samples/prediction_columns";
import { ghostSteps } from "../state/actions/display";
import { namesClasses, sequenceColumn } from "../state/derived/annotations";
import { shownStep } from "../state/derived/titles";
import { MANY_SAMPLES } from "../state/parts/display";
import type { Store } from "../state/store";
import type { DisplayMode } from "../types";

const OVERLAYS: readonly (readonly [DisplayMode, string])[] = [
  ["none", "Nothing"],
  ["ghost", "Ghost of a step"],
  ["onion", "Onion skin of two steps"],
  ["density", "Density"],
  ["regions", "Decision regions"],
];

export function ShowMenu({ store }: { store: Store }) {
  return (
    <Menu
      name="Show"
      title="Show: trails, names, ghosts, size and opacity"
      face={
        <>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path
              d="M12 5C7 5 2.700 8.100 1 12c1.700 3.900 6 7 11 7s9.300-3.100 11-7c-1.700-3.900-6-7-11-7zm0 11.500a4.500 4.500 0 1 1 0-9 4.500 4.500 0 0 1 0 9zm0-2a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z"
              fill-rule="evenodd"
            />
          </svg>
          <span class="unseen">Show</span>
        </>
      }
    >
      <Marks store={store} />
      <Overlays store={store} />
      <Dots store={store} />
      {store.steps.value.length > 2 && (
        <CheckField
          name="Steps evenly spaced"
          title="Each tick as far from the next; else as far as the training between them"
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
        title="The last ten steps of hovered and selected samples and of the classes' medians"
        checked={trails.value}
        choose={(shown) => store.display.showTrails(shown)}
      />
      {columns.some(({ type }) => type === "category") && (
        <CheckField
          name="Class names"
          title="At the median of each class, of at most 20"
          checked={namesClasses(store)}
          choose={(shown) => store.display.showClassNames(shown)}
        />
      )}
      {linked !== undefined && (
        <CheckField
          name="Lines along the sequence"
          title={`From each sample to the one that ${linked.name} names`}
          checked={sequence.value}
          choose={(shown) => store.display.showSequence(shown)}
        />
      )}
      <Field
        name="Label samples by"
        title="Written beside hovered and selected samples"
        options={[["", "Nothing"], ...columns.map(({ name }) => [name, name] as const)]}
        chosen={store.display.labelBy.value}
        choose={(column) => store.display.chooseLabelBy(column)}
      />
    </>
  );
}

function Overlays({ store }: { store: Store }) {
  const { mode: overlay } = store.display;
  const steps = store.steps.value;
  const options = steps.map((step) => [`${step}`, `Step ${shownStep(store, step)}`] as const);
  const [first, other] = ghostSteps(store);
  return (
    <>
      <Field
        name="Besides the samples"
        title={`One at a time; density by itself beyond ${MANY_SAMPLES.toLocaleString("en-US")} samples`}
        options={OVERLAYS}
        chosen={overlay.value}
        choose={(value) => store.display.chooseOverlay(value as DisplayMode)}
      />
      {first !== undefined && (
        <Field
          name={overlay.value === "onion" ? "From" : "Ghost of"}
          title="The step whose dots lie dimmed behind the samples"
          options={options}
          chosen={`${first}`}
          choose={(step) => store.display.chooseGhost("ghostStep", Number(step))}
        />
      )}
      {other !== undefined && (
        <Field
          name="To"
          title="The other step whose dots lie dimmed behind the samples"
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
          title="The larger the number, the larger the sample; a dot without a number is hollow"
          options={[["", "Nothing"], ...numbers.map(({ name }) => [name, name] as const)]}
          chosen={store.display.sizeBy.value}
          choose={(column) => store.display.chooseSizeBy(column)}
        />
      )}
      <SliderField
        name="Size"
        title="How large samples are drawn, times our own choice"
        value={dotSize.value}
        choose={(factor) => store.display.tune("dotSize", factor)}
      />
      <SliderField
        name="Opacity"
        title="How opaque dots are drawn in 2-D, times our own choice"
        value={opacity.value}
        choose={(factor) => store.display.tune("opacity", factor)}
      />
    </>
  );
}
