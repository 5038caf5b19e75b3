// npm run admin -- lost-mailbox …: the requests of people who can no longer read the mailbox of their ID.
import {
  approve as approveCase,
  findCase,
  noteLook,
  refuse as refuseCase,
  whyNotApproved,
  type DeskCase,
  type NotApproved,
} from '../../src/account/lost-mailbox/desk.ts';
import { maskedEmail } from '../../src/account/lost-mailbox/look-up.ts';
import type { Deps } from '../../src/deps.ts';
import { isOpen, LOST_MAILBOX_OPEN_MS, type LostMailboxRequest } from '../../src/domain/lost-mailbox.ts';
import type { OperatorAction } from '../../src/domain/operator-action.ts';
import { PROFILE_KEYS } from '../../src/domain/profile-fields.ts';
import { namingClaims } from '../../src/operations/operator-action.ts';
import { everyEntry } from '../../src/storage/every-entry.ts';
import { actionOf, BY, NEEDS_BY, withDesk } from './desk.ts';
import { table } from './table.ts';
import { createTopic, type Action, type ActionInput } from './topic.ts';

type DeskDeps = Pick<Deps, 'config' | 'storage' | 'clock' | 'jobs'>;

const PAGE = 500;
const WHY_NOT: Record<NotApproved, string> = {
  no_id: 'no ID has this address, or it is withdrawn',
  not_taken: 'the ID had five other open requests; refuse those that are wrong, and let the person ask again',
  over: 'it has ended, or nobody decided within 14 days',
  changed: 'the ID has another address or password since, or is withdrawn',
  signed_in: 'somebody has signed in with the ID since: a person who can sign in changes the address on My page',
  birthdate: 'the birth date is not that of the ID',
  approved: 'you have approved it, or two others have',
};

const list: Action = {
  does: 'lists the requests that wait for a decision, oldest first',
  flags: { all: 'also those that have ended in the last 30 days' },
  async run({ flags, ...input }) {
    return withDesk(input, async (deps) => {
      const rows: { number: string; asked: string; state: string; from: string; to: string }[] = [];
      for await (const request of everyRequest(deps)) {
        const found = await findCase(deps, request.id);
        if (!found || (!flags.has('all') && !waits(deps, found))) continue;
        rows.push({
          number: request.id,
          asked: new Date(request.proven_at ?? 0).toISOString(),
          state: stateOf(deps, found),
          from: maskedEmail(request.email),
          to: maskedEmail(request.new_email),
        });
      }
      const text =
        rows.length === 0
          ? 'There are no such requests.\n'
          : table([['NUMBER', 'ASKED', 'STATE', 'FROM', 'TO'], ...rows.map((row) => Object.values(row))]);
      return { json: rows, text };
    });
  },
};

const show: Action = {
  operands: ['<number>'],
  does: 'shows a request, and what of it is right; the look is written to the ledger',
  options: BY,
  needs: NEEDS_BY,
  async run({ operands: [number = ''], values, ...input }) {
    return withDesk(input, async (deps) => {
      const found = await caseOf(deps, number);
      await noteLook(deps, found, actionFor(values, found.request));
      const { request, account, state } = found;
      const problem = await whyNotApproved(deps, found);
      const checks = PROFILE_KEYS.filter((key) => request.profile[key] !== undefined).map((key) => ({
        claim: key,
        typed: String(request.profile[key]),
        compared: !account ? 'no ID' : account.profile[key] === undefined ? 'not in the ID' : sameText(request, account, key),
      }));
      const earlier = (account?.lost_mailbox ?? []).filter((one) => one.request !== number);
      const json = {
        number,
        state: stateOf(deps, found),
        asked_at: new Date(request.proven_at ?? 0).toISOString(),
        email: request.email,
        new_email: request.new_email,
        account: account?.id ?? null,
        approved_by: state?.approved_by ?? [],
        change_at: state?.change_at === undefined ? null : new Date(state.change_at).toISOString(),
        checks,
        other_requests: earlier.map((one) => ({ number: one.request, state: one.ended?.how ?? 'open' })),
        can_be_approved: problem === undefined,
        why_not: problem ? WHY_NOT[problem] : null,
      };
      const facts = [
        ['Number', number],
        ['State', json.state],
        ['Asked', json.asked_at],
        ['Registered address', request.email],
        ['New address', `${request.new_email} (proven)`],
        ['Account', json.account ?? 'none'],
        ['Approved by', json.approved_by.join(', ') || 'nobody'],
        ['Changes at', json.change_at ?? '–'],
        ['Other requests', json.other_requests.map((one) => `${one.number} ${one.state}`).join(', ') || 'none'],
        ['Can be approved', json.why_not ?? 'yes'],
      ];
      const text = `${table(facts)}\n${table([['TYPED', 'VALUE', 'IN THE ID'], ...checks.map((check) => Object.values(check))])}`;
      return { json, text };
    });
  },
};

const approve: Action = {
  operands: ['<number>'],
  does: 'approves a request; when two operators have, the owner gets a mail that can stop it, and the address changes after the waiting time',
  options: BY,
  needs: NEEDS_BY,
  async run({ operands: [number = ''], values, ...input }) {
    return withDesk(input, async (deps) => {
      const found = await caseOf(deps, number);
      const done = await approveCase(deps, found, actionFor(values, found.request));
      if (done.problem !== undefined) throw new Error(`${number} cannot be approved: ${WHY_NOT[done.problem]}`);
      const { approvedBy, changeAt } = done;
      const at = changeAt === undefined ? null : new Date(changeAt).toISOString();
      const text =
        at === null
          ? `Approved by ${approvedBy.join(', ')}. Another operator must approve it, too.\n`
          : `Approved by ${approvedBy.join(' and ')}. The owner was told. The address changes at ${at}, unless the owner stops it.\n`;
      return { json: { number, approved_by: approvedBy, change_at: at }, text };
    });
  },
};

const refuse: Action = {
  operands: ['<number>'],
  does: 'refuses a request, also one that was approved and whose time has not come; the person gets a mail without the reason',
  options: BY,
  needs: NEEDS_BY,
  async run({ operands: [number = ''], values, ...input }) {
    return withDesk(input, async (deps) => {
      const found = await caseOf(deps, number);
      if (!(await refuseCase(deps, found, actionFor(values, found.request)))) throw new Error(`${number} has ended already`);
      return { json: { number, refused: true }, text: `Refused. The person gets a mail that the address was not changed.\n` };
    });
  },
};

export const command = createTopic('lost-mailbox', { list, show, approve, refuse });

/** Whether a request waits for an operator or for its time. */
function waits({ clock }: DeskDeps, { request, state }: DeskCase): boolean {
  if (state) return isOpen(state, clock());
  return !request.refused && clock() < (request.proven_at ?? 0) + LOST_MAILBOX_OPEN_MS;
}

function stateOf(deps: DeskDeps, found: DeskCase): string {
  const { request, state } = found;
  if (request.account_id === undefined) return 'being looked up';
  if (request.refused) return 'refused';
  if (state?.ended) return state.ended.how;
  if (!waits(deps, found)) return 'expired';
  if (!state) return 'no ID';
  if (state.change_at !== undefined) return 'approved';
  return state.approved_by.length > 0 ? `approved by ${state.approved_by.join(', ')}` : 'open';
}

function sameText(
  { profile }: LostMailboxRequest,
  account: { profile: LostMailboxRequest['profile'] },
  key: (typeof PROFILE_KEYS)[number],
): string {
  const plain = (value: unknown): string => JSON.stringify(value).normalize('NFKC').replace(/\s/g, '');
  return plain(profile[key]) === plain(account.profile[key]) ? 'same' : 'DIFFERENT';
}

async function caseOf(deps: DeskDeps, number: string): Promise<DeskCase> {
  const found = await findCase(deps, number);
  if (!found) throw new Error(`there is no request ${number}; npm run admin -- lost-mailbox list shows those that wait`);
  return found;
}

/** Refuses names and reasons that do not belong into the ledger. */
function actionFor(values: ActionInput['values'], request: LostMailboxRequest): OperatorAction {
  return actionOf(values, [request.email, request.new_email, ...namingClaims(request.profile)]);
}

function everyRequest({ storage }: DeskDeps): AsyncGenerator<LostMailboxRequest> {
  return everyEntry(
    async (after, limit) => storage.lostMailboxRequests.listAfter(after, limit),
    ({ id }) => id,
    '',
    PAGE,
  );
}
