// Ranked samples, the most striking first: what selects them and what ranks them, and below it the list with their scores.
import { sentence } from "../model/text/words";
import { SampleList, type SampleListProps } from "./sample_list";

interface RankedSamplesProps extends Omit<SampleListProps, "ids" | "children"> {
  readonly ranked: readonly { readonly sample: number; readonly score: number }[];
  /** How many there are, of which these are the first. */
  readonly total: number;
  /** What the scores count; "" where there are none. */
  readonly score: string;
  readonly write: (score: number) => string;
  readonly select: (ids: readonly number[]) => void;
}

export function RankedSamples(props: RankedSamplesProps) {
  const { ranked, total, score, write, select, ...list } = props;
  const ids = ranked.map((one) => one.sample);
  return (
    <>
      <div class="row-of-fields">
        <button type="button" title="Select the listed samples" onClick={() => select(ids)}>
          Select {ids.length < total ? `the first ${ids.length} of ${total}` : "all"}
        </button>
        <div class="spring" />
        {score !== "" && <small title={sentence(score)}>by {score}</small>}
      </div>
      <SampleList {...list} ids={ids}>
        {(place) => <span class="count">{write(ranked[place]?.score ?? Number.NaN)}</span>}
      </SampleList>
    </>
  );
}
