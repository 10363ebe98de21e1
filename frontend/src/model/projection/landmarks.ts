// Layouts of which only some samples, the landmarks, were laid out and the others placed by them.

/** By how much trustworthiness was lower with landmarks for 4 % of the samples, at most: docs/benchmarks.md. */
export const MNIST_LOSS = 0.03;

/** "Placed by 20,000 landmarks". */
export function placedBy(landmarks: number): string {
  return `Placed by ${landmarks.toLocaleString("en-US")} landmarks`;
}

/** The same, with what was measured of the samples that were placed, where it was. */
export function placedInWords(landmarks: number, trustworthiness: number | null): string {
  if (trustworthiness === null) return placedBy(landmarks);
  return `${placedBy(landmarks)} (trustworthiness of the placed samples: ${trustworthiness.toFixed(3)})`;
}
