// The errors that a person may read: one entry each. The log has the details.

type Entry = {
  /** The HTTP statuses that it is answered with. The first one counts where none is named. */
  status: readonly [number, ...number[]];
  /** Whether the answer says how long to wait: as long as the error names, or for a few seconds where it may name none. */
  wait?: 'named' | 'default';
};

/** To add one, see "How to add an error" in ARCHITECTURE.md. */
export const PAGE_ERRORS = {
  /** A post that did not come from a form of this browser. */
  csrf: { status: [403] },
  /** A post that no form of ours sends. */
  form_unreadable: { status: [400, 413, 415] },
  not_found: { status: [404, 405] },
  /** A page that knows other methods. */
  method_not_allowed: { status: [405] },
  /** Too many requests at a reference app. */
  rate_limited: { status: [429], wait: 'named' },
  /** Too many requests at the common ID. */
  too_many_requests: { status: [429], wait: 'named' },
  /** The database, or the hashing of passwords, has too much to do. */
  busy: { status: [503], wait: 'named' },
  /** Another app does not answer. */
  unavailable: { status: [503], wait: 'default' },
  /** A fault of ours. */
  unexpected: { status: [500] },
  /** An interaction that is over, or another browser's. */
  interaction_expired: { status: [400] },
  /** The client was removed or disabled while the person was at a page of ours. */
  client_unknown: { status: [400] },
  /** The following four are errors of oidc-provider that cannot be answered to a client. */
  invalid_request: { status: [400] },
  invalid_client: { status: [400] },
  invalid_redirect_uri: { status: [400] },
  invalid_request_uri: { status: [400] },
  /** A link that no longer undoes a change of address. */
  undo_dead: { status: [400] },
  /** A link that no longer undoes a migration. */
  migration_undo_dead: { status: [400] },
  /** A pushed request that another browser opened first. */
  opened_elsewhere: { status: [400] },
  /** A browser that keeps no cookies. */
  cookies_off: { status: [400] },
} as const satisfies Record<string, Entry>;

export type PageErrorCode = keyof typeof PAGE_ERRORS;

/** Whether a page has words for this code. */
export function isPageErrorCode(code: string): code is PageErrorCode {
  return Object.hasOwn(PAGE_ERRORS, code);
}

type Options = {
  /** For the log only. */
  detail?: string;
  /** Where the page's way on leads: a path of ours, or the URL of a registered client. The app's start where it is left out. */
  wayOn?: string;
  cause?: unknown;
};
type EntryOf<Code extends PageErrorCode> = (typeof PAGE_ERRORS)[Code];
type NamesWait<Code extends PageErrorCode> = EntryOf<Code> extends { wait: 'named' } ? true : false;
type OptionsOf<Code extends PageErrorCode> = Options & {
  status?: EntryOf<Code>['status'][number];
} & (NamesWait<Code> extends true ? { retryAfterSeconds: number } : { retryAfterSeconds?: number });
type Given = {
  [Code in PageErrorCode]: NamesWait<Code> extends true
    ? [code: Code, options: OptionsOf<Code>]
    : [code: Code, options?: OptionsOf<Code>];
}[PageErrorCode];

/** An error that the error page shows. Its words are `errors.<code>.title`, `.text`, and `.action` on the way on. */
export class PageError extends Error {
  override name = 'PageError';
  readonly code: PageErrorCode;
  readonly status: number;
  readonly wayOn: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  /** `status` is one of the code's statuses. `retryAfterSeconds` may have a fraction; it is rounded up. */
  constructor(...[code, options = {}]: Given) {
    const { detail, cause, status, wayOn, retryAfterSeconds }: Options & { status?: number; retryAfterSeconds?: number } =
      options;
    super(detail ?? code, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status ?? PAGE_ERRORS[code].status[0];
    this.wayOn = wayOn;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
