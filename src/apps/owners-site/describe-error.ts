// What an error says, for the log.

/** The message with those of its causes: `fetch` and openid-client tell the reason there. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const description = 'error_description' in error ? ` (${String(error.error_description)})` : '';
  return error.message + description + (error.cause instanceof Error ? `: ${describeError(error.cause)}` : '');
}
