// Sample data for the views about passkeys; see view-samples.ts.
import type { Translate } from '../../src/http/translator.ts';

type PasskeySample = { view: string; title: string; data: object; name: string; kind?: 'step' };

/** A login page after a passkey that nobody has, for a client that requires one. */
export function passkeyLogin(t: Translate): object {
  return {
    needsPasskey: true,
    errors: { login_id: t('passkey_login.failed') },
    unknownPasskey: { rpID: 'id.example', credentialID: 'AAAA' },
  };
}

/** @param action where the forms of the samples lead */
export function passkeySamples(t: Translate, action: string): PasskeySample[] {
  const time = '2026年11月1日 9:30';
  const site = (view: string, title: string, data: object, name = view): PasskeySample => ({ view, title, data, name });
  return [
    site(
      'account-passkeys',
      'passkeys.title',
      { addAction: action, isFull: false, most: 20, passkeys: [] },
      'account-passkeys-none',
    ),
    site('account-passkeys', 'passkeys.title', {
      addAction: action,
      isFull: true,
      most: 20,
      done: 'added',
      passkeys: ['one_device', 'synced', 'not_synced_yet'].map((reach, index) => ({
        name: ['Google Chrome / Windows', 'iPhone', '寿限無'.repeat(13)][index],
        path: '/account/passkeys/0123456789abcdef',
        createdAt: time,
        lastUsedAt: index === 0 ? undefined : time,
        reach,
      })),
      accepted: { rpID: 'id.example', userID: 'AAAA', allAcceptedCredentialIDs: ['BBBB'] },
    }),
    site('account-passkey-add', 'passkey_add.title', { action, options: { challenge: 'AAAA' } }),
    site(
      'account-passkey-add',
      'passkey_add.title',
      { action, options: { challenge: 'AAAA' }, errors: { passkey: t('passkey_add.failed') } },
      'account-passkey-add-error',
    ),
    ...[{}, { passkey: t('passkey_add.failed') }].map((errors, index) => ({
      view: 'passkey-offer',
      title: 'passkey_offer.heading',
      data: {
        action,
        declineAction: `${action}/decline`,
        clientName: 'MyTOYOTA整備手帳',
        options: { challenge: 'AAAA' },
        errors,
      },
      name: index === 0 ? 'passkey-offer' : 'passkey-offer-error',
      kind: 'step' as const,
    })),
    site('account-passkey-rename', 'passkey_rename.title', { action, values: { name: 'iPhone' } }),
    site(
      'account-passkey-rename',
      'passkey_rename.title',
      { action, values: { name: '' }, errors: { name: t('passkey_rename.missing') } },
      'account-passkey-rename-error',
    ),
  ];
}
