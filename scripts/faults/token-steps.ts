// The steps of redeeming a code at which a node can be stopped.
export const TOKEN_STEPS = ['before consume', 'after consume', 'after save', 'before reply'] as const;
export type TokenStep = (typeof TOKEN_STEPS)[number];
