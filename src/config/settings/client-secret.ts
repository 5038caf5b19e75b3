// Checks the secrets of clients.
import { SHORTEST_KEY } from './setting.ts';

/**
 * Whether a text is acceptable as a client's secret. It must be long and have unreserved characters only, because several client
 * libraries do not form-encode it for HTTP Basic as RFC 6749, section 2.3.1 requires.
 */
export function isClientSecret(value: string): boolean {
  return value.length >= SHORTEST_KEY && /^[A-Za-z0-9\-._~]*$/.test(value);
}
