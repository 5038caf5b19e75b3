// An error that a person may read: a code, a status and a text key; the log has the detail.

/** Names a sentence in the texts: `errors.<code>.title`, `errors.<code>.text`, and `errors.<code>.action` on the way on. */
export class PageError extends Error {
  override name = 'PageError';
  readonly code: string;
  readonly status: number;
  /** Where the page's way on leads; the app's start if left out. */
  readonly wayOn: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  /**
   * @param code stable name, and key of the texts
   * @param status HTTP status, 4xx or 503
   * @param options `detail` goes to the log only; `wayOn` is a path of ours or the URL of a registered client
   */
  constructor(
    code: string,
    status: number,
    options: {
      detail?: string;
      wayOn?: string;
      retryAfterSeconds?: number;
      cause?: unknown;
    } = {},
  ) {
    super(options.detail ?? code, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = status;
    this.wayOn = options.wayOn;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
