// Stretches of the timeline as a thin band below the slider, those that were superseded dashed.

interface StretchesProps {
  readonly stretches: readonly {
    /** From 0 to 1. */
    readonly from: number;
    readonly to: number;
    readonly words: string;
    readonly superseded: boolean;
  }[];
}

export function Stretches({ stretches }: StretchesProps) {
  if (stretches.length === 0) return null;
  return (
    <ul class="stretches" aria-label="Phases of the training">
      {stretches.map(({ from, to, words, superseded }) => (
        <li
          key={from}
          class={superseded ? "superseded" : ""}
          style={{ left: `${100 * from}%`, width: `${100 * (to - from)}%` }}
          title={words}
        >
          <span class="unseen">{words}</span>
        </li>
      ))}
    </ul>
  );
}
