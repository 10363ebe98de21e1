// Words as sentences need them.

/** At the beginning of a sentence or of an option: "Epoch 7". */
export function capitalized(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** As a sentence of its own: begins and ends like one. */
export function sentence(words: string): string {
  return /[.!?]$/.test(words) ? capitalized(words) : `${capitalized(words)}.`;
}

/** "1 sample", "1,797 samples". */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

/** "50 of 1,000 runs; reading the others", while the server still reads some. */
export function readingOthers(read: number, unread: number): string {
  return `${read.toLocaleString("en-US")} of ${counted(read + unread, "run")}; reading the others`;
}

/** "47 %" of a share. */
export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
