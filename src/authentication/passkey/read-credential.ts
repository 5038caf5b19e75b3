// Parses an authenticator's response from a form field. The field may contain anything.
import { z } from 'zod';

const MOST_CHARACTERS = 8_000;

/** base64url without padding. A credential id has at most 1,023 bytes (WebAuthn 5.1). */
const bytes = z.string().regex(/^[\w-]+$/);
const id = bytes.max(1364);
const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'] as const;

const common = {
  id,
  rawId: id,
  type: z.literal('public-key'),
  clientExtensionResults: z.object({}).transform(() => ({})),
};
const assertionSchema = z.object({
  ...common,
  response: z.object({
    clientDataJSON: bytes,
    authenticatorData: bytes,
    signature: bytes,
    // Only discoverable credentials have one.
    userHandle: bytes.max(86),
  }),
});
const attestationSchema = z.object({
  ...common,
  response: z.object({
    clientDataJSON: bytes,
    attestationObject: bytes,
    // Browsers may send transports that we do not know.
    transports: z
      .array(z.string())
      .max(20)
      .default([])
      .transform((all) => TRANSPORTS.filter((one) => all.includes(one))),
  }),
});

/** The answer to `navigator.credentials.get()`. */
export type Assertion = z.output<typeof assertionSchema>;
/** The answer to `navigator.credentials.create()`. */
export type Attestation = z.output<typeof attestationSchema>;

/** Reads an assertion; `undefined` if the text is not one. */
export function readAssertion(text: string): Assertion | undefined {
  return assertionSchema.safeParse(jsonOf(text)).data;
}

/** Reads an attestation; `undefined` if the text is not one. */
export function readAttestation(text: string): Attestation | undefined {
  return attestationSchema.safeParse(jsonOf(text)).data;
}

/**
 * Returns the challenge that the client data names. Returns an empty string, which matches no challenge, if there is none, or if the page
 * was in another site's frame: our pages cannot be framed.
 */
export function challengeOf({ response }: Assertion | Attestation): string {
  const data = jsonOf(Buffer.from(response.clientDataJSON, 'base64url').toString());
  const said = z.object({ challenge: z.string(), crossOrigin: z.literal(false).optional() }).safeParse(data);
  return said.data?.challenge ?? '';
}

function jsonOf(text: string): unknown {
  if (text.length > MOST_CHARACTERS) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
