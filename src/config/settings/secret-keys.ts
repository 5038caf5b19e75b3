// Derives the server's secret keys, one per use, from the secrets of the environment.
import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { deriveKey } from '../../domain/derive-key.ts';

/** Symmetric keys, one per use. docs/administration.md describes how to change each, and what a change ends. */
export type SecretKeys = {
  /**
   * For the subjects by which clients, and dealers with older links, know a person. It is SUBJECT_KEY itself (HMAC_KEY in earlier
   * versions) and not derived, so that the known subjects stay the same.
   */
  subject: KeyObject;
  /** For the ids by which clients know a dealer link. */
  linkId: KeyObject;
  /** For the ids of dealer links, which the dealers see. */
  dealerLinkId: KeyObject;
  /** For the ids by which dealers know a customer. Links that are older than this key use `subject`. */
  dealerSubject: KeyObject;
  /** For the ledger's hash chains. */
  ledger: KeyObject;
  /** For the HMAC that is stored instead of a mailed code. */
  emailCode: KeyObject;
  /** For the HMAC that is stored instead of the address in a password reset. */
  passwordReset: KeyObject;
  /** For the HMAC that is stored instead of the addresses and networks in counters. */
  counter: KeyObject;
  /** For the HMAC that is logged instead of a legacy id. */
  legacyIdInLog: KeyObject;
  /** For the nonces that DPoP proofs contain (RFC 9449, section 8). Every node accepts the others'. */
  dpopNonce: KeyObject;
  /** Encrypts queued mails. */
  waitingMail: KeyObject;
  /** Encrypts the links in mails about sign-ins. */
  signInReport: KeyObject;
  /** Encrypts the consents that are kept after an account is erased. */
  keptConsent: KeyObject;
  /** Encrypts the secrets of second factors. It stays when HMAC_KEY changes: with another key nobody gets in by a code any more. */
  secondFactor: KeyObject;
  /** For the HMAC that is stored instead of a recovery code. It stays, too. */
  recoveryCode: KeyObject;
  /** For the HMAC by which the population of a migration names a legacy user. It stays: with another key nobody is found any more. */
  legacyUserId: KeyObject;
  /** Encrypts the legacy ids and addresses of the population. It stays, too. */
  legacyUser: KeyObject;
  /** For the ids of addresses that got mails of the campaign, and for the Message-IDs of these mails. It stays: a stopped address stays stopped. */
  campaignMail: KeyObject;
  /** Encrypts the links that stop the mails of the campaign. It stays, too. */
  campaignStop: KeyObject;
  /** For the ids of refresh tokens, which are derived from the tokens that they replace. */
  refreshSuccessor: KeyObject;
};

/**
 * Derives the keys.
 * @param secrets.hmac `undefined` in a process that does not need it; its keys are then random and match no stored data
 * @param secrets.subject by default `hmac`
 * @param secrets.ledger by default `hmac`
 */
export function makeSecretKeys(secrets: {
  hmac: string | undefined;
  subject: string | undefined;
  ledger: string | undefined;
}): SecretKeys {
  const hmac = secrets.hmac ?? randomBytes(32).toString('base64url');
  const subject = secrets.subject ?? hmac;
  return {
    subject: createSecretKey(Buffer.from(subject)),
    linkId: deriveKey(subject, 'dealer links as clients know them'),
    dealerLinkId: deriveKey(subject, 'dealer links as dealers know them'),
    dealerSubject: deriveKey(subject, 'customers as dealers know them'),
    ledger: deriveKey(secrets.ledger ?? hmac, 'chain of the ledger'),
    emailCode: deriveKey(hmac, 'codes in mails'),
    passwordReset: deriveKey(hmac, 'addresses of password resets'),
    counter: deriveKey(hmac, 'keys of counters'),
    legacyIdInLog: deriveKey(hmac, 'legacy ids in the log'),
    dpopNonce: deriveKey(hmac, 'nonces of DPoP proofs'),
    waitingMail: deriveKey(hmac, 'mails that wait'),
    signInReport: deriveKey(hmac, 'links in mails about sign-ins'),
    keptConsent: deriveKey(secrets.ledger ?? hmac, 'consents of erased accounts'),
    secondFactor: deriveKey(subject, 'secrets of second factors'),
    recoveryCode: deriveKey(subject, 'recovery codes'),
    legacyUserId: deriveKey(subject, 'names of legacy users'),
    legacyUser: deriveKey(subject, 'legacy ids and addresses of legacy users'),
    campaignMail: deriveKey(subject, 'mails of the campaign'),
    campaignStop: deriveKey(subject, 'links that stop mails of the campaign'),
    refreshSuccessor: deriveKey(hmac, 'refresh tokens that replace others'),
  };
}
