// The samples that a rule names: the first of them at a glance, all of them once it is opened.

import { download } from "../../controls/download";
import type { Ranked } from "../../measures";
import { LABEL_ERROR, mostListed, type SampleList } from "../../model/measures/sample_lists";
import { decisions, decisionsCsv } from "../../model/samples/decisions";
import { arrow, labelAndPrediction, labelOf } from "../../model/samples/prediction_columns";
import { writeNumber } from "../../model/samples/table";
import { sentence } from "../../model/text/words";
import type { Store } from "../../state/store";
import { Glance } from "./glance";
import { manyInWords } from "./model";

interface ListProps {
  readonly store: Store;
  readonly list: SampleList;
  /** Null until they have come. */
  readonly ranked: readonly Ranked[] | null;
}

export function ListOfSamples({ store, list, ranked }: ListProps) {
  const { columns, count, tags } = store.samples;
  const label = store.label.value;
  const changes = new Map(ranked?.map((one) => [one.sample, one]));
  const says = (id: number) => {
    const one = changes.get(id);
    if (one?.same_as !== undefined) return `same as ${one.same_as}`;
    return one?.change_to === undefined
      ? labelAndPrediction(columns.value, label, id)
      : arrow(labelOf(columns.value, label, id), one.change_to, one.score);
  };
  const expected = list.id === LABEL_ERROR ? store.measures.findings.value?.label_errors : null;
  const rows = decisions(ranked ?? [], tags.value, (id) => labelOf(columns.value, label, id));
  return (
    <Glance
      store={store}
      id={list.id}
      title={list.title}
      count={list.count}
      meaning={[sentence(list.meaning), expected?.sentence].filter(Boolean).join(" ")}
      note={manyInWords(list.count, mostListed(list.count, count.value), count.value)}
      ranked={ranked}
      score={list.score}
      write={writeNumber}
      says={says}
      legend={
        list.id === LABEL_ERROR ? "Label → likely label, chance that the label is wrong." : null
      }
    >
      {rows.length > 0 && list.id === LABEL_ERROR && (
        <button
          type="button"
          title="The tagged ones as a table for tb-embed relabel: wrong label = fix, fine = keep, unsure"
          onClick={() => download("label_decisions.csv", decisionsCsv(rows), "text/csv")}
        >
          Save decisions
        </button>
      )}
    </Glance>
  );
}
