// An input for a number that takes effect once it is finished, on Enter or on leaving, and within its limits. What is being
// typed stays, whatever else the page does meanwhile.
import { useState } from "preact/hooks";

export interface NumberLimits {
  readonly low?: number | null;
  readonly high?: number | null;
  /** Whole numbers only. */
  readonly whole?: boolean;
}

interface NumberInputProps extends NumberLimits {
  /** For the label that names it; without one it has a name of its own. */
  readonly id?: string;
  readonly name?: string;
  readonly title?: string;
  readonly value: number;
  readonly choose: (value: number) => void;
}

export function NumberInput(props: NumberInputProps) {
  const { id, name, title, value, low, high, whole = false, choose } = props;
  const [typed, type] = useState<string | null>(null);
  return (
    <input
      id={id}
      type="number"
      aria-label={name}
      title={title}
      min={low ?? undefined}
      max={high ?? undefined}
      step={whole ? 1 : "any"}
      value={typed ?? (Number.isNaN(value) ? "" : value)}
      onInput={(event) => type(event.currentTarget.value)}
      onChange={(event) => {
        const input = event.currentTarget;
        // The browser says what is wrong with it.
        if (input.value === "" || !input.reportValidity()) return;
        type(null);
        choose(input.valueAsNumber);
      }}
      onBlur={(event) => {
        // What is out of range stays, marked as such, so that one sees what was not taken.
        if (event.currentTarget.validity.valid) type(null);
      }}
    />
  );
}
