// keys rotate: makes the next key of each algorithm.
import { makeKeyFile, NEEDED_KEYS } from '../../../src/keys/key-files.ts';
import { KEYS_CACHED_SECONDS } from '../../../src/oidc/endpoints/cached-documents.ts';
import { didYouMean } from '../did-you-mean.ts';
import { parseDuration } from '../duration.ts';
import type { Action } from '../topic.ts';
import { UsageError } from '../usage-error.ts';
import { readKeyStates } from './read-key-states.ts';

/** Clients cache our keys. Most fetch again when they meet an unknown key, but some fetch only once a day. */
const PUBLISHED_FIRST = '24h';

export const rotate: Action = {
  does: 'makes the next keys: published immediately, used later; old keys stay published while anything they signed is valid',
  options: {
    'publish-first': `how long they are published before they sign; default: ${PUBLISHED_FIRST}`,
    alg: `only this algorithm: ${NEEDED_KEYS.map(({ alg }) => alg).join(', ')}`,
  },
  async run({ values, env, directory }) {
    const now = Date.now();
    const lead = parseDuration('publish-first', values['publish-first'] ?? PUBLISHED_FIRST);
    const algorithms = NEEDED_KEYS.filter(({ alg }) => values.alg === undefined || alg === values.alg);
    if (algorithms.length === 0)
      throw new UsageError(
        `--alg: there is no ${values.alg}${didYouMean(
          values.alg ?? '',
          NEEDED_KEYS.map(({ alg }) => alg),
        )}`,
      );
    const { config, keys } = readKeyStates(env, directory, now);
    const made = [];
    for (const needed of algorithms) {
      const ofAlgorithm = keys.filter(({ alg }) => alg === needed.alg);
      const next = ofAlgorithm.find(({ state }) => state === 'next');
      if (next)
        throw new Error(
          `${next.kid} is already the next ${needed.alg} key; it signs from ${new Date(next.signsFrom).toISOString()}`,
        );
      // The first key can sign immediately, because no client has cached an older one.
      const signsFrom = ofAlgorithm.length === 0 ? now : now + lead;
      made.push(await makeKeyFile(config.keyDirectory, needed, signsFrom, config.mode === 'development'));
    }
    const rows = made.map(({ kid, alg, signsFrom }) => ({ kid, alg, signs_from: new Date(signsFrom).toISOString() }));
    const isEarly = made.some(({ signsFrom }) => signsFrom > now && signsFrom < now + KEYS_CACHED_SECONDS * 1000);
    const early = `Clients may cache the published keys for ${KEYS_CACHED_SECONDS} seconds, so some meet a new key before they know it.\n`;
    const lines = rows.map(({ kid, alg, signs_from: from }) => `Made ${kid} (${alg}); it signs from ${from}.`);
    return {
      json: rows,
      text: `${lines.join('\n')}\nRunning processes publish it within seconds. Other machines need the same files in their KEY_DIRECTORY before it signs.\n${isEarly ? early : ''}`,
    };
  },
};
