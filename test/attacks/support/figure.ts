// How many times an attack is repeated: npm run attacks uses the figures of design/security.md, npm test smaller ones.
export function figure(full: number, short: number): number {
  return process.env.FULL_FIGURES ? full : short;
}
