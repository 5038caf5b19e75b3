// Asks for confirmation, before anything is linked, if the legacy site and the ID seem to belong to different people.
import type { Profile } from '../../domain/account.ts';
import type { Difference } from '../../domain/same-person.ts';
import { page } from '../../http/page-context.ts';
import { birthdateInWords } from '../../profile/profile-form.ts';
import type { SignedInContext } from '../interaction-context.ts';

/**
 * Renders the question.
 * @param handedOver the legacy site's profile
 */
export function otherPersonPage(ctx: SignedInContext, handedOver: Profile, difference: Difference): void {
  const { interaction, language, t } = ctx.state;
  const { account } = interaction;
  const shown = (profile: Profile) => ({
    name: nameOf(profile),
    // Show no more data than the question needs.
    birthdate: difference.birthdate && profile.birthdate !== undefined ? birthdateInWords(profile.birthdate, language, t) : '',
  });
  page(ctx, 'other-person', {
    kind: 'step',
    title: t('other_person.title'),
    action: `${interaction.path}/same-person`,
    cancelAction: `${interaction.path}/cancel`,
    clientName: interaction.client.name[language],
    there: shown(handedOver),
    here: { ...shown(account.profile), email: account.email },
  });
}

/** Returns the name, or its reading in kana if only that is known. */
function nameOf({ family_name, given_name, family_name_kana, given_name_kana }: Profile): string {
  const [written, read] = [
    [family_name, given_name],
    [family_name_kana, given_name_kana],
  ].map((parts) => parts.filter((part) => part !== undefined).join(' '));
  return written || read || '';
}
