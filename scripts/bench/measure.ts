// Repeats a request with bounded concurrency and measures its speed.
export type Measured = { perSecond: number; p50: number; p99: number };

export type HowMuch = {
  /** How many requests to count, or for how long. */
  count?: number;
  seconds?: number;
  /** The number of concurrent requests. */
  atOnce: number;
};

/** @param work one request; an error ends the measurement */
export async function measure(work: (index: number) => Promise<unknown>, howMuch: HowMuch): Promise<Measured> {
  const { count = Infinity, seconds = Infinity, atOnce } = howMuch;
  const times: number[] = [];
  const started = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count && performance.now() - started < seconds * 1000) {
      const index = next++;
      const began = performance.now();
      await work(index);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const took = (performance.now() - started) / 1000;
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0;
  return { perSecond: times.length / took, p50: at(0.5), p99: at(0.99) };
}
