// Describes an error for the log.

/** Returns the messages of the error and its causes, where `fetch` and openid-client put the reason. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const description = 'error_description' in error ? ` (${String(error.error_description)})` : '';
  return error.message + description + (error.cause instanceof Error ? `: ${describeError(error.cause)}` : '');
}
