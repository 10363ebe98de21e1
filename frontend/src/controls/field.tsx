// A chooser, a number, a tick or a slider with its name, a tooltip and, where there is one, a note below.
import { useId } from "preact/hooks";
import { NumberInput, type NumberLimits } from "./number_input";

interface FieldProps {
  readonly name: string;
  readonly options: readonly (readonly [string, string])[];
  /** Others below them, under a title of their own. */
  readonly more?: {
    readonly title: string;
    readonly options: readonly (readonly [string, string])[];
  };
  /** Why an option cannot be chosen, by its value. */
  readonly barred?: ReadonlyMap<string, string> | undefined;
  readonly chosen: string;
  readonly choose: (value: string) => void;
  readonly note?: string;
  readonly title: string;
}

export function Field({ name, options, more, barred, chosen, choose, note, title }: FieldProps) {
  const id = useId();
  return (
    <div class="field" title={title}>
      <label for={id}>{name}</label>
      <select
        id={id}
        aria-describedby={note === undefined ? undefined : `${id}-note`}
        value={chosen}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <Options options={options} chosen={chosen} barred={barred} />
        {more !== undefined && (
          <optgroup label={more.title}>
            <Options options={more.options} chosen={chosen} />
          </optgroup>
        )}
      </select>
      {note !== undefined && (
        <span class="note" id={`${id}-note`}>
          {note}
        </span>
      )}
    </div>
  );
}

function Options({ options, chosen, barred }: Pick<FieldProps, "options" | "chosen" | "barred">) {
  return options.map(([value, title]) => (
    <option
      key={value}
      value={value}
      selected={value === chosen}
      disabled={barred?.has(value)}
      title={barred?.get(value)}
    >
      {title}
    </option>
  ));
}

interface NumberFieldProps extends NumberLimits {
  readonly name: string;
  readonly title: string;
  readonly value: number;
  readonly choose: (value: number) => void;
}

export function NumberField({ name, title, ...of }: NumberFieldProps) {
  const id = useId();
  return (
    <div class="field" title={title}>
      <label for={id}>{name}</label>
      <NumberInput id={id} {...of} />
    </div>
  );
}

interface CheckFieldProps {
  readonly name: string;
  readonly checked: boolean;
  readonly title: string;
  readonly choose: (checked: boolean) => void;
}

export function CheckField({ name, checked, title, choose }: CheckFieldProps) {
  return (
    <label class="check" title={title}>
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => choose(event.currentTarget.checked)}
      />
      {name}
    </label>
  );
}

interface SliderFieldProps {
  readonly name: string;
  readonly title: string;
  /** A factor between a quarter and four. */
  readonly value: number;
  readonly choose: (value: number) => void;
}

/** Doublings and halvings are equally far. */
export function SliderField({ name, title, value, choose }: SliderFieldProps) {
  const id = useId();
  return (
    <div class="field slider" title={title}>
      <label for={id}>{name}</label>
      <input
        id={id}
        type="range"
        min={-2}
        max={2}
        step={0.25}
        value={Math.log2(value)}
        aria-valuetext={`${value.toFixed(2)} times`}
        onInput={(event) => choose(2 ** Number(event.currentTarget.value))}
      />
    </div>
  );
}
