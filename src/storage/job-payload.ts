// Reads the stored payload of a job.

/**
 * Parses the payload; returns an empty one if the text is corrupted. Then only this job fails, with a reason, and does not block the
 * jobs that are leased together with it.
 */
export function readJobPayload(text: string): Record<string, unknown> {
  try {
    const payload: unknown = JSON.parse(text);
    return typeof payload === 'object' && payload !== null ? { ...payload } : {};
  } catch {
    return {};
  }
}
