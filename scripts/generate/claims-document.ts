// docs/claims.md: what a client is told about a customer, with the table of profile fields.
import { PROFILE_FIELDS, type ProfileField } from '../../src/domain/profile-fields.ts';

const BEFORE = `# Claims

\`npm run generate\` makes this page from \`src/domain/profile-fields.ts\` and \`scripts/generate/claims-document.ts\`.

UserInfo returns these claims about a customer, depending on the granted scopes. A request can also name single claims (the
[\`claims\` parameter](clients.md#single-claims)). The ID token contains only \`sub\` and what the request names for it, unless the client's
file has \`claims_in_id_token\`; and \`auth_time\`, \`amr\` and \`acr\`, which tell about the sign-in. The scopes are those of OpenID Connect Core 1.0,
section 5.4, and two of our own. A claim is absent if the customer has not given it.

## Claims that customers give`;

const AFTER = `The first column is the name in \`common_id.required_claims\` of the client's file. A customer who has not given a required claim is asked for it when signing in
([administration.md](administration.md#ask-for-what-the-service-needs)).

## Derived claims

| claim                   | scope     | what it is                                                |
| ----------------------- | --------- | --------------------------------------------------------- |
| \`name\`                  | \`profile\` | \`family_name\` and \`given_name\`, with a space between them |
| \`name#ja-Kana-JP\`       | \`profile\` | the same in katakana                                      |
| \`phone_number_verified\` | \`phone\`   | \`false\`: nobody has called the number                     |

A legacy site hands its user's profile over in \`legacy_profile\`, under the same names. If it has only \`name\`, two words are read as family name and given name.

## Claims from the ID

| claim                     | scope         | what it is                                                         |
| ------------------------- | ------------- | ------------------------------------------------------------------ |
| \`sub\`                     | \`openid\`      | the customer's identifier for this client app; it never changes    |
| \`email\`, \`email_verified\` | \`email\`       | the address of the ID; always verified                             |
| \`locale\`                  | \`profile\`     | the language of pages and mails, \`ja\` or \`en\`                      |
| \`updated_at\`              | \`profile\`     | when the account last changed, in seconds since 1970               |
| \`migration\`               | \`migration\`   | completed migrations, their vehicles, and the dealer               |
| \`dealer_links\`            | \`dealer_link\` | the customer's links with dealers that this client app may know of |

A few addresses of Japanese carriers have dots that mail allows only in quotes. \`email\` has the quotes then, as RFC 5322 demands:
\`"taro..t"@docomo.ne.jp\`. Customers type and see the address without them.`;

function rowOf([key, { kind, claim, about, example }]: [string, ProfileField<unknown>]): string {
  const told = kind.toClaim ? kind.toClaim(example) : example;
  return `| \`${key}\` | \`${claim.name}\` | \`${claim.scope}\` | ${about} | \`${JSON.stringify(told)}\` |`;
}

/** @returns the document in Markdown, whose tables are not aligned yet */
export function claimsDocument(): string {
  const fields: [string, ProfileField<unknown>][] = Object.entries(PROFILE_FIELDS);
  const table = [
    "| in a client's file | claim | scope | what it is | example |",
    '| --- | --- | --- | --- | --- |',
    ...fields.map(rowOf),
  ];
  return `${BEFORE}\n\n${table.join('\n')}\n\n${AFTER}\n`;
}
