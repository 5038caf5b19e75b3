// The ledger for the audit: its events, who looked at whom, and whether it is sound.
import { z } from 'zod';
import { iso, isoIfAny } from '../../../domain/iso-time.ts';
import { Problem } from '../../../http/problem.ts';
import { readAnchorFile } from '../../../storage/anchor-file.ts';
import { LEDGER_PARTITIONS } from '../../../storage/ledger-chain.ts';
import { verifyLedger } from '../../../storage/verify-ledger.ts';
import { ledgerEventsAfter, positionAt } from '../../ledger-events.ts';
import { endpoint } from '../endpoint.ts';
import { nextCursor, paging, readCursor, time, writeCursor } from '../schemas.ts';

const text = z.string('expected a text').min(1, 'expected a text').max(300, 'expected at most 300 characters');

const list = endpoint({
  name: 'listLedgerEvents',
  method: 'GET',
  path: '/ledger/events',
  tells:
    'Lists the events of accounts, links, migrations and jobs in order of time. With a filter a page may be short, or empty, and still not be the last.',
  role: 'audit',
  query: z.strictObject({
    subject: text.optional().meta({ description: 'Only events of this account, link, migration or job.' }),
    type: text.optional().meta({ description: 'Only events of this type, such as `account.looked_at` (docs/storage.md).' }),
    operator: text.optional().meta({ description: 'Only what this operator did.' }),
    since: z.iso
      .datetime({ offset: true, error: 'expected a time such as 2026-12-01T00:00:00Z' })
      .optional()
      .meta({ description: 'Begins with the events of this time.' }),
    ...paging,
  }),
  answer: z.strictObject({
    events: z.array(
      z.strictObject({
        at: time,
        entry: z.string().meta({ description: 'The partition of the ledger and the number in it.' }),
        type: z.string(),
        subject: z.string(),
        data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
      }),
    ),
    next_cursor: nextCursor,
  }),
  async run({ deps: { storage }, query: { since, limit, cursor, ...filter } }) {
    const { ledger } = storage;
    const position =
      readCursor(z.array(z.int().min(0)).length(LEDGER_PARTITIONS), cursor) ??
      (since === undefined ? Array.from({ length: LEDGER_PARTITIONS }, () => 0) : await positionAt(ledger, Date.parse(since)));
    const { events, next } = await ledgerEventsAfter(ledger, filter, position, limit);
    return {
      events: events.map(({ at, partition, sequence, type, subject, data }) => ({
        at: iso(at),
        entry: `${partition}/${sequence}`,
        type,
        subject,
        data,
      })),
      next_cursor: next && writeCursor(next),
    };
  },
});

/** A verification reads the whole ledger, so one at a time is enough for a process. */
let isVerifying = false;

const verify = endpoint({
  name: 'verifyLedger',
  method: 'POST',
  path: '/ledger/verify',
  tells: 'Checks every entry and every anchor of the ledger. It reads all of it, so it may take minutes.',
  role: 'audit',
  answer: z.strictObject({
    sound: z.boolean(),
    count: z.strictObject({
      findings: z.number().int(),
      closed: z.number().int(),
      entries: z.number().int(),
      anchors: z.number().int(),
      outside: z.number().int(),
      after_last_anchor: z.number().int(),
    }),
    findings: z
      .array(
        z.strictObject({
          part: z.enum(['closed', 'partition', 'anchors', 'anchor_file']),
          partition: z.number().int().optional(),
          sequence: z.number().int(),
          kind: z.enum(['changed', 'missing', 'cut_off', 'replaced', 'added', 'wrong_key', 'not_anchored']),
        }),
      )
      .meta({ description: 'The first hundred; docs/storage.md says what they mean.' }),
    last_anchor_at: time.optional(),
  }),
  refusals: { 409: ['still_running'] },
  async run({ deps: { config, storage } }) {
    if (isVerifying)
      throw new Problem(409, 'still_running', 'The ledger is being verified at this moment; ask again later.', {
        headers: { 'Retry-After': '60' },
      });
    isVerifying = true;
    try {
      const outside = config.ledgerAnchorFile === undefined ? [] : await readAnchorFile(config.ledgerAnchorFile);
      const { sound, count, findings, lastAnchorAt } = await verifyLedger(storage.ledger, [config.keys.ledger], outside);
      const { afterLastAnchor, ...others } = count;
      return {
        sound,
        count: { ...others, after_last_anchor: afterLastAnchor },
        findings,
        last_anchor_at: isoIfAny(lastAnchorAt ?? undefined),
      };
    } finally {
      isVerifying = false;
    }
  },
});

export const LEDGER_ENDPOINTS = [list, verify];
