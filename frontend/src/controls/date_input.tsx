// An input for a day that takes effect once it is finished. Days are UTC's, in seconds since 1970.
import { useState } from "preact/hooks";

interface DateInputProps {
  readonly name: string;
  readonly title: string;
  readonly value: number;
  /** The day's beginning. */
  readonly choose: (value: number) => void;
}

export function DateInput({ name, title, value, choose }: DateInputProps) {
  const [typed, type] = useState<string | null>(null);
  return (
    <input
      type="date"
      aria-label={name}
      title={title}
      value={typed ?? dayOf(value)}
      onInput={(event) => type(event.currentTarget.value)}
      onBlur={(event) => {
        const { value: day, valueAsNumber: milliseconds } = event.currentTarget;
        type(null);
        if (day !== dayOf(value) && !Number.isNaN(milliseconds)) choose(milliseconds / 1000);
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
      }}
    />
  );
}

function dayOf(seconds: number): string {
  const moment = new Date(1000 * seconds);
  return Number.isNaN(moment.getTime()) ? "" : moment.toISOString().slice(0, 10);
}
