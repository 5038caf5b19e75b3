// The names of services and dealers on the account pages. A client or a dealer that was removed is shown by its id or code.
import type { Deps } from '../deps.ts';
import type { Language } from '../language.ts';

/** Returns the name of a client. */
export function clientName({ clients }: Pick<Deps, 'clients'>, clientId: string, language: Language): string {
  return clients.find(clientId)?.name[language] ?? clientId;
}

/** Returns the name of a dealer. */
export function dealerName({ config }: Pick<Deps, 'config'>, code: string, language: Language): string {
  return config.dealers.find((dealer) => dealer.code === code)?.name[language] ?? code;
}
