// What a proof of possession costs: npm run bench -- dpop. Compares each request with the same one without a proof (a bearer token), at the same
// provider, alternating; at ours and at a bare oidc-provider. The processor time of a request counts, because the load signs the proofs.
import { createHash, KeyObject, randomUUID, sign } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import { roundsOf, withBoth, type Pair, type Round } from './compare.ts';
import { discover, logIn, requestToken, userInfo, type Prove, type Provider, type Scenario } from './scenarios.ts';
import { installBare, installOurs, leaveCore, type Subject } from './subjects.ts';

const ROUNDS = 5;

export type DpopCost = Pair<{ bearer: Round; dpop: Round; ratio: number }> & { name: string };

/** The requests, without and with a proof. */
const REQUESTS: readonly { name: string; prepare(provider: Provider, prove?: Prove): ReturnType<Scenario['prepare']> }[] = [
  {
    name: 'client credentials, opaque',
    prepare: async (provider, prove) => async () => requestToken(provider, { grant_type: 'client_credentials' }, prove),
  },
  {
    name: 'UserInfo',
    async prepare(provider, prove) {
      const { access_token: token } = await logIn(provider, prove);
      return async () => userInfo(provider, token, prove);
    },
  },
];

/** Measures both providers; `tell` receives the lines of progress. */
export async function measureDpop(tell: (line: string) => void): Promise<DpopCost[]> {
  leaveCore();
  const installed = { bare: await installBare(), ours: await installOurs() };
  const prove = await createProver();
  try {
    return await withBoth(installed, {}, async ({ bare, ours }) => {
      const costs: DpopCost[] = [];
      for (const { name, prepare } of REQUESTS) {
        const of = async (subject: Subject): Promise<DpopCost['ours']> => {
          const provider = await discover(subject.port);
          const [bearer, dpop] = [
            await roundsOf(await prepare(provider), subject),
            await roundsOf(await prepare(provider, prove), subject),
          ];
          const rounds: DpopCost['ours'][] = [];
          while (rounds.length < ROUNDS) {
            const pair = { bearer: await bearer(), dpop: await dpop() };
            rounds.push({ ...pair, ratio: microseconds(pair.dpop) / microseconds(pair.bearer) });
          }
          return rounds.toSorted((a, b) => a.ratio - b.ratio)[Math.floor(ROUNDS / 2)] as DpopCost['ours'];
        };
        const cost = { name, bare: await of(bare), ours: await of(ours) };
        costs.push(cost);
        tell(`${name.padEnd(27)} ${lineOf('bare', cost.bare)}   ${lineOf('ours', cost.ours)}`);
      }
      return costs;
    });
  } finally {
    await installed.bare.remove();
    await installed.ours.remove();
  }
}

/** The processor time of a request. */
const microseconds = ({ busy, perSecond }: Round): number => (busy / perSecond) * 1e6;

const lineOf = (who: string, { bearer, dpop, ratio }: DpopCost['ours']): string =>
  `${who} ${microseconds(bearer).toFixed(0)} µs as bearer, ${microseconds(dpop).toFixed(0)} µs with a proof: ${ratio.toFixed(2)} times`;

/** Makes a function that signs proofs (RFC 9449, section 4.2), as fast as Node can. */
async function createProver(): Promise<Prove> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  const key = KeyObject.from(privateKey);
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = encode({ alg: 'ES256', typ: 'dpop+jwt', jwk });
  return (htm, htu, token) => {
    const ath = token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') };
    const signed = `${header}.${encode({ jti: randomUUID(), iat: Math.floor(Date.now() / 1000), htm, htu, ...ath })}`;
    const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  };
}
