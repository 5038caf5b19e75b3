/** Who does something at the support desk, why, and from where. All of it stands in the ledger for good. */
export type OperatorAction = {
  /** A name that the ledger may keep, such as `a.tanaka`. */
  operator: string;
  /** For example the number of a ticket. It has no personal data. */
  reason: string;
  /** From where: the client app and the network address of the caller of the operations API, or `admin` and the machine of the command. */
  from: string;
};
