// The schemas of the configuration files as JSON Schema, so that an editor completes and checks what is typed.
import { z } from 'zod';
import { clientSchema } from '../clients/client-schema.ts';
import { FILE_SECTIONS, type FileSection } from './file-sections.ts';

/** @returns JSON Schema (draft 7, which every editor knows) by the name of the file in config/ */
export function jsonSchemas(): Record<string, object> {
  const sections = Object.entries<FileSection>(FILE_SECTIONS).flatMap(([name, { schema }]) =>
    schema ? [[name, schema] as const] : [],
  );
  const all = [['clients', { title: 'A client app of the common ID', describes: clientSchema }] as const, ...sections];
  return Object.fromEntries(
    all.map(([name, { title, describes }]) => {
      // The schema of the input: keys with a default may be left out.
      const { $schema, ...rest } = z.toJSONSchema(describes, { target: 'draft-7', io: 'input' });
      return [`${name}.schema.json`, { $schema, title, ...rest }];
    }),
  );
}
