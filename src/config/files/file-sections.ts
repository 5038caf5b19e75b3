// The table of all files of config/ except the client files. It drives the loading (load.ts), the types in Config, and the JSON
// schemas. The version and the live reload cover every file below config/, so they do not need it.
import type { z } from 'zod';
import type { LocalizedText } from '../clients/client.ts';
import type { Problem } from '../problems/problem.ts';
import { checkTermsInForce } from './check-terms-in-force.ts';
import { dealersSchema } from './dealers-schema.ts';
import type { FileContext } from './file-context.ts';
import { operatorsSchema } from './operators-schema.ts';
import { policySchema } from './policy-schema.ts';
import { readDealers } from './read-dealers.ts';
import { readOperators } from './read-operators.ts';
import { readPolicy, type Policy } from './read-policy.ts';
import { readPrivacy } from './read-privacy.ts';
import { readServices } from './read-services.ts';
import { readTerms, type TermsText } from './read-terms.ts';
import { servicesSchema } from './services-schema.ts';

export type FileSection = {
  /** The file, the folder, or the prefix of the files' names. */
  path: string;
  /** For JSON files: the title and the source of config/<section>.schema.json. */
  schema?: { title: string; describes: z.ZodType };
  /** Reads and checks the section; reports mistakes. If there is any error, no result is used. */
  read: (context: FileContext, problems: Problem[]) => unknown;
};

/** All sections, in the order in which their mistakes are reported. */
export const FILE_SECTIONS = {
  dealers: {
    path: 'config/dealers.json',
    schema: { title: 'The dealers that an ID can be linked with', describes: dealersSchema },
    read: readDealers,
  },
  services: {
    path: 'config/services.json',
    schema: { title: 'The services that are shown before registration', describes: servicesSchema },
    read: readServices,
  },
  operators: {
    path: 'config/operators.json',
    schema: { title: 'Who may use the operations API', describes: operatorsSchema },
    read: readOperators,
  },
  /** Every version; the one in force is the newest whose `effectiveFrom` is not in the future. */
  terms: {
    path: 'config/terms/',
    read: ({ directory, now }: FileContext, problems: Problem[]): TermsText[] => {
      const terms = readTerms(directory, problems);
      checkTermsInForce(terms, now, problems);
      return terms;
    },
  },
  /** The privacy page, Markdown; see `readSections`. */
  privacy: {
    path: 'config/privacy.',
    read: ({ directory }: FileContext, problems: Problem[]): LocalizedText => readPrivacy(directory, problems),
  },
  policy: {
    path: 'config/policy.json',
    schema: { title: 'Password rule, rate limits and lifetimes', describes: policySchema },
    read: readPolicy,
  },
} satisfies Record<string, FileSection>;

type Values = { [Name in keyof typeof FILE_SECTIONS]: NonNullable<ReturnType<(typeof FILE_SECTIONS)[Name]['read']>> };

/** The values of all sections. The policy's values are at the top level. */
export type FileSections = Omit<Values, 'policy'> & Policy;

/**
 * Reads every section; reports mistakes.
 * @returns `undefined` if a section cannot be used at all
 */
export function readFileSections(context: FileContext, problems: Problem[]): FileSections | undefined {
  const entries = Object.entries<FileSection>(FILE_SECTIONS).map(([name, { read }]) => [name, read(context, problems)] as const);
  if (entries.some(([, value]) => value === undefined)) return undefined;
  const { policy, ...others } = Object.fromEntries(entries) as Values;
  return { ...others, ...policy };
}
