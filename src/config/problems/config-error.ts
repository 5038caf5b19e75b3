// The error of an unusable configuration. It lists all mistakes.
import { formatProblem } from './problem.ts';
import type { Problem } from './problem.ts';

export class ConfigError extends Error {
  override name = 'ConfigError';
  /** Errors first, then warnings; at least one error. */
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const errors = problems.filter((problem) => problem.severity === 'error');
    const warnings = problems.filter((problem) => problem.severity === 'warning');
    super(`the configuration has ${errors.length} ${errors.length === 1 ? 'mistake' : 'mistakes'}`);
    this.problems = [...errors, ...warnings];
  }

  /** Formats the problems for people: a line with their number, then a line for each. Ends with a newline. */
  format(): string {
    const lines = this.problems.map((problem) => {
      const sentence = formatProblem(problem);
      return `  - ${problem.severity === 'warning' ? 'warning: ' : ''}${sentence}`;
    });
    return [`${capitalized(this.message)}:`, ...lines, ''].join('\n');
  }
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
