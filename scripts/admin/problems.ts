// Reports mistakes and warnings.
import { formatProblem, type Problem } from '../../src/config/problems/problem.ts';
import type { Report } from './topic.ts';

/** @param good the sentence for when there is no mistake */
export function reportProblems(problems: readonly Problem[], good: string): Report {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const warnings = problems.filter(({ severity }) => severity === 'warning');
  const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
  const lines = [
    ...errors.map((problem) => `  - ${formatProblem(problem)}`),
    ...warnings.map((problem) => `  - warning: ${formatProblem(problem)}`),
  ];
  const head = errors.length > 0 ? `${count(errors.length, 'mistake')}, ${count(warnings.length, 'warning')}` : good;
  return {
    json: { ok: errors.length === 0, errors: errors.map(tellProblem), warnings: warnings.map(tellProblem) },
    text: [head + (lines.length > 0 ? ':' : '.'), ...lines, ''].join('\n'),
    bad: errors.length > 0,
  };
}

/** Returns a mistake as JSON, with its sentence for people. */
export const tellProblem = (problem: Problem): object => ({ ...problem, sentence: formatProblem(problem) });
