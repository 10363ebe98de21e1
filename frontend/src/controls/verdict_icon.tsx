// One of four signs, told apart by their shapes.

const PATHS = {
  // A disk with a tick, a triangle with a mark, a ring that is barred, a ring with a question.
  good: "M12 2a10 10 0 100 20 10 10 0 000-20zm-2 15l-5-5 1.400-1.400L10 14.200l7.600-7.600L19 8z",
  care: "M1 21h22L12 2zm12-3h-2v-2h2zm0-4h-2v-4h2z",
  motion:
    "M12 2a10 10 0 100 20 10 10 0 000-20zm0 18a8 8 0 01-6.300-12.900l11.200 11.200A7.900 7.900 0 0112 20zm6.300-3.100L7.100 5.700A8 8 0 0118.300 16.900z",
  unknown:
    "M11 18h2v-2h-2zm1-16a10 10 0 100 20 10 10 0 000-20zm0 18a8 8 0 110-16 8 8 0 010 16zm0-14a4 4 0 00-4 4h2a2 2 0 114 0c0 2-3 1.800-3 5h2c0-2.200 3-2.500 3-5a4 4 0 00-4-4z",
} as const;

export function VerdictIcon({ verdict }: { verdict: keyof typeof PATHS }) {
  return (
    <svg class="verdict" viewBox="0 0 24 24" aria-hidden="true">
      <path fill-rule="evenodd" d={PATHS[verdict]} />
    </svg>
  );
}
