// Where two runs part: in a sentence, and how fast each moves.
import { StepCurve } from "../../charts/step_curve";
import { goToStep } from "../../state/actions/measures";
import { timeAxis } from "../../state/derived/time_axis";
import { namedStep } from "../../state/derived/titles";
import type { Store } from "../../state/store";
import type { Parted } from "./model";

interface ApartProps {
  readonly store: Store;
  readonly runs: readonly [string, string];
  readonly steps: readonly number[];
  readonly parted: Parted;
}

export function Apart({ store, runs: [here, there], steps, parted }: ApartProps) {
  const { step, sentence, speed_ratio: ratio, samples } = parted;
  return (
    <>
      <h3>Where the runs part</h3>
      <p>
        {sentence}{" "}
        {step !== null && (
          <button
            type="button"
            class="link"
            title="Go to that step, and select the samples that part most"
            onClick={() => {
              goToStep(store, step);
              store.samples.select(samples, "list");
            }}
          >
            Go to {namedStep(store, step)}
          </button>
        )}
      </p>
      <StepCurve
        name={`Speed of ${here} relative to ${there}`}
        unit=""
        steps={steps}
        values={ratio}
        {...timeAxis(store, steps)}
        go={(one) => goToStep(store, one)}
        named={(one) => namedStep(store, one)}
        axis
      />
    </>
  );
}
