// The layer's units: which are dead, die and wake at this step, and which tell the classes apart best. A click colours the
// samples by what the unit answers to them.

import { ListBox } from "../../controls/list_box";
import { withUnit } from "../../model/text/measured_value";
import { chooseColor } from "../../state/actions/choose_view";
import { namedStep } from "../../state/derived/titles";
import type { Store } from "../../state/store";
import type { SectionProps } from "../layer_section";
import { mostSelective, turnover, type Units } from "./model";

const ROW_HEIGHT = 28;

export function UnitsPanel({ store, answers }: SectionProps<{ units: Units }>) {
  const { metrics } = store.measures;
  const { units } = answers;
  const step = store.step.value ?? Number.NaN;
  const changed = metrics.value === null ? null : turnover(metrics.value, step);
  const listed = units === null ? [] : mostSelective(units);
  const color = store.colorBy.value;
  const at = (place: number) => listed[place] ?? 0;
  const chosen = listed.findIndex((unit) => color === `unit: ${unit}`);
  return (
    <div class="units">
      {changed !== null && (
        <>
          <Listed store={store} title={`Dead at ${namedStep(store, step)}`} units={changed.dead} />
          <Listed store={store} title="Newly dead" units={changed.died} />
          <Listed store={store} title="Newly active" units={changed.woken} />
        </>
      )}
      {units === null ? (
        <p role="status">Analyzing the units…</p>
      ) : (
        <>
          <h3>Most selective at {namedStep(store, units.step)}</h3>
          <p>Share of a unit's variance that is between classes, and the class it prefers.</p>
          <ListBox
            name="Units by selectivity"
            count={listed.length}
            rowHeight={ROW_HEIGHT}
            chosen={chosen === -1 ? null : chosen}
            keyOf={at}
            choose={(place) => chooseColor(store, `unit: ${at(place)}`)}
            point={() => {}}
          >
            {(place) => (
              <div class="of-sample">
                <span>Unit {at(place)}</span>
                <span class="name">
                  prefers {units.classes[units.prefers[at(place)] ?? -1] ?? "none"}
                </span>
                <span class="count">{withUnit(units.selectivity[at(place)] ?? null, "share")}</span>
              </div>
            )}
          </ListBox>
        </>
      )}
    </div>
  );
}

const MOST = 24;

interface ListedProps {
  readonly store: Store;
  readonly title: string;
  readonly units: readonly number[];
}

function Listed({ store, title, units }: ListedProps) {
  return (
    <p>
      {title}: {units.length === 0 && "none"}
      {units.slice(0, MOST).map((unit) => (
        <button
          key={unit}
          type="button"
          class="link"
          aria-label={`Color by unit ${unit}`}
          title="Color the samples by the activation of this unit"
          onClick={() => chooseColor(store, `unit: ${unit}`)}
        >
          {unit}
        </button>
      ))}
      {units.length > MOST && ` and ${units.length - MOST} more`}
    </p>
  );
}
