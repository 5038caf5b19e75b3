// Reads the form that adds a passkey, for each page that has one.
import { deviceName } from '../../domain/device-name.ts';
import type { PageContext } from '../../http/page-context.ts';
import { formField } from '../../http/read-form.ts';

/** Returns the attestation of the form as JSON text, unchecked, and a first name for the passkey: the browser and its system. */
export function postedPasskey(ctx: PageContext): { text: string; name: string } {
  const name = deviceName(ctx.get('User-Agent')) ?? ctx.state.t('passkeys.unnamed');
  return { text: formField(ctx, 'credential'), name };
}
