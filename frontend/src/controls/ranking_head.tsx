// Above a list of ranked samples: selects what it holds, and says what ranks it.

interface RankingHeadProps {
  /** How many of them are listed, and how many there are. */
  readonly listed: number;
  readonly total: number;
  /** What the scores count; "" where there are none. */
  readonly score: string;
  readonly select: () => void;
}

export function RankingHead({ listed, total, score, select }: RankingHeadProps) {
  return (
    <div class="row-of-fields">
      <button type="button" title="Selects the listed samples" onClick={select}>
        Select {listed < total ? `the first ${listed} of ${total}` : "all"}
      </button>
      <div class="spring" />
      {score !== "" && <small title={sentence(score)}>by {score}</small>}
    </div>
  );
}

export function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1) + (words.endsWith(".") ? "" : ".");
}
