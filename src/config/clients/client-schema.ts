// The schema of a file in config/clients/. config/clients.schema.json is generated from it, for editors.
// It checks each key alone; check-client.ts checks the keys against each other.
import { z } from 'zod';
import { ACR_VALUES } from '../../domain/authentication-methods.ts';
import { OPERATIONS_SCOPES } from '../../domain/operator.ts';
import { PROFILE_KEYS } from '../../domain/profile-fields.ts';

/** Every scope that a client may have. */
export const SCOPES = [
  'openid',
  'profile',
  'email',
  'phone',
  'address',
  'offline_access',
  'migration',
  'dealer_link',
  'migration:read',
  'service_history',
  'contracts',
  'booking',
  ...OPERATIONS_SCOPES,
] as const;

const AUTHENTICATION_METHODS = ['private_key_jwt', 'client_secret_basic', 'client_secret_post', 'none'] as const;
/** The methods that need `client_secret`. */
export const SECRET_METHODS: readonly unknown[] = ['client_secret_basic', 'client_secret_post'];
/** The grant of a device without a keyboard (RFC 8628, section 3.4). */
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const GRANT_TYPES = ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_GRANT] as const;
const SIGNING_ALGORITHMS = ['ES256', 'RS256'] as const;

const text = z.string('a text').trim().min(1, 'a text').max(200, 'a text of at most 200 characters');
const flag = z.boolean('true or false');

function url(description: string) {
  // check-client.ts checks the URL, after ${NAME} was replaced.
  return z.string('a URL').min(1, 'a URL').describe(`${description} \${NAME} stands for a variable of the environment.`);
}

/** A text in both languages of the pages. */
export const localizedText = z.strictObject({ ja: text, en: text }, 'a text in each language, such as {"ja": "…", "en": "…"}');

const jwk = z
  .looseObject(
    {
      kty: z.enum(['EC', 'RSA'], 'EC or RSA'),
      d: z.never('no private key: a client’s file holds public keys only').optional(),
    },
    'a JSON Web Key',
  )
  .meta({ description: 'A public key (RFC 7517).' });

const requiredClaim = z.strictObject(
  {
    claim: z.enum(PROFILE_KEYS, `one of ${PROFILE_KEYS.join(', ')}`),
    reason: localizedText.describe('Why the service needs it, in a sentence for the customer.'),
    max_age_days: z
      .int('a whole number of days')
      .min(1, 'at least one day')
      .max(3650, 'at most 3650 days')
      .describe('After how many days the customer is asked to confirm it again. If it is left out, never.')
      .optional(),
  },
  'an object with claim and reason',
);

const commonId = z.strictObject(
  {
    brand: z
      .enum(['toyota', 'lexus'], 'toyota or lexus')
      .default('toyota')
      .describe('How the ID’s pages look in the flows of this client app.'),
    first_party: flag.default(false).describe('A service of our own: the scope page is skipped. The dealer page never is.'),
    required_claims: z
      .array(requiredClaim, 'a list')
      .default([])
      .describe('The claims that a customer must have entered and confirmed before using the service.'),
    leads_to: localizedText
      .describe(
        'The service that the customer is on the way to, if it is not the client itself. The login page and the page that asks for required claims name it.',
      )
      .optional(),
    legacy_import: flag.default(false).describe('Whether it may hand over legacy profiles in pushed authorization requests.'),
    web_origins: z
      .array(url('Scheme, host and port, without a slash at the end.'), 'a list of origins')
      .default([])
      .describe(
        'For a client app that runs in the browser and has no server: the origins whose pages may request tokens and UserInfo (CORS).',
      ),
    access_tokens: z
      .strictObject(
        {
          lifetime_seconds: z
            .int('a whole number of seconds from 60 to 86400')
            .min(60, 'a whole number of seconds from 60 to 86400')
            .max(86_400, 'a whole number of seconds from 60 to 86400'),
        },
        'an object with lifetime_seconds',
      )
      .describe(
        'A lifetime of its access tokens that differs from config/policy.json. Those for a dealer’s system live ten minutes.',
      )
      .optional(),
    pkce: z
      .enum(['required', 'optional'], 'required or optional')
      .default('required')
      .describe(
        'optional: for a client app with a server whose library sends no PKCE (RFC 7636). A code that is stolen on its way can then be redeemed by an attacker who injects it into a login of their own.',
      ),
    profile: z
      .enum(['fapi2'], 'fapi2')
      .describe(
        'fapi2: the client app keeps to the FAPI 2.0 Security Profile. Its requests must be pushed and its tokens bound to a key (DPoP); settings that the profile forbids are refused.',
      )
      .optional(),
    refresh_rotation: flag
      .describe(
        'Whether each use of a refresh token gives a new one; the default is false. Without a secret or key of the client app and without DPoP this is always so.',
      )
      .optional(),
    claims_in_id_token: flag
      .default(false)
      .describe('For libraries that read the ID token only: it holds the claims of the granted scopes, as UserInfo does.'),
    required_acr: z
      .enum(ACR_VALUES, `one of ${ACR_VALUES.join(', ')}`)
      .describe(
        'The authentication context class (acr) that a sign-in has to reach for this client app. A stronger one counts too.',
      )
      .optional(),
    enabled: flag.default(true).describe('A disabled client app is refused everywhere.'),
    contact: text.describe('Whom to ask about this client app: a mail address or a team.'),
  },
  'an object',
);

const identifier = 'an id of at most 64 lower-case letters, digits and hyphens';
const secretReference = 'a reference such as {"$env": "MY_APP_CLIENT_SECRET"}, because files must not contain secrets';
const instant = z.iso.datetime({ offset: true, error: 'a time with its offset, such as 2026-04-01T00:00:00+09:00' });

/** The source of a secret and its validity period. check-client-secrets.ts checks the keys against each other. */
export const clientSecretSchema = z.strictObject(
  {
    $env: z
      .string(secretReference)
      .regex(/^[A-Z][A-Z0-9_]*$/, 'the name of a variable, such as MY_APP_CLIENT_SECRET')
      .describe('The variable of the environment that holds it.')
      .optional(),
    $file: z
      .string('the path of a file')
      .min(1, 'the path of a file')
      .describe('The file that holds it, from the project’s root.')
      .optional(),
    hash: z
      .string('sha256: and 43 characters')
      .regex(/^sha256:[A-Za-z0-9_-]{43}$/, 'sha256: and 43 characters, as "npm run admin -- clients secret" prints it')
      .describe('Its SHA-256. A reader of the file does not learn the secret.')
      .optional(),
    not_before: instant.describe('The secret is valid from this time on.').optional(),
    not_after: instant.describe('The secret is no longer valid from this time on.').optional(),
  },
  secretReference,
);

/** The file, after references to the environment were replaced. Unknown keys are refused. */
export const clientSchema = z.strictObject({
  $schema: z.string('"../clients.schema.json"').describe('For editors.').optional(),
  client_id: z
    .string(identifier)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, identifier)
    .max(64, identifier)
    .describe('Never changes: grants, tokens and confirmations name it.'),
  client_name: text.describe('The name that customers see in every language without a name of its own.'),
  'client_name#ja': text.describe('In Japanese.').optional(),
  'client_name#en': text.describe('In English.').optional(),
  client_uri: url('Its home page.').optional(),
  logo_uri: url('Its logo.').optional(),
  policy_uri: url('Its privacy policy.').optional(),
  tos_uri: url('Its terms.').optional(),
  contacts: z
    .array(z.email('a mail address'), 'a list of mail addresses')
    .describe('Mail addresses of the people responsible for it.')
    .optional(),
  application_type: z
    .enum(['web', 'native'], 'web or native')
    .default('web')
    .describe('web: runs on a server and can keep a secret. native: runs on the customer’s device and cannot.'),
  redirect_uris: z
    .array(url('Compared letter by letter; the port of a loopback URL of a native client app does not count.'), 'a list of URLs')
    .default([])
    .describe('URLs to which customers may return with a code.'),
  post_logout_redirect_uris: z
    .array(url('Compared letter by letter.'), 'a list of URLs')
    .default([])
    .describe('URLs to which customers may return after logging out.'),
  initiate_login_uri: url(
    'Starts a login at the client app (OpenID Connect Core 1.0, section 4). The ID’s list of services leads there, with iss and target_link_uri.',
  ).optional(),
  grant_types: z
    .array(z.enum(GRANT_TYPES, `one of ${GRANT_TYPES.join(', ')}`), 'a list')
    .min(1, 'at least one')
    .default(['authorization_code'])
    .describe(
      `authorization_code, with PKCE; ${DEVICE_GRANT} for a device without a keyboard, whose customers enter its code on their phone (RFC 8628); refresh_token beside one of the two; client_credentials for calls without a customer.`,
    ),
  response_types: z
    .array(z.literal('code', 'code, because there is no other'), 'a list')
    .describe('Optional. The default is code with the authorization code grant, and none without it.')
    .optional(),
  scope: z
    .string('scopes with spaces between them')
    .describe(`The scopes that it may request; the default is openid. All scopes: ${SCOPES.join(' ')}`)
    .optional(),
  token_endpoint_auth_method: z
    .enum(AUTHENTICATION_METHODS, `one of ${AUTHENTICATION_METHODS.join(', ')}`)
    .describe(
      'private_key_jwt is the best for web client apps; client_secret_post sends the secret in the body, for libraries that cannot send it in a header; none is for native ones and for those in a browser (common_id.web_origins), and only for them.',
    ),
  token_endpoint_auth_signing_alg: z
    .enum(['ES256', 'PS256', 'RS256'], 'one of ES256, PS256, RS256')
    .describe('The signature algorithm of its assertions (private_key_jwt).')
    .optional(),
  client_secret: z
    .union([clientSecretSchema, z.array(clientSecretSchema).min(1).max(2)], secretReference)
    .describe(
      'For client_secret_basic and client_secret_post: where the secret is; two in a list while the secret is being changed.',
    )
    .optional(),
  jwks: z
    .strictObject({ keys: z.array(jwk, 'a list of keys').min(1, 'at least one key') }, 'a JSON Web Key Set')
    .describe('Its public keys. Prefer jwks_uri, with which the client app can change its keys itself.')
    .optional(),
  jwks_uri: url('Where its public keys are.').optional(),
  subject_type: z
    .enum(['public', 'pairwise'], 'public or pairwise')
    .describe('pairwise: its sub for a customer differs from that of every other client app.')
    .optional(),
  sector_identifier_uri: url('For pairwise subjects: lists the redirect URLs of client apps that share a sub.').optional(),
  id_token_signed_response_alg: z
    .enum(SIGNING_ALGORITHMS, `one of ${SIGNING_ALGORITHMS.join(', ')}`)
    .describe('The signature algorithm of its ID tokens.')
    .optional(),
  authorization_signed_response_alg: z
    .enum(SIGNING_ALGORITHMS, `one of ${SIGNING_ALGORITHMS.join(', ')}`)
    .describe('It may ask for signed authorization responses (JARM: response_mode=jwt), which are signed with this algorithm.')
    .optional(),
  request_object_signing_alg: z
    .enum(['ES256', 'PS256'], 'one of ES256, PS256')
    .describe('It may sign its authorization requests (JAR, RFC 9101) with this algorithm and a key of jwks or jwks_uri.')
    .optional(),
  require_signed_request_object: flag
    .describe('Authorization requests must be signed. They need request_object_signing_alg.')
    .optional(),
  default_max_age: z
    .int('a whole number of seconds')
    .min(0, 'no negative number')
    .describe('Seconds. A customer whose login is older is asked for the password again.')
    .optional(),
  require_auth_time: flag.describe('ID tokens say when the customer logged in.').optional(),
  require_pushed_authorization_requests: flag.describe('Authorization requests must be pushed (RFC 9126).').optional(),
  dpop_bound_access_tokens: flag
    .describe('Its access tokens must be bound to a key (DPoP, RFC 9449). Without it the client app may bind them.')
    .optional(),
  backchannel_logout_uri: url('Gets a logout token when a customer logs out.').optional(),
  backchannel_logout_session_required: flag
    .describe('The logout tokens that backchannel_logout_uri gets name the session (sid).')
    .optional(),
  authorization_details_types: z
    .array(z.literal('dealer_link', 'dealer_link, because there is no other'), 'a list')
    .describe('Optional. The default is dealer_link if scope has it, and none otherwise.')
    .optional(),
  common_id: commonId.describe('Settings that no standard defines.'),
});

export type ClientFile = z.output<typeof clientSchema>;
