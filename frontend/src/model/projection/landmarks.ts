// Layouts of which only some samples, the landmarks, were laid out and the others placed by them.

/** The smallest share of landmarks that was measured, see docs/scaling.md. */
const MEASURED_SHARE = 0.04;
/** By how much trustworthiness was lower there, at most. */
const MNIST_LOSS = 0.03;

/** "Placed by 20,000 landmarks". */
export function placedBy(landmarks: number): string {
  return `Placed by ${landmarks.toLocaleString("en-US")} landmarks`;
}

/** The same, with what was measured of the samples that were placed, where it was. */
export function placedInWords(landmarks: number, trustworthiness: number | null): string {
  if (trustworthiness === null) return placedBy(landmarks);
  return `${placedBy(landmarks)} (trustworthiness of the placed samples: ${trustworthiness.toFixed(3)})`;
}

/** What is known beforehand of a layout by so many landmarks: what was measured of such a share, on MNIST. */
export function expectedInWords(landmarks: number, samples: number): string {
  if (landmarks / samples >= MEASURED_SHARE) {
    return `${placedBy(landmarks)}; on MNIST this lowered trustworthiness by less than ${MNIST_LOSS}.`;
  }
  return `${placedBy(landmarks)}, less than 4 % of the samples: what that loses was not measured.`;
}
