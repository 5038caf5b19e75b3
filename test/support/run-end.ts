// jest's globalTeardown.
import { run } from './run-start.ts';

// jest wants a default export here.
// oxlint-disable-next-line no-default-export
export default async function end(): Promise<void> {
  for (const act of run.atEnd ?? []) await act();
}
