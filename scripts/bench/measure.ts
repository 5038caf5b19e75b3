// Repeats a request with bounded concurrency and says how quick it was.
export type Measured = { perSecond: number; p50: number; p99: number };

/**
 * @param work one request; what it throws ends the measurement
 * @param options.count how many are counted, after a tenth of them to warm up
 * @param options.atOnce how many are under way at the same time
 */
export async function measure(
  work: (index: number) => Promise<unknown>,
  { count, atOnce }: { count: number; atOnce: number },
): Promise<Measured> {
  const warmUp = Math.ceil(count / 10);
  await repeat(work, 0, warmUp, atOnce);
  const started = performance.now();
  const times = await repeat(work, warmUp, count, atOnce);
  const seconds = (performance.now() - started) / 1000;
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0;
  return { perSecond: count / seconds, p50: at(0.5), p99: at(0.99) };
}

async function repeat(
  work: (index: number) => Promise<unknown>,
  first: number,
  count: number,
  atOnce: number,
): Promise<number[]> {
  const times: number[] = [];
  let next = first;
  const worker = async (): Promise<void> => {
    while (next < first + count) {
      const index = next++;
      const started = performance.now();
      await work(index);
      times.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return times;
}
