// Reads what a job needs, as it is stored.

/**
 * The payload; an empty one where the text is none of ours. Whoever does the job then fails, alone and with a reason: the jobs that were
 * asked for together with it must not wait behind it.
 */
export function readJobPayload(text: string): Record<string, unknown> {
  try {
    const payload: unknown = JSON.parse(text);
    return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
