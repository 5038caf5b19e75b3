// The schema of config/dealers.json. config/dealers.schema.json is generated from it, for editors.
import { z } from 'zod';
import { localizedText } from '../clients/client-schema.ts';

const code = z
  .string('a code of lower-case letters, digits and hyphens')
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'a code of lower-case letters, digits and hyphens');

/** A dealer, after references to the environment were replaced. */
export type Dealer = z.output<typeof dealer>;

const dealer = z.strictObject(
  {
    code: code.describe('Never changes: links, consents and tokens name it.'),
    name: localizedText,
    brand: z.enum(['toyota', 'lexus'], 'toyota or lexus'),
    prefecture: z
      .string('a prefecture such as 愛知県')
      .regex(/^(東京都|北海道|(大阪|京都)府|\S{2,3}県)$/, 'a prefecture such as 愛知県'),
    resource: z.string('a URL').meta({
      description:
        'The address of its API, and the resource indicator of its tokens. May refer to the environment: ${DEALER_SYSTEM_URL}/dealers/…',
    }),
  },
  'an object',
);

export const dealersSchema = z.strictObject({
  $schema: z.string('"dealers.schema.json"').optional(),
  dealers: z.array(dealer, 'a list').min(1, 'at least one dealer'),
});
