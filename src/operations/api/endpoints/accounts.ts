// Looks at people: find one by something exact, show, timeline, export. Each look is an event of the ledger.
import { z } from 'zod';
import { maskedEmail } from '../../../account/lost-mailbox/look-up.ts';
import { collectMyData } from '../../../account/my-data/collect.ts';
import { createRateLimit } from '../../../authentication/limits/rate-limit.ts';
import { iso } from '../../../domain/iso-time.ts';
import { Problem } from '../../../http/problem.ts';
import { languageOf, LANGUAGES } from '../../../language.ts';
import { showAccount, stateOf } from '../../account-state.ts';
import { findAccounts } from '../../find-account.ts';
import { noteLook, personalDataOf } from '../../operator-action.ts';
import { timelineOf } from '../../timeline.ts';
import { actionOf } from '../caller.ts';
import { endpoint } from '../endpoint.ts';
import { accountFor } from '../account-for.ts';
import { accountId, byReason, reason, time } from '../schemas.ts';
import { shownAccount } from '../shown-account.ts';

/** So many people call the desk. Trying out identifiers takes more searches, and each is one that finds nobody. */
export const SEARCHES = { points: 60, windowSeconds: 60 };

const find = endpoint({
  name: 'findAccounts',
  method: 'POST',
  path: '/accounts/find',
  tells: 'Finds a person by something that identifies them exactly. There is no search by a part of it, and no list.',
  role: 'support',
  body: z.strictObject({
    identifier: z
      .string('expected a text')
      .trim()
      .min(1, 'expected the whole address, number or id')
      .max(254, 'expected at most 254 characters')
      .meta({
        description:
          'The whole address, the mobile number that is a login ID, the legacy id, the account id, or the number of a request for a lost mailbox.',
      }),
    reason,
  }),
  answer: z.strictObject({
    accounts: z.array(
      z.strictObject({
        id: z.string(),
        found_by: z.enum(['account_id', 'email', 'login_number', 'legacy_id', 'legacy_id_candidate', 'request']),
        email: z.string().meta({ description: 'Masked.' }),
        state: z.enum(['active', 'disabled', 'withdrawn', 'being_erased']),
      }),
    ),
  }),
  refusals: { 404: ['person_unknown'], 422: ['reason_personal'] },
  async run({ deps, caller, body }) {
    const { storage, clock } = deps;
    await createRateLimit('operator-search', SEARCHES, storage.counters, clock).count(caller.operator.name);
    const found = await findAccounts(deps, body.identifier);
    const personal = found.flatMap(({ account }) => personalDataOf(account, clock()));
    const action = actionOf(caller, body.reason, [body.identifier, ...personal]);
    if (found.length === 0) throw new Problem(404, 'person_unknown', 'Nobody has exactly this address, number or id.');
    for (const { account } of found) await noteLook(deps, account.id, 'find', action);
    return {
      accounts: found.map(({ account, by }) => ({
        id: account.id,
        found_by: by,
        email: maskedEmail(account.email),
        state: stateOf(account).state,
      })),
    };
  },
});

const show = endpoint({
  name: 'showAccount',
  method: 'POST',
  path: '/accounts/{id}/show',
  tells: 'Shows the state of an ID, its sign-in methods, browsers, services, links, mails and limits.',
  role: 'support',
  params: accountId,
  body: z.strictObject({
    reason,
    unmask: z
      .boolean('expected true or false')
      .default(false)
      .meta({ description: 'Whether addresses, numbers and legacy ids are shown in full, which is an event of its own.' }),
  }),
  answer: shownAccount,
  refusals: { 404: ['account_unknown'], 422: ['reason_personal'] },
  async run(given) {
    const { deps, access, body } = given;
    const { account, action } = await accountFor(given);
    await noteLook(deps, account.id, 'show', action);
    if (body.unmask) await noteLook(deps, account.id, 'unmasked', action);
    return showAccount(deps, access, account, { unmask: body.unmask });
  },
});

const timeline = endpoint({
  name: 'showTimeline',
  method: 'POST',
  path: '/accounts/{id}/timeline',
  tells: 'Shows what happened to a person, in words: the newest events, oldest first.',
  role: 'support',
  params: accountId,
  body: z.strictObject({
    reason,
    language: z.enum(LANGUAGES, `expected one of ${LANGUAGES.join(', ')}`).default('ja'),
    limit: z
      .number('expected a number from 1 to 1000')
      .int('expected a number from 1 to 1000')
      .min(1, 'expected a number from 1 to 1000')
      .max(1000, 'expected a number from 1 to 1000')
      .default(100),
  }),
  answer: z.strictObject({
    entries: z.array(
      z.strictObject({
        at: time,
        type: z.string().meta({ description: 'The type of the event (docs/storage.md), or `failed_sign_in`.' }),
        data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
        words: z.string(),
      }),
    ),
  }),
  refusals: { 404: ['account_unknown'], 422: ['reason_personal'] },
  async run(given) {
    const { deps, body } = given;
    const { account, action } = await accountFor(given);
    await noteLook(deps, account.id, 'timeline', action);
    const entries = await timelineOf(deps, account, body.language, body.limit);
    return { entries: entries.map(({ at, ...entry }) => ({ at: iso(at), ...entry })) };
  },
});

const exportData = endpoint({
  name: 'exportAccount',
  method: 'POST',
  path: '/accounts/{id}/export',
  tells: 'Makes the copy of the data of a person who cannot get it on My page (docs/my-data.schema.json).',
  role: 'support',
  params: accountId,
  body: byReason,
  answer: z.looseObject({}).meta({ id: 'MyData', description: 'See docs/my-data.schema.json.' }),
  refusals: { 404: ['account_unknown'], 422: ['reason_personal'] },
  async run(given) {
    const { deps, access } = given;
    const { account, action } = await accountFor(given);
    await noteLook(deps, account.id, 'exported', action);
    return { ...(await collectMyData(deps, access, account, languageOf(account.language))) };
  },
});

export const ACCOUNT_ENDPOINTS = [find, show, timeline, exportData];
