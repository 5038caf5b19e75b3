// keys rotate: makes the next key of each algorithm.
import { makeKeyFile, NEEDED_KEYS } from '../../../src/keys/key-files.ts';
import { didYouMean } from '../did-you-mean.ts';
import { parseDuration } from '../duration.ts';
import type { Action } from '../topic.ts';
import { UsageError } from '../usage-error.ts';
import { readKeyStates } from './read-key-states.ts';

/** Clients keep our keys for a while; most ask again for one that they do not know, some once a day only. */
const PUBLISHED_FIRST = '24h';

export const rotate: Action = {
  does: 'makes the next keys: published at once, they sign later; the old ones stay for as long as anything they signed lives',
  options: {
    'publish-first': `how long they are published before they sign; ${PUBLISHED_FIRST} where it is left out`,
    alg: `one algorithm only: ${NEEDED_KEYS.map(({ alg }) => alg).join(', ')}`,
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
          `${next.kid} is the next ${needed.alg} key already; it signs from ${new Date(next.signsFrom).toISOString()}`,
        );
      // Nothing was signed before the first key, so that nobody has to learn of it first.
      const signsFrom = ofAlgorithm.length === 0 ? now : now + lead;
      made.push(await makeKeyFile(config.keyDirectory, needed, signsFrom, config.mode === 'development'));
    }
    const rows = made.map(({ kid, alg, signsFrom }) => ({ kid, alg, signs_from: new Date(signsFrom).toISOString() }));
    const lines = rows.map(({ kid, alg, signs_from: from }) => `Made ${kid} (${alg}); it signs from ${from}.`);
    return {
      json: rows,
      text: `${lines.join('\n')}\nRunning processes publish it within seconds. Other machines need the same files in their KEY_DIRECTORY before it signs.\n`,
    };
  },
};
