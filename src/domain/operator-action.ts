/** Who does something at the support desk, and why. Both stand in the ledger for good. */
export type OperatorAction = {
  /** A name that the ledger may keep, such as `a.tanaka`. */
  operator: string;
  /** For example the number of a ticket. It has no personal data. */
  reason: string;
};
