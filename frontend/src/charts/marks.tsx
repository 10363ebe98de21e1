// Words below the slider, each where it belongs; where there is no room beside the one before, a line alone.

/** A share of the width that a word needs. */
const ROOM = 0.12;

export interface Mark {
  /** From 0 to 1. */
  readonly at: number;
  readonly words: string;
  /** The same at length, for who points at it. */
  readonly title?: string;
}

export function Marks({ marks }: { marks: readonly Mark[] }) {
  if (marks.length === 0) return null;
  let free = Number.NEGATIVE_INFINITY;
  return (
    <ul class="marks" aria-label="Events of the training">
      {marks.map(({ at, words, title }) => {
        const hasRoom = at >= free;
        if (hasRoom) free = at + ROOM;
        return (
          <li
            key={at}
            class={hasRoom ? "" : "bare"}
            style={{ left: `${100 * at}%` }}
            title={title ?? words}
          >
            <span>{words}</span>
          </li>
        );
      })}
    </ul>
  );
}
