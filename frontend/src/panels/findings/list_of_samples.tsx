// The samples that a rule names: the first of them at a glance, all of them once it is opened.

import type { Ranked } from "../../measures";
import { mostListed, type SampleList } from "../../model/measures/sample_lists";
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
  const { columns, count } = store.samples;
  const label = store.label.value;
  const neighbors = new Map(ranked?.map((one) => [one.sample, one.neighbors]));
  const says = (id: number) => {
    const they = neighbors.get(id);
    return they === undefined
      ? labelAndPrediction(columns.value, label, id)
      : arrow(labelOf(columns.value, label, id), they.label, they.share);
  };
  return (
    <Glance
      store={store}
      id={list.id}
      title={list.title}
      count={list.count}
      meaning={sentence(list.meaning)}
      note={manyInWords(list.count, mostListed(list.count, count.value), count.value)}
      ranked={ranked}
      score={list.score}
      write={writeNumber}
      says={says}
    />
  );
}
