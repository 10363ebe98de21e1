// A field for a number that takes effect once it is finished, on Enter or on leaving. What is being typed stays, whatever
// else the page does meanwhile.
import { useState } from "preact/hooks";

interface NumberFieldProps {
  /** For the label that names it; without one it has a name of its own. */
  readonly id?: string;
  readonly name?: string;
  readonly value: number;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | "any";
  readonly choose: (value: number) => void;
}

export function NumberField({ id, name, value, min, max, step, choose }: NumberFieldProps) {
  const [typed, type] = useState<string | null>(null);
  return (
    <input
      id={id}
      type="number"
      aria-label={name}
      min={min}
      max={max}
      step={step}
      value={typed ?? value}
      onInput={(event) => type(event.currentTarget.value)}
      onChange={(event) => {
        type(null);
        const number = event.currentTarget.valueAsNumber;
        if (!Number.isNaN(number)) choose(number);
      }}
      onBlur={() => type(null)}
    />
  );
}
