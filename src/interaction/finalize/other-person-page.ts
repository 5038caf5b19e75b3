// Asks plainly, before anything is linked, where the legacy site and the ID seem to know two people.
import type { Account, Profile } from '../../domain/account.ts';
import type { Difference } from '../../domain/same-person.ts';
import { page } from '../../http/page-context.ts';
import { LOCALE_OF, type Language } from '../../http/translator.ts';
import type { InteractionContext } from '../interaction-context.ts';

/** @param handedOver what the legacy site knows */
export function otherPersonPage(
  ctx: InteractionContext,
  handedOver: Profile,
  { account, difference }: { account: Account; difference: Difference },
): void {
  const { interaction, language, t } = ctx.state;
  const shown = (profile: Profile) => ({
    name: nameOf(profile),
    // No more than the question needs.
    birthdate: difference.birthdate && profile.birthdate !== undefined ? dayOf(profile.birthdate, language) : '',
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

/** As it is written, or as it is read where that is all that is known. */
function nameOf({ family_name, given_name, family_name_kana, given_name_kana }: Profile): string {
  const [written, read] = [
    [family_name, given_name],
    [family_name_kana, given_name_kana],
  ].map((parts) => parts.filter((part) => part !== undefined).join(' '));
  return written || read || '';
}

function dayOf(date: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALE_OF[language], { dateStyle: 'long', timeZone: 'UTC' }).format(
    new Date(`${date}T00:00:00Z`),
  );
}
