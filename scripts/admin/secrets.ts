// npm run admin -- secrets …: generates secrets.
import { digestOf } from '../../src/config/clients/check-client-secrets.ts';
import { makeSecret } from './make-secret.ts';
import { createTopic } from './topic.ts';

export const command = createTopic('secrets', {
  generate: {
    does: 'makes a secret, and its hash for a client file',
    async run() {
      const secret = makeSecret();
      const hash = `sha256:${digestOf(secret)}`;
      return { json: { secret, hash }, text: `${secret}\n  its hash, for {"client_secret": {"hash": "…"}}: ${hash}\n` };
    },
  },
});
