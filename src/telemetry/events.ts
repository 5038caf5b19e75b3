// The catalogue of events: what happens to a person, a client app or the service, one entry each. The line in the log, the metric and
// docs/events.md come from it. The events of the ledger stand in src/domain/ledger-events.ts and are emitted from there.
import type { MailName } from '../domain/mails.ts';
import type { Level } from './log.ts';

/**
 * The value of a field. None is personal data.
 * - a list: one of these values; a label of the metric
 * - `mail`: the name of a mail (src/domain/mails.ts); a label of the metric
 * - `text`: a sentence of the program; `texts`: several, or names from the configuration
 */
export type Field = readonly string[] | 'mail' | 'account id' | 'client id' | 'number' | 'text' | 'texts';

export type EventEntry = {
  fields: Record<string, Field>;
  /** The level of the line; `info` if left out. By value: those of labels that need attention. */
  level?: Level | Partial<Record<string, Level>>;
  /** `line`: a flood of it must not fill the log, so it is only counted. `metric`: another metric counts it. */
  without?: 'line' | 'metric';
  /** One sentence, for the documentation. */
  tells: string;
};

/** Everything that is limited. The name is the first part of the limit's counters. */
export const LIMITS = [
  'login-account',
  'login-address',
  'login-network',
  'code-mailbox',
  'code-address',
  'code-network',
  'code-overall',
  'email-change',
  'email-undo',
  'sms-number',
  'sms-account',
  'sms-address',
  'sms-network',
  'sms-overall',
  'lost-mailbox-address',
  'lost-mailbox-network',
  'user-code-browser',
  'user-code-address',
  'user-code-network',
  'device-poll',
  'legacy-hand-over',
  'client-authentication',
  'pushed-request',
  'unfinished-request',
  'operator-search',
] as const;
export type LimitName = (typeof LIMITS)[number];

/** The lines of the queue in front of the application. */
const REQUEST_LINES = ['beginning', 'page', 'token', 'program'] as const;
export type RequestLine = (typeof REQUEST_LINES)[number];

const CODE_PURPOSES = [
  'registration',
  'email_change',
  'login_number',
  'password_reset',
  'lost_mailbox',
  'lost_second_factor',
] as const;
/** What a mailed code, or one by SMS, is for. */
export type CodePurpose = (typeof CODE_PURPOSES)[number];

const MESSAGE_OUTCOMES = ['sent', 'retried', 'replaced', 'failed'] as const;

/** All events besides those of the ledger. To add one, add an entry, emit it, and run `npm run generate`. */
export const EVENTS = {
  'registration.step': {
    fields: { step: ['terms', 'address', 'code', 'profile'], client_id: 'client id' },
    tells:
      'A person completed a page of the registration: agreed to the terms (④), gave an address (⑤), proved it (⑥), gave profile and password (⑦). `account.created` is the end.',
  },
  'code.sent': {
    fields: { purpose: CODE_PURPOSES },
    tells: 'A code was drawn and its mail or SMS queued.',
  },
  'code.withheld': {
    fields: { purpose: CODE_PURPOSES },
    tells: 'A code was asked for an address that has an ID already; its owner got a mail instead.',
  },
  'code.checked': {
    fields: { purpose: CODE_PURPOSES, outcome: ['right', 'wrong', 'dead'] },
    tells: 'A code was typed. `dead`: it has no attempts left, so the right one would be refused, too.',
  },
  'login.failed': {
    fields: {
      method: ['password', 'password_otp', 'password_recovery', 'device_passkey', 'synced_passkey', 'unknown_passkey'],
      reason: ['wrong', 'unknown'],
      account: 'account id',
      client_id: 'client id',
    },
    tells:
      'A password, a code of the second factor (`password_otp`, `password_recovery`) or a passkey was refused. `unknown`: nobody has this ID or passkey. Without `client_id` it was on the pages of the ID. `account.signed_in` is the success.',
  },
  'limit.reached': {
    fields: { limit: [...LIMITS, 'other'], client_id: 'client id' },
    tells: 'A request was refused because of a limit; limits.md describes them. `client_id` if a client app was refused.',
  },
  'request.refused': {
    fields: { line: REQUEST_LINES },
    without: 'line',
    tells:
      'A busy process refused a request with 503, because it would have waited for too long. `line`: the start of a sign-in (`beginning`), another page, the token endpoint, or another endpoint for programs.',
  },
  'password_hashes.refused': {
    fields: { reason: ['source', 'account', 'draft', 'full', 'late'] },
    without: 'line',
    tells:
      'A password was not hashed: a budget of the minute was used up, the whole hashing lane was full (`full`), or its turn did not come in time (`late`).',
  },
  mail: {
    fields: { template: 'mail', outcome: MESSAGE_OUTCOMES },
    level: { retried: 'warn', failed: 'warn' },
    tells:
      'The mail server took a mail, did not take it and is asked again, another code had replaced the one in the mail, or the mail was given up.',
  },
  sms: {
    fields: {
      template: ['login-number-code', 'lost-mailbox-asked', 'lost-mailbox-waiting'],
      outcome: [...MESSAGE_OUTCOMES, 'refused'],
    },
    level: { retried: 'warn', failed: 'warn' },
    tells:
      'The gateway took an SMS, did not take it and is asked again, another code had replaced the one in the SMS, the SMS was given up, or a limit refused it before.',
  },
  'device.code': {
    fields: {
      outcome: ['issued', 'typed', 'unknown', 'expired', 'used', 'elsewhere', 'approved', 'refused'],
      client_id: 'client id',
      account: 'account id',
    },
    tells:
      'A code of the device flow: a device got one (`issued`); a person typed one that leads on (`typed`) or that does not (`unknown`, `expired`, `used`, `elsewhere`: first typed in another browser), and let the device in or not (`approved`, `refused`). `token.issued` with `device_code` is the end.',
  },
  'campaign.mails_stopped': {
    fields: { reason: ['unsubscribed', 'bounced', 'complained'] },
    tells: 'An address gets no more mails of the migration: the person stopped them, they came back, or the person complained.',
  },
  'token.issued': {
    fields: {
      grant_type: ['authorization_code', 'refresh_token', 'client_credentials', 'device_code', 'other'],
      client_id: 'client id',
      account: 'account id',
    },
    tells: 'A client app got tokens.',
  },
  'job.failed': {
    fields: { kind: 'text', outcome: ['retried', 'failed'], job: 'text', attempts: 'number', reason: 'text' },
    level: { retried: 'warn', failed: 'warn' },
    without: 'metric',
    tells: 'A run of a job failed: it is tried again later, or failed for good. `common_id_job_runs_total` counts the runs.',
  },
  'client.refused': {
    fields: {
      endpoint: [
        'authorization',
        'token',
        'pushed_authorization_request',
        'device_authorization',
        'device_resume',
        'introspection',
        'revocation',
        'userinfo',
        'end_session',
        'backchannel',
      ],
      error: 'text',
      client_id: 'client id',
      description: 'text',
      detail: 'text',
      cause: 'text',
    },
    tells: 'A request of a client app was refused. `error` is the code of OAuth 2.0; `npm run admin -- clients why` shows more.',
  },
  'page.refused': {
    fields: { error: 'text', status: 'number', detail: 'text' },
    without: 'metric',
    tells: 'A person got an error page below 500; `common_id_http_requests_total` counts the status.',
  },
  'request.answered': {
    fields: { method: 'text', route: 'text', status: 'number', ms: 'number', client_id: 'client id' },
    without: 'metric',
    tells: 'The access line of a request, with `ACCESS_LOG`. `route` is a pattern; `common_id_http_requests_total` counts it.',
  },
  'operations.called': {
    fields: {
      role: ['support', 'migration', 'audit', 'system', 'any'],
      outcome: ['done', 'refused', 'failed'],
      operation: 'text',
      status: 'number',
      account: 'account id',
    },
    level: { failed: 'error' },
    tells:
      'An operator called the operations API; `account` is the operator’s own. `role`: the one that the endpoint needs. Looks and changes that concern a person are in the ledger besides.',
  },
  'config.reloads': {
    fields: { result: ['accepted', 'rejected'], version: 'text', clients: 'number', problems: 'texts' },
    level: { rejected: 'error' },
    tells:
      'The files of the configuration changed. `rejected`: they have mistakes (`problems`), and the last valid ones stay in force.',
  },
  'clients.ended': {
    fields: { client_ids: 'texts' },
    tells: 'Client apps were removed or disabled; their tokens and grants have ended.',
  },
  'keys.loads': {
    fields: { result: ['accepted', 'rejected'], kids: 'texts', problems: 'texts' },
    level: { rejected: 'error' },
    tells: 'The signing keys changed. `kids` are in force; `rejected`: the new ones cannot be used, and the previous ones stay.',
  },
} as const satisfies Record<string, EventEntry>;

export type EventType = keyof typeof EVENTS;

type ValueOf<F extends Field> = F extends readonly (infer Value)[]
  ? Value
  : F extends 'mail'
    ? MailName | 'other'
    : F extends 'number'
      ? number
      : F extends 'texts'
        ? readonly string[]
        : string;
type Label = readonly string[] | 'mail';
type Fields<Type extends EventType> = (typeof EVENTS)[Type]['fields'];
type LabelsOf<Type extends EventType> = {
  [Name in keyof Fields<Type> as Fields<Type>[Name] extends Label ? Name : never]: Fields<Type>[Name] extends Field
    ? ValueOf<Fields<Type>[Name]>
    : never;
};
type DetailsOf<Type extends EventType> = {
  [Name in keyof Fields<Type> as Fields<Type>[Name] extends Label ? never : Name]?:
    (Fields<Type>[Name] extends Field ? ValueOf<Fields<Type>[Name]> : never) | undefined;
};

/** The fields of an event. Its labels are required; what is not known may be left out. */
export type FieldsOf<Type extends EventType> = Readonly<LabelsOf<Type> & DetailsOf<Type>>;

/** An event with its fields. */
export type Event = { [Type in EventType]: { type: Type; fields: FieldsOf<Type> } }[EventType];

/** The names of all events. */
export const EVENT_TYPES = Object.keys(EVENTS).filter((name): name is EventType => Object.hasOwn(EVENTS, name));

/** The entry of an event, with the type that all entries have. */
export const entryOf = (type: EventType): EventEntry => EVENTS[type];

/** Returns the name of the event's counter. */
export const metricOf = (type: EventType): string => `common_id_${type.replaceAll('.', '_')}_total`;

/** Returns the names of the fields that are labels of the metric. */
export function labelsOf(type: EventType): string[] {
  return Object.entries(entryOf(type).fields).flatMap(([name, field]) => (isLabel(field) ? [name] : []));
}

/** Returns the values that a label may have. @param mails the names of all mails */
export function valuesOf(field: Field, mails: readonly string[]): readonly string[] {
  return field === 'mail' ? mails : typeof field === 'string' ? [] : field;
}

const isLabel = (field: Field): field is Label => field === 'mail' || typeof field !== 'string';
