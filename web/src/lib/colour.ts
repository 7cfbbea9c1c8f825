// Loss is warm, gain is cool: nine steps, the same in map, bars and flows, as classes of the style sheet.
export const STEPS = ['w4', 'w3', 'w2', 'w1', 'n', 'c1', 'c2', 'c3', 'c4'] as const;
export type Step = (typeof STEPS)[number];
const ENDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 40, 80];

/** The end of the scale that holds nine in ten of the values that are not zero. */
export function end(values: (number | null)[]): number {
  const sizes = values.filter((one): one is number => one !== null && Math.abs(one) > 1e-9).map(Math.abs).sort((a, b) => a - b);
  const wanted = sizes[Math.floor(0.9 * (sizes.length - 1))] ?? 1;
  return ENDS.find((one) => one >= wanted) ?? 80;
}

/** The step of a value; `rise` is 1 where a rise is a gain and −1 where a fall is. */
export function step(value: number, end: number, rise: number): Step {
  const at = Math.max(-1, Math.min(1, (rise * value) / end));
  const place = Math.abs(at) < 0.02 ? 0 : Math.sign(at) * Math.max(1, Math.ceil(Math.abs(at) * 4 - 1e-9));
  return STEPS[place + 4]!;
}
