// How alike the layer is at any two steps, to itself or to another layer of the same samples: a map to find one's way by.

import { HeatMap } from "../../charts/heat_map";
import { Field } from "../../controls/field";
import type { OtherLayer } from "../../measures";
import { short } from "../../model/text/measured_value";
import { capitalized } from "../../model/text/words";
import { legibleRamp } from "../../ramp";
import { goToStep } from "../../state/actions/measures";
import { leftOutInWords, otherLayersOf } from "../../state/derived/other_layers";
import { namedStep, shownStep, stepNoun } from "../../state/derived/titles";
import type { Store } from "../../state/store";
import type { SectionProps } from "../layer_section";
import type { LayerSimilarity, Similarity } from "./model";

/** What is answered, by question. */
export interface CkaAnswers {
  readonly similarity: Similarity;
  readonly layers: LayerSimilarity;
}
type Props = SectionProps<CkaAnswers, OtherLayer>;

/** What is chosen is the other layer, null for the layer itself. */
export function CkaPanel(props: Props) {
  const { store, answers, choice, choose } = props;
  const layer = store.layer.value?.name ?? "";
  const others = otherLayersOf(store);
  const chosen = others.findIndex(
    ({ run, layer }) => run === choice?.run && layer === choice.layer,
  );
  const map = answers.similarity;
  const there = choice === null ? layer : `${choice.layer} of ${choice.run}`;
  return (
    <div class="cka">
      {others.length > 0 && (
        <Field
          name="Compare with"
          title="Another layer that holds the same samples, in this or another run"
          options={[
            ["", "itself"],
            ...others.map(
              (one, i) =>
                [
                  String(i),
                  one.run === store.run.value?.run ? one.layer : `${one.layer} of ${one.run}`,
                ] as const,
            ),
          ]}
          chosen={chosen === -1 ? "" : String(chosen)}
          choose={(place) => choose(place === "" ? null : (others[Number(place)] ?? null))}
        />
      )}
      {map === null ? (
        <p role="status">Comparing…</p>
      ) : (
        <StepMap store={store} map={map} itself={choice === null} there={there} />
      )}
      <p>
        {choice === null
          ? `Similarity of the layer between ${stepNoun(store)}s`
          : `Similarity of ${layer} and ${there}`}{" "}
        (linear CKA; 1 = same up to rotation and scale, 0 = unrelated).
      </p>
      <LeftOut sentence={leftOutInWords(map?.left_out ?? 0)} />
      {answers.layers !== null && <LayerMap store={store} map={answers.layers} choose={choose} />}
    </div>
  );
}

interface StepMapProps {
  readonly store: Store;
  readonly map: Similarity;
  /** The layer is compared with itself. */
  readonly itself: boolean;
  readonly there: string;
}

function StepMap({ store, map, itself, there }: StepMapProps) {
  const { cka, cka_biased: ckaBiased, steps, with_steps: withSteps } = map;
  const known = cka.flat().filter((value) => value !== null);
  const low = known.length === 0 ? 0 : Math.min(...known);
  const ramp = legibleRamp(store.theme.value);
  const here = store.step.value ?? Number.NaN;
  const noun = stepNoun(store);
  const layer = store.layer.value?.name ?? "";
  const numbered = (step: number) => shownStep(store, step);
  const named = (step: number | undefined) => (step === undefined ? "" : namedStep(store, step));
  return (
    <HeatMap
      name={`CKA of ${layer} with ${there}, from ${short(low)} to 1; arrow keys move, Enter goes there`}
      axes={[`${layer}, ${noun}`, `${there}, ${noun}`]}
      headings={[steps.map(numbered), withSteps.map(numbered)]}
      low={low}
      high={1}
      limits={[short(low), "1"]}
      values={cka}
      paint={(value) => ramp(low < 1 ? (value - low) / (1 - low) : 1)}
      framed={{ row: steps.indexOf(here), column: itself ? withSteps.indexOf(here) : -1 }}
      say={({ row, column }) => {
        const both = [cka[row]?.[column] ?? null, ckaBiased[row]?.[column] ?? null] as const;
        const none = map.state === "running" ? "not computed yet" : "undefined";
        return `${capitalized(named(steps[row]))} and ${named(withSteps[column])}: ${inWords(both, none)}`;
      }}
      choose={({ row, column }) => {
        // In the map of a layer with itself, the step that is not shown already is the one meant.
        const [a, b] = [steps[row], withSteps[column]];
        const step = itself && b !== undefined && b !== here ? b : a;
        if (step !== undefined) goToStep(store, step);
      }}
    />
  );
}

/** A debiased value, and the biased one beside it. */
function inWords(both: readonly [number | null, number | null], none: string): string {
  const [value, biased] = both;
  const beside = biased === null ? "" : ` (biased ${short(biased)})`;
  return (value === null ? none : short(value)) + beside;
}

function LeftOut({ sentence }: { sentence: string | null }) {
  return sentence === null ? null : <p class="note">{sentence}</p>;
}

interface LayerMapProps {
  readonly store: Store;
  readonly map: LayerSimilarity;
  readonly choose: (other: OtherLayer | null) => void;
}

/** The layers of the same samples, each with each at the step that is shown. */
function LayerMap({ store, map, choose }: LayerMapProps) {
  const { step, layers, cka, cka_biased: ckaBiased } = map;
  const ramp = legibleRamp(store.theme.value);
  const title = ({ run, layer }: OtherLayer) =>
    run === store.run.value?.run ? layer : `${layer} of ${run}`;
  return (
    <>
      <h3>Layers at {namedStep(store, step)}</h3>
      <HeatMap
        name={`CKA between ${layers.length} layers at ${namedStep(store, step)}, ${layers.map(title).join(", ")}; arrow keys move, Enter compares`}
        axes={["layer", "layer"]}
        headings={[layers.map(title), layers.map(title)]}
        low={0}
        high={1}
        limits={["0", "1"]}
        values={cka}
        paint={ramp}
        framed={null}
        say={({ row, column }) => {
          const [a, b] = [layers[row], layers[column]];
          const both = [cka[row]?.[column] ?? null, ckaBiased[row]?.[column] ?? null] as const;
          if (a === undefined || b === undefined) return "";
          return `${title(a)} and ${title(b)}: ${inWords(both, "undefined")}`;
        }}
        choose={({ row, column }) => {
          // The first one is the layer that is shown.
          const other = layers[column === 0 ? row : column];
          choose(other === undefined || other === layers[0] ? null : other);
        }}
      />
      <LeftOut sentence={leftOutInWords(map.left_out, true)} />
    </>
  );
}
