// Samples of this run that are also in another one: test samples that were trained on.
import { Field } from "../../controls/field";
import { RankedSamples } from "../../controls/ranked_samples";
import { writeNumber } from "../../model/samples/table";
import { sampleListProps } from "../../state/actions/sample_list_props";
import { otherSetsOf } from "../../state/derived/other_layers";
import type { Store } from "../../state/store";
import type { Leaks } from "./model";

interface InBothSetsProps {
  readonly store: Store;
  readonly leaks: Leaks | null;
  /** The run that is searched, null for none. */
  readonly run: string | null;
  readonly choose: (run: string | null) => void;
}

export function InBothSets({ store, leaks, run, choose }: InBothSetsProps) {
  const sets = otherSetsOf(store);
  if (sets.length === 0) return null;
  return (
    <>
      <h3>Samples in both sets</h3>
      <Field
        name="Search"
        title="A run of the same training with other samples, such as those that were trained on"
        options={[["", "no other set"], ...sets.map((one) => [one, one] as const)]}
        chosen={run ?? ""}
        choose={(one) => choose(one === "" ? null : one)}
      />
      {run !== null && leaks === null && <p role="status">Searching {run}…</p>}
      {run !== null && leaks !== null && (
        <p>
          {leaks.count === 0 ? "None" : leaks.count.toLocaleString("en-US")} of{" "}
          {leaks.of.toLocaleString("en-US")} samples are also in {run}.
        </p>
      )}
      {run !== null && leaks !== null && leaks.count > 0 && (
        <RankedSamples
          {...sampleListProps(store)}
          name={`Samples that are also in ${run}`}
          ranked={leaks.samples}
          total={leaks.count}
          score="closeness of both"
          write={writeNumber}
          select={(ids) => store.samples.select(ids, "list")}
        />
      )}
    </>
  );
}
