// The errors that are shown to people. The log has the details.
import type { LimitName } from '../telemetry/events.ts';

type Entry = {
  /** The possible HTTP statuses; the first one is the default. */
  status: readonly [number, ...number[]];
  /** Whether the response says how long to wait: `named` by the error, or a `default` of a few seconds. */
  wait?: 'named' | 'default';
};

/** To add one, see "How to add an error" in ARCHITECTURE.md. */
export const PAGE_ERRORS = {
  /** A post that did not come from a form of this browser. */
  csrf: { status: [403] },
  /** A POST that none of our forms sends. */
  form_unreadable: { status: [400, 413, 415] },
  not_found: { status: [404, 405] },
  /** The page supports other methods only. */
  method_not_allowed: { status: [405] },
  /** Too many requests at a reference app. */
  rate_limited: { status: [429], wait: 'named' },
  /** Too many requests at the common ID. */
  too_many_requests: { status: [429], wait: 'named' },
  /** The process, the database or the password hashing is overloaded. */
  busy: { status: [503], wait: 'named' },
  /** Another app does not answer. */
  unavailable: { status: [503], wait: 'default' },
  /** An error of ours. */
  unexpected: { status: [500] },
  /** The interaction has ended, or belongs to another browser. */
  interaction_expired: { status: [400] },
  /** An operator has disabled the ID. Only a person who has proven to be its owner learns it. */
  id_disabled: { status: [403] },
  /** The client was removed or disabled while the person was on our pages. */
  client_unknown: { status: [400] },
  /** The next four are errors of oidc-provider that cannot be returned to a client. */
  invalid_request: { status: [400] },
  invalid_client: { status: [400] },
  invalid_redirect_uri: { status: [400] },
  invalid_request_uri: { status: [400] },
  /** A link that no longer undoes a change of address. */
  undo_dead: { status: [400] },
  /** A link that belongs to no request for a lost mailbox, or no longer. */
  lost_mailbox_dead: { status: [400] },
  /** A link that no longer undoes a migration. */
  migration_undo_dead: { status: [400] },
  /** A link that no longer reports a sign-in. */
  sign_in_report_dead: { status: [400] },
  /** A link that stops no mails. */
  unsubscribe_dead: { status: [400] },
  removal_dead: { status: [400] },
  /** A pushed request that another browser opened first. */
  opened_elsewhere: { status: [400] },
  /** The browser does not accept cookies. */
  cookies_off: { status: [400] },
} as const satisfies Record<string, Entry>;

export type PageErrorCode = keyof typeof PAGE_ERRORS;

/** Whether the code is one of `PAGE_ERRORS`. */
export function isPageErrorCode(code: string): code is PageErrorCode {
  return Object.hasOwn(PAGE_ERRORS, code);
}

type Options = {
  /** For the log only. */
  detail?: string;
  /** The target of the page's link: one of our paths, or the URL of a registered client. Defaults to the app's start page. */
  wayOn?: string;
  /** The limit that refused, for `too_many_requests`. */
  limit?: LimitName;
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

/** An error for the error page. Its texts are `errors.<code>.title`, `.text`, and `.action` for the link. */
export class PageError extends Error {
  override name = 'PageError';
  readonly code: PageErrorCode;
  readonly status: number;
  readonly wayOn: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly limit: LimitName | undefined;

  /** `status` is one of the code's statuses. `retryAfterSeconds` may have a fraction; it is rounded up. */
  constructor(...[code, options = {}]: Given) {
    const { detail, cause, status, wayOn, limit, retryAfterSeconds }: Options & { status?: number; retryAfterSeconds?: number } =
      options;
    super(detail ?? code, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status ?? PAGE_ERRORS[code].status[0];
    this.wayOn = wayOn;
    this.limit = limit;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
