// What happened to one person, in words: the events of the account, of its dealer links and of its migrations, and failed sign-ins.
import type { Deps } from '../deps.ts';
import type { Account, EpochMilliseconds } from '../domain/account.ts';
import type { LedgerEventType } from '../domain/ledger-events.ts';
import { recent } from '../domain/sign-in-history.ts';
import { LOCALE_OF, type Language } from '../language.ts';
import { everyEntryOf } from '../storage/every-ledger-entry.ts';
import { LEDGER_PARTITIONS, partitionOf } from '../storage/ledger-chain.ts';
import type { LedgerEvent } from '../storage/storage.ts';
import { EVENT_WORDS } from './event-words.ts';

export type TimelineEntry = {
  at: EpochMilliseconds;
  /** The type of the event, or `failed_sign_in`. */
  type: string;
  data: LedgerEvent['data'];
  words: string;
};

const FAILED: Record<Language, string> = {
  ja: 'ログインに{{times}}回失敗した（{{method}}、{{device}}）',
  en: '{{times}} failed sign-ins ({{method}}, {{device}})',
};

/**
 * Collects the newest entries, oldest first. It reads the partitions of the ledger in which the person's events are: a sixteenth of the ledger for
 * each account, link and migration.
 */
export async function timelineOf(
  { storage, clock }: Pick<Deps, 'storage' | 'clock'>,
  account: Account,
  language: Language,
  most: number,
): Promise<TimelineEntry[]> {
  const [links, final, candidates, history] = await Promise.all([
    storage.dealerLinks.listByAccount(account.id),
    storage.migrations.listByAccount(account.id),
    storage.migrations.listByCandidate(account.id),
    storage.signInHistories.find(account.id),
  ]);
  const migrations = [...final, ...candidates].map(({ client_id: client, legacy_id: legacyId }) => `${client}:${legacyId}`);
  const subjects = new Set([account.id, ...links.map(({ id }) => id), ...migrations]);
  const partitions = new Set([...subjects].map(partitionOf));
  await storage.ledger.settle();
  let entries: TimelineEntry[] = recent(history, clock()).failures.map(({ at, method, times, device = '–' }) => {
    const data = { times, method, device };
    return { at, type: 'failed_sign_in', data, words: fill(FAILED[language], data) };
  });
  for (let partition = 0; partition < LEDGER_PARTITIONS; partition += 1) {
    if (!partitions.has(partition)) continue;
    for await (const { subject, type, data, at } of everyEntryOf(storage.ledger, partition)) {
      if (!subjects.has(subject)) continue;
      entries.push({ at, type, data, words: fill(wordsOf(type, language), data) });
      if (entries.length > 2 * most) entries = newest(entries, most);
    }
  }
  return newest(entries, most);
}

/** Formats a time as the timeline shows it, in Japan's time zone, with seconds. */
export function timelineTime(at: EpochMilliseconds, language: Language): string {
  const style = { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'Asia/Tokyo' } as const;
  return new Intl.DateTimeFormat(LOCALE_OF[language], style).format(at);
}

const newest = (entries: TimelineEntry[], most: number): TimelineEntry[] => entries.toSorted((a, b) => a.at - b.at).slice(-most);

/** Returns the words of an event; its type if another version wrote it. */
function wordsOf(type: string, language: Language): string {
  return isKnown(type) ? EVENT_WORDS[type][language] : type;
}

function isKnown(type: string): type is LedgerEventType {
  return Object.hasOwn(EVENT_WORDS, type);
}

function fill(text: string, data: LedgerEvent['data']): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(data[name] ?? '–'));
}
