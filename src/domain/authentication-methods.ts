// How a person can prove who they are: one table. ID tokens (`amr`, `acr`), discovery, and the classes that a client can require come from it.

/** Authentication context classes (`acr`), the weakest first. Who has reached one has reached those before it. */
export const ACR_VALUES = ['urn:common-id:acr:password', 'urn:common-id:acr:mfa', 'phr'] as const;

export type Acr = (typeof ACR_VALUES)[number];

/** A method: what it proves (`amr`, RFC 8176), and the class that it reaches by itself. */
type Method = { amr: readonly string[]; acr: Acr };

/**
 * The methods of signing in. A mailed code is none of them: it proves an address, and a registration or a new password is followed by a
 * sign-in with the password.
 */
export const AUTHENTICATION_METHODS = {
  password: { amr: ['pwd'], acr: 'urn:common-id:acr:password' },
  /** A code of the app, after the password. */
  password_otp: { amr: ['pwd', 'otp', 'mfa'], acr: 'urn:common-id:acr:mfa' },
  /** A recovery code, after the password. RFC 8176 has no value for it. */
  password_recovery: { amr: ['pwd', 'mfa'], acr: 'urn:common-id:acr:mfa' },
  /** Its device keeps the key, and verifies its owner. */
  device_passkey: { amr: ['hwk', 'user', 'mfa'], acr: 'phr' },
  /** Its provider copies the key to other devices, which verify their owner. */
  synced_passkey: { amr: ['swk', 'user', 'mfa'], acr: 'phr' },
} as const satisfies Record<string, Method>;

export type AuthenticationMethod = keyof typeof AUTHENTICATION_METHODS;

/** The classes that a method of the table reaches, the weakest first. */
export const REACHABLE_ACR: readonly Acr[] = ACR_VALUES.filter((value) =>
  Object.values<Method>(AUTHENTICATION_METHODS).some(({ acr }) => reaches(acr, value)),
);

/** Returns the strongest of these classes; `undefined` if there is none. */
export function strongest(...classes: (Acr | undefined)[]): Acr | undefined {
  return ACR_VALUES.findLast((value) => classes.includes(value));
}

/** Returns `amr` and `acr` of a sign-in by this method, as oidc-provider takes them. */
export function signedInBy(name: AuthenticationMethod): { amr: string[]; acr: Acr } {
  const { amr, acr } = AUTHENTICATION_METHODS[name];
  return { amr: [...amr], acr };
}

/** Whether a sign-in of this class is at least as strong as the wanted one. @param reached `undefined` in a session of an earlier version */
export function reaches(reached: string | undefined, wanted: Acr): boolean {
  return ACR_VALUES.findIndex((value) => value === reached) >= ACR_VALUES.indexOf(wanted);
}

/**
 * Returns the class that an ID token tells: the strongest of the wanted ones that the sign-in has reached; if there is none, the one that it
 * has reached.
 */
export function toldAcr(reached: string | undefined, wanted: readonly unknown[]): string | undefined {
  return ACR_VALUES.findLast((value) => wanted.includes(value) && reaches(reached, value)) ?? reached;
}
