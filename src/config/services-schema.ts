// What config/services.json may say. config/services.schema.json is generated from it, for editors.
import { z } from 'zod';
import { localizedText } from './client-schema.ts';

const service = z.strictObject(
  {
    name: localizedText,
    description: localizedText.optional(),
    url: z.string('a URL').meta({ description: 'May refer to the environment.' }).optional(),
  },
  'an object',
);

/** The services in the order in which ④ shows them. */
export const servicesSchema = z.strictObject({
  $schema: z.string('"services.schema.json"').optional(),
  services: z.array(service, 'a list').min(1, 'at least one service'),
});
