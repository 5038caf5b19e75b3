// npm run admin -- migration wave …: plans the waves of the campaign, and starts, pauses, resumes, stops and shows them.
import { createClientRegistry } from '../../../src/config/clients/client-registry.ts';
import type { Deps } from '../../../src/deps.ts';
import type { Wave, WaveAction, WavePlan } from '../../../src/domain/wave.ts';
import { LANGUAGES } from '../../../src/language.ts';
import { createMailRenderer } from '../../../src/mail/render-mail.ts';
import { mailOf } from '../../../src/operations/migration/send-wave.ts';
import {
  changeWave,
  dryRun,
  listWaves,
  planWave,
  type PlanProblem,
  type WaveMails,
  type WaveRefusal,
} from '../../../src/operations/migration/waves.ts';
import { actionOf, BY, NEEDS_BY, withDesk } from '../desk.ts';
import { table } from '../table.ts';
import { createTopic, type Action, type ActionInput, type Values } from '../topic.ts';
import { UsageError } from '../usage-error.ts';

const WRONG: Record<PlanProblem, string> = {
  id: '<id>: expected 1 to 40 lower-case letters, digits and hyphens, such as spring-tokyo-1',
  client: '--client: there is no enabled client with this client_id and a client_uri',
  segment: '--segment, --dealer: expected up to 100 characters, as the list has them',
  size: '--size: expected a number of people from 1 on',
  rate: '--rate: expected mails a minute, from 1 to 6000',
  hours: '--hours: expected two hours of the day in Japan, such as 9-21',
  after_days: '--after-days: expected days from 1 to 365',
  ends: '--ends: expected the last day of the site, such as 2027-03-31',
  url: '--url: expected a page of the client, below its client_uri',
  start: '--start: expected a time such as 2026-12-01T09:00:00+09:00',
};
const REFUSED: Record<WaveRefusal, string> = {
  unknown: 'there is no such wave; npm run admin -- migration wave list shows them',
  exists: 'there is a wave with this name already; a plan is not changed, give another name',
  state: 'its state does not allow this; npm run admin -- migration wave show tells it',
};

const isRefusal = (problem: PlanProblem | WaveRefusal): problem is WaveRefusal => Object.hasOwn(REFUSED, problem);

const plan: Action = {
  operands: ['<id>'],
  does: 'plans a wave; nothing is sent until it is started',
  options: {
    ...BY,
    client: 'the client_id of the legacy site',
    kind: 'invitation (default), or reminder: to those who have not finished',
    segment: 'only people of this segment of the list',
    dealer: 'only people of this dealer',
    size: 'how many people at most',
    rate: 'mails a minute',
    hours: 'the hours in Japan between which mails are sent; default: 9-21',
    start: 'the earliest time; default: at once',
    ends: 'the last day of the site, which the mail names',
    url: 'the page to which the mail leads; default: /migration of the client_uri',
    language: 'ja (default) or en',
    'after-days': 'a reminder comes so many days after the last mail; default: 14',
  },
  needs: ['client', 'size', 'rate', 'ends', ...NEEDS_BY],
  async run({ operands: [id = ''], values, ...input }) {
    const action = actionOf(values);
    return withDesk(input, async (given) => {
      const deps = withClients(given);
      const wanted = planOf(values, deps);
      const problem = await planWave(deps, id, wanted, action);
      if (problem)
        throw isRefusal(problem) ? new Error(`${id} was not planned: ${REFUSED[problem]}`) : new UsageError(WRONG[problem]);
      return {
        json: { id, state: 'planned', ...wanted },
        text: `The wave ${id} is planned. "migration wave show ${id}" says whom it reaches.\n`,
      };
    });
  },
};

function planOf(values: Values, { clients, clock }: Pick<Deps, 'clients' | 'clock'>): WavePlan {
  const { client = '', kind = 'invitation', segment, dealer, hours = '9-21', start, ends = '', language = 'ja' } = values;
  const known = LANGUAGES.find((one) => one === language);
  if (kind !== 'invitation' && kind !== 'reminder') throw new UsageError('--kind: expected invitation or reminder');
  if (!known) throw new UsageError(`--language: expected ${LANGUAGES.join(' or ')}`);
  const [from = '', until = ''] = /^(\d{1,2})-(\d{1,2})$/.exec(hours)?.slice(1) ?? [];
  const home = clients.find(client)?.metadata.client_uri;
  return {
    client_id: client,
    kind,
    ...(segment !== undefined && { segment }),
    ...(dealer !== undefined && { dealer }),
    after_days: Number(values['after-days'] ?? '14'),
    size: Number(values.size),
    language: known,
    rate: Number(values.rate),
    from_hour: from === '' ? -1 : Number(from),
    until_hour: until === '' ? -1 : Number(until),
    start_at: start === undefined ? clock() : Date.parse(start),
    ends,
    url: values.url ?? (typeof home === 'string' ? new URL('/migration', home).href : ''),
  };
}

const show: Action = {
  operands: ['<id>'],
  does: 'shows a wave: its plan, what became of its mails, who would get the mail now (a dry run), and the mail in both languages',
  async run({ operands: [id = ''], ...input }) {
    return withDesk(input, async (given) => {
      const deps = withClients(given);
      const found = (await listWaves(deps)).find(({ wave }) => wave.id === id);
      if (!found) throw new Error(`${id}: ${REFUSED.unknown}`);
      const { wave, mails } = found;
      const dry = await dryRun(deps, wave);
      const render = createMailRenderer({ isSandbox: deps.config.sandbox, supportPhone: deps.config.supportPhone });
      const stopUrl = `${deps.config.issuer}/unsubscribe?token=…`;
      const preview = LANGUAGES.map((language) => {
        const { subject, text } = render({ ...mailOf(deps, { ...wave, language }, 'person@example.jp', stopUrl), language });
        return { language, subject, text };
      });
      const json = { ...shownWave(wave, mails), would_get: dry.mailed, would_not_get: dry.not, samples: dry.samples, preview };
      const not = Object.entries(dry.not).map(([why, count]) => `${count} ${why}`);
      const facts = [
        ...Object.entries(shownWave(wave, mails)).map(([name, value]) => [name, value === null ? '–' : String(value)]),
        ['would get it now', `${dry.mailed}, such as ${dry.samples.map(({ email }) => email).join(', ') || 'nobody'}`],
        ['would not', not.join(', ') || 'nobody'],
      ];
      const letters = preview.map(({ language, subject, text }) => `--- ${language}\n${subject}\n\n${text}`);
      return { json, text: `${table(facts)}\n${letters.join('\n')}` };
    });
  },
};

const list: Action = {
  does: 'lists all waves, and what became of their mails',
  async run(input: ActionInput) {
    return withDesk(input, async (deps) => {
      const json = (await listWaves(deps)).map(({ wave, mails }) => shownWave(wave, mails));
      const rows = json.map((one) => [
        one.id,
        one.kind,
        one.state,
        String(one.size),
        String(one.sent),
        String(one.refused),
        String(one.unknown),
      ]);
      const head = ['ID', 'KIND', 'STATE', 'SIZE', 'SENT', 'REFUSED', 'UNKNOWN'];
      return { json, text: rows.length === 0 ? 'There are no waves.\n' : table([head, ...rows]) };
    });
  },
};

function shownWave(
  { id, kind, state, client_id: client, segment, dealer, size, language, rate, ...rest }: Wave,
  mails: WaveMails,
) {
  return {
    id,
    kind,
    state,
    client,
    segment: segment ?? null,
    dealer: dealer ?? null,
    size,
    language,
    mails_a_minute: rate,
    hours: `${rest.from_hour}-${rest.until_hour}`,
    start: new Date(rest.start_at).toISOString(),
    ends: rest.ends,
    url: rest.url,
    after_days: kind === 'reminder' ? rest.after_days : null,
    ...mails,
  };
}

function changing(what: WaveAction, does: string, told: string): Action {
  return {
    operands: ['<id>'],
    does,
    options: BY,
    needs: NEEDS_BY,
    async run({ operands: [id = ''], values, ...input }) {
      const action = actionOf(values);
      return withDesk(input, async (given) => {
        const problem = await changeWave(withClients(given), id, what, action);
        if (problem) throw new Error(`${id}: ${REFUSED[problem]}`);
        return { json: { id, done: what }, text: `${told}\n` };
      });
    },
  };
}

/** The clients of the files, which a plan names. */
function withClients<T extends Pick<Deps, 'config'>>(deps: T): T & Pick<Deps, 'clients'> {
  return { ...deps, clients: createClientRegistry(deps.config.clients) };
}

export const wave = createTopic('migration wave', {
  plan,
  start: changing('start', 'starts a planned wave', 'The wave is sent from its start on, in its hours.'),
  pause: changing('pause', 'pauses a wave; the next mail is not sent', 'The wave is paused.'),
  resume: changing('resume', 'goes on with a paused wave', 'The wave goes on.'),
  stop: changing('stop', 'ends a wave for good; the next mail is not sent', 'The wave has ended.'),
  show,
  list,
});
