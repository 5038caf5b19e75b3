// A mistake in the configuration, and its message.

export type Problem = {
  /** An error stops the start; a warning is only logged. */
  severity: 'error' | 'warning';
  /** A file, relative to the project's root; or `environment`, `command line`. */
  source: string;
  /** The place in the source, such as `redirect_uris[0]` or `COOKIE_KEYS`; absent for the whole source. */
  key?: string | undefined;
  expected: string;
  /** The value found; never a secret. See `describeValue`. */
  found: string;
  /** How to correct it, if `expected` does not say so. */
  hint?: string | undefined;
};

/** Formats a problem: `source: key: expected …, found …; hint`. */
export function formatProblem(problem: Problem): string {
  const where = problem.key === undefined ? problem.source : `${problem.source}: ${problem.key}`;
  const sentence = `${where}: expected ${problem.expected}, found ${problem.found}`;
  return problem.hint === undefined ? sentence : `${sentence}; ${problem.hint}`;
}
