// The context for the readers of configuration files.
import type { Client } from '../clients/client.ts';
import type { Mode } from '../problems/web-url.ts';
import type { ReferenceContext } from '../settings/references.ts';

export type FileContext = ReferenceContext & {
  /** The project's root. */
  directory: string;
  mode: Mode;
  /** Epoch milliseconds. */
  now: number;
  /** ISSUER, if it is known. */
  issuer: string | undefined;
  /** The client apps; `undefined` if their files are not read or have mistakes. */
  clients: readonly Client[] | undefined;
};
