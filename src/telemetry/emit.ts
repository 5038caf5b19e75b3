// Emits events: one line in the log and one increase of a counter each. Nothing else writes a line with `event`.
import { createHmac, type KeyObject } from 'node:crypto';
import { entryOf, EVENT_TYPES, labelsOf, type EventType, type FieldsOf } from './events.ts';
import type { AppLog, Level } from './log.ts';

/** Emits an event. It never throws, and is not awaited: an answer must not depend on it. */
export type Emit = <Type extends EventType>(type: Type, fields: FieldsOf<Type>) => void;

/** Counts an event by its labels. */
export type CountEvent = (type: EventType, labels: Record<string, string>) => void;

const LABELS = new Map<EventType, readonly string[]>(EVENT_TYPES.map((type) => [type, labelsOf(type)]));

/** Makes the function that emits. @param count is left out where nobody reads metrics, as in the client apps */
export function createEmit(log: AppLog, count?: CountEvent): Emit {
  return (type, fields) => {
    const { without, level = 'info' } = entryOf(type);
    const labels: Record<string, string> = {};
    for (const name of LABELS.get(type) ?? []) labels[name] = String(Reflect.get(fields, name));
    if (without !== 'metric') count?.(type, labels);
    if (without === 'line') return;
    log.event(typeof level === 'string' ? level : severityOf(level, labels), { event: type, ...fields });
  };
}

/** Returns the level of the first label that needs attention. */
function severityOf(byValue: Partial<Record<string, Level>>, labels: Record<string, string>): Level {
  const severe = Object.values(labels).find((value) => byValue[value] !== undefined);
  return (severe !== undefined && byValue[severe]) || 'info';
}

/** An event of the ledger, and the kind of record that its subject names. */
export type Recorded = { type: string; subject: string; data: Record<string, unknown> };

/** Operators write these in their own words. */
const IN_OWN_WORDS = ['operator', 'reason'];

/**
 * Makes the function that writes the line of an event of the ledger. A legacy id is written as its HMAC, and demo data is not written.
 * @param subjects the kind of record of each event: `account`, `dealer link` or `migration`
 * @param key of the HMAC
 */
export function createEmitRecorded(
  log: AppLog,
  count: (event: Recorded) => void,
  subjects: Readonly<Record<string, { subject: string }>>,
  key: KeyObject,
): (event: Recorded) => void {
  return (event) => {
    count(event);
    const { type, subject, data } = event;
    if ('demo' in data) return;
    const { account_id: account, ...rest } = data;
    for (const name of IN_OWN_WORDS) delete rest[name];
    const record = subjects[type]?.subject ?? 'account';
    const id = record === 'migration' ? withoutLegacyId(subject, key) : subject;
    const named = { event: type, [record.replace(' ', '_')]: id, ...(account !== undefined && { account }) };
    log.event('info', { ...named, ...rest });
  };
}

/** The subject of a migration is `<client id>:<legacy id>`. */
function withoutLegacyId(subject: string, key: KeyObject): string {
  const end = subject.indexOf(':');
  const hmac = createHmac('sha256', key).update(subject).digest('base64url').slice(0, 22);
  return `${subject.slice(0, end)}:${hmac}`;
}
