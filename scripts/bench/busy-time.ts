// The processor time that a process has taken.
import { readFileSync } from 'node:fs';

/** Returns the processor time of a process since its start, in milliseconds. Linux only. */
export function busyMs(pid: number | undefined): number {
  // proc(5): field 3 follows the name in parentheses; fields 14 and 15 are hundredths of a second.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** The same for a process and its direct children, such as workers. */
export function busyMsOfAll(pid: number | undefined): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return [pid, ...children.map(Number)].reduce<number>((sum, one) => sum + busyMs(one), 0);
}
